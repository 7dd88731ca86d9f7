"""Accessibility: axe, colour schemes, small screens, keyboard, screen reader, motion."""

from __future__ import annotations

import io

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

LANGUAGES = ("curl", "JavaScript", "Dart", "Python")


@pytest.fixture
def open_full_tab(open_tab, chelsea_jpg, damaged_jpg):
    """A factory of tabs with a classified photo and a failed one."""

    def open_full_tab(**options):
        tab = open_tab(**options)
        tab.expected_failures = {"status of 400"}
        tab.add(chelsea_jpg, damaged_jpg)
        tab.expect_label("chelsea.jpg", "Egyptian cat")
        tab.expect_failure("damaged.jpg", "damaged")
        expect(tab.page.get_by_text("Non-commercial use only")).to_be_visible()
        return tab

    return open_full_tab


def violations(tab):
    results = Axe().run(tab.page)
    return results.generate_report() if results.violations_count else None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(open_tab, scheme):
    tab = open_tab(color_scheme=scheme)
    expect(tab.page.get_by_text("Non-commercial use only")).to_be_visible()
    assert violations(tab) is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_with_photos(open_full_tab, scheme):
    assert violations(open_full_tab(color_scheme=scheme, reduced_motion="reduce")) is None


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_the_key_dialog(open_tab, start_server, chelsea_jpg, scheme):
    tab = open_tab(start_server(API_KEYS="right").url, color_scheme=scheme)
    tab.expected_failures = {"status of 401"}
    tab.add(chelsea_jpg)
    expect(tab.page.get_by_role("dialog")).to_be_visible()
    assert violations(tab) is None


@pytest.mark.parametrize(("scheme", "paper"), [("light", 250), ("dark", 21)])
def test_the_page_follows_the_colour_scheme(open_tab, scheme, paper):
    tab = open_tab(color_scheme=scheme)
    colour = tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour.startswith(f"rgb({paper}, ")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_is_wider_than_the_screen(open_full_tab, width):
    tab = open_full_tab(viewport={"width": width, "height": 640})
    for language in LANGUAGES:
        tab.page.get_by_role("radio", name=language, exact=True).check()
        assert tab.page.evaluate("document.documentElement.scrollWidth") == width
        assert tab.page.evaluate(CUT_OFF) == []


# Elements that extend beyond the screen, except examples, which scroll.
CUT_OFF = """() => [...document.querySelectorAll("body *:not(pre *)")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth)
  .map((element) => element.outerHTML)"""


def test_nothing_covers_the_languages(open_tab):
    tab = open_tab(viewport={"width": 320, "height": 640})
    for language in LANGUAGES:
        tab.page.locator("#languages label", has_text=language).click()
        expect(tab.page.get_by_role("radio", name=language, exact=True)).to_be_checked()


def test_everything_is_reachable_by_keyboard(open_tab, chelsea_jpg, damaged_jpg):
    tab = open_tab()
    tab.expected_failures = {"status of 400"}
    keyboard = tab.page.keyboard
    walk_to(tab, "#choose")
    with tab.page.expect_file_chooser() as chooser:
        tab.page.evaluate("() => 0")  # by now the browser expects the chooser
        keyboard.press("Space")
    chooser.value.set_files([chelsea_jpg, damaged_jpg])
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    tab.expect_failure("damaged.jpg", "damaged")
    walk_to(tab, "#shrink")
    keyboard.press("Space")
    expect(tab.page.locator("#shrink")).not_to_be_checked()
    walk_to(tab, ".card[data-state=failed] .retry")
    keyboard.press("Enter")
    expect(tab.card("damaged.jpg")).to_be_focused()
    tab.expect_failure("damaged.jpg", "damaged")
    walk_to(tab, ".card[data-state=failed] .remove")
    keyboard.press("Enter")
    expect(tab.page.locator(".card")).to_have_count(1)
    walk_to(tab, "#languages input")
    keyboard.press("ArrowRight")
    expect(tab.page.locator("#snippet")).to_contain_text("await fetch")
    walk_to(tab, "#copy")


def walk_to(tab, selector):
    """Press Tab until an element has the focus, which must be visible."""
    for _ in range(20):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            break
    focused = tab.page.locator(":focus")
    expect(focused).to_have_count(1)
    assert focused.evaluate("(element, wanted) => element.matches(wanted)", selector)
    assert focused.evaluate(IS_OUTLINED)


# A file input is invisible; its label has the outline.
IS_OUTLINED = """(focused) => [focused, focused.closest("label")].some(
  (element) => element && getComputedStyle(element).opacity === "1" &&
    getComputedStyle(element).outlineStyle === "solid")"""


def test_outcomes_are_announced_to_screen_readers(open_full_tab, photos):
    tab = open_full_tab()
    news = tab.page.get_by_role("status")
    tab.add(photos / "coffee.jpg")
    expect(news).to_contain_text("coffee.jpg: espresso, 9")
    tab.page.get_by_role("button", name="Try again").click()
    expect(news).to_contain_text("damaged.jpg: the JPEG image is damaged")
    tab.page.get_by_role("button", name="Remove damaged.jpg").click()
    expect(news).to_have_text("damaged.jpg removed")


def test_bars_are_as_long_as_their_scores(open_full_tab):
    tab = open_full_tab(reduced_motion="reduce")
    first = tab.card("chelsea.jpg").locator(".labels li").first
    bar = Image.open(io.BytesIO(first.locator(".bar").screenshot())).convert("RGB")
    row = [bar.getpixel((x, bar.height // 2)) for x in range(bar.width)]
    score = float(first.locator(".score").inner_text().removesuffix("%")) / 100
    assert 0.5 < score < 0.95  # else the colour in the middle would not tell
    assert row.count(row[len(row) // 2]) / len(row) == pytest.approx(score, abs=0.01)


@pytest.mark.parametrize(("motion", "animation"), [("no-preference", "grow"), ("reduce", "none")])
def test_bars_grow_unless_reduced_motion_is_preferred(open_full_tab, motion, animation):
    tab = open_full_tab(reduced_motion=motion)
    bar = tab.card("chelsea.jpg").locator(".bar").first
    assert bar.evaluate("(bar) => getComputedStyle(bar).animationName") == animation
