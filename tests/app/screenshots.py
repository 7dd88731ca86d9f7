"""Make the screenshots for docs/app.md; run by `scripts/screenshots` only."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.app.faults import slow_proxy

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LARGE_TEXT = "document.documentElement.style.fontSize = '32px'"


def take(screen, name):
    screen.page.wait_for_timeout(1500)  # until nothing moves
    screen.page.screenshot(path=IMAGES / f"app-{name}.jpg", quality=82)


def test_phone(open_app, photos, damaged):
    screen = open_app()
    screen.expect_text("resnet50")
    take(screen, "start")
    screen.choose(photos / "chelsea.jpg")
    screen.expect_label("Egyptian cat")
    take(screen, "bars")
    screen.bars().first.click()
    screen.expect_text("Egyptian cat: seen")
    take(screen, "heat")
    screen.choose(damaged, photos / "chelsea.heic")
    screen.expect_label("Egyptian cat")
    take(screen, "heic")
    screen.show(1, "Photo damaged")
    take(screen, "damaged")
    screen.button("Settings").click()
    screen.expect_text("Function found")
    take(screen, "settings")
    screen.fill("Address of the function", "http://nowhere.invalid")
    screen.expect_text("No network")
    take(screen, "address")


def test_waiting(start_app, open_app, server, photos):
    with slow_proxy(server, first_seconds=30) as url:
        screen = open_app(start_app(url))
        screen.choose(photos / "chelsea.jpg")
        screen.expect_text("Waking up the function")
        take(screen, "waking")
        screen.button("Cancel").click()
        screen.expect_text("Cancelled")
        take(screen, "cancelled")


def test_wrong_key_and_down(start_app, open_app, start_server, photos):
    server = start_server(API_KEYS="secret")
    screen = open_app(start_app(server.url))
    screen.choose(photos / "chelsea.jpg")
    screen.expect_text("Wrong key")
    take(screen, "key")
    server.stop()
    screen.choose(photos / "coffee.jpg")
    screen.expect_text("Function not found")
    take(screen, "down")


def test_camera(open_app):
    screen = open_app(permissions=["camera"])
    screen.button("Take a photo").click()
    expect(screen.button("Take it")).to_be_enabled(timeout=20_000)
    take(screen, "camera")


def test_no_camera(open_app):
    screen = open_app()
    screen.page.evaluate("navigator.mediaDevices.enumerateDevices = async () => []")
    screen.button("Take a photo").click()
    screen.expect_text("No camera")
    take(screen, "no-camera")


def test_other_screens(open_app, photos):
    looks = {
        "dark": {"color_scheme": "dark"},
        "landscape": {"viewport": {"width": 844, "height": 390}},
        "tablet": {"viewport": {"width": 820, "height": 1180}},
        "large-text": {},
    }
    for name, options in looks.items():
        screen = open_app(**options)
        if name == "large-text":
            screen.page.evaluate(LARGE_TEXT)
        screen.choose(photos / "chelsea.jpg", photos / "coffee.jpg")
        screen.expect_label("espresso")
        take(screen, name)
