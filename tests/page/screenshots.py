"""Make the screenshots for README.md; run by `scripts/screenshots` only."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def test_desktop(open_tab, photos):
    tab = open_tab(
        viewport={"width": 1200, "height": 1090}, device_scale_factor=1.5, reduced_motion="reduce"
    )
    take(tab, [photos / "chelsea.jpg", photos / "coffee.jpg"], "page-desktop")


def test_phone(open_tab, photos):
    tab = open_tab(
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        color_scheme="dark",
        reduced_motion="reduce",
    )
    take(tab, [photos / "coffee.jpg"], "page-phone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("screen", "width"), [("desktop", 1000), ("phone", 390)])
def test_heat(open_tab, photos, screen, width, scheme):
    tab = open_tab(
        viewport={"width": width, "height": 3000},  # all four: a scroll shifts the picture
        color_scheme=scheme,
        reduced_motion="reduce",
        has_touch=screen == "phone",
        is_mobile=screen == "phone",
    )
    names = ["chelsea", "coffee", "camera", "rocket"]
    show(tab, [photos / f"{name}.jpg" for name in names])
    for name in names:
        tab.card(f"{name}.jpg").locator(".labels button").first.click()
    cards = tab.page.locator("#cards")
    cards.screenshot(path=IMAGES / f"page-heat-{screen}-{scheme}.jpg", type="jpeg", quality=75)


def take(tab, photos, name):
    show(tab, photos)
    # Again, because the first request loads the model, which most requests do not.
    tab.page.reload()
    show(tab, photos)
    tab.page.evaluate("scrollTo(0, 0)")
    tab.page.screenshot(path=IMAGES / f"{name}.jpg", quality=88)


def show(tab, photos):
    tab.add(*photos)
    expect(tab.page.locator(".card[data-state=done]")).to_have_count(len(photos))
