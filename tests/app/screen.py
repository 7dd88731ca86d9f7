"""The app in a browser, found by what it tells screen readers."""

from __future__ import annotations

import io
import re
import time
from urllib.parse import urlsplit

from PIL import Image, ImageStat
from playwright.sync_api import expect

# Flet asks for it in spite of no_cdn; the app does not need it.
RIVE = "https://cdn.jsdelivr.net/npm/@rive-app/"
WAIT_MS = 60_000


class Screen:
    """A tab with the app, whose requests to other hosts are refused and counted."""

    def __init__(self, context, url):
        self.page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.strays = []
        self._host = urlsplit(url).netloc
        self.page.route("**/*", self._guard)
        self.page.goto(url)
        self.enable_semantics()

    def enable_semantics(self):
        """Ask Flutter for the tree that it gives to screen readers."""
        placeholder = self.page.locator("flt-semantics-placeholder")
        placeholder.wait_for(state="attached")
        placeholder.dispatch_event("click")
        self.button("Settings").wait_for(state="attached")

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def text(self, text):
        """A text of its own, or part of the label of a group that holds buttons too."""
        labelled = self.page.locator(f'flt-semantics[aria-label*="{text}"]')
        return self.page.locator("flt-semantics").get_by_text(text).or_(labelled)

    def bars(self):
        """The texts of the bars, of label and percentage."""
        return self.page.locator("[flt-semantics-identifier=bar]")

    def thumbnails(self):
        return self.page.locator("[flt-semantics-identifier=thumbnail]")

    def show(self, place, summary):
        """Go to a photo once its thumbnail says what became of it."""
        thumbnail = self.thumbnails().nth(place)
        expect(thumbnail).to_contain_text(summary, timeout=WAIT_MS)
        thumbnail.click()
        expect(thumbnail).to_have_attribute("aria-current", "true", timeout=WAIT_MS)

    def expect_reds(self, expected):
        """Wait until the photo, painted after its texts, looks as expected; give its redness.

        The redness is that of the left and of the right half, on average from 0 to 255.
        """
        deadline = time.monotonic() + WAIT_MS / 1000
        while not expected(*(reds := self._reds())):
            assert time.monotonic() < deadline, reds
            self.page.wait_for_timeout(200)
        return reds

    def _reds(self):
        width = self.page.viewport_size["width"]
        clip = {"x": 30, "y": 80, "width": width - 60, "height": 200}
        picture = Image.open(io.BytesIO(self.page.screenshot(clip=clip))).convert("RGB")
        middle = picture.width // 2
        halves = (0, 0, middle, picture.height), (middle, 0, *picture.size)
        return [ImageStat.Stat(picture.crop(half)).mean[0] for half in halves]

    def choose(self, *photos, button="Choose"):
        with self.page.expect_file_chooser() as chooser:
            self.button(button).click()
        chooser.value.set_files(photos)

    def expect_label(self, label):
        expect(self.bars().first).to_have_text(re.compile(rf"^{label}, \d+\.\d%$"), timeout=WAIT_MS)

    def expect_text(self, text):
        expect(self.text(text).first).to_be_attached(timeout=WAIT_MS)

    def fill(self, label, value):
        """Type into a field, once Flutter has made it one that can be typed into."""
        field = self.page.get_by_label(label)
        field.click()
        self.page.wait_for_timeout(300)
        field.fill(value)

    def set_up(self, url=None, key=None):
        """Save settings."""
        self.button("Settings").click()
        self.button("Save").wait_for(state="attached")
        if url is not None:
            self.fill("Address of the function", url)
        if key is not None:
            self.fill("Key, if it asks for one", key)
        self.page.wait_for_timeout(500)
        self.button("Save").click()
        expect(self.button("Save")).not_to_be_attached()

    def nameless(self):
        """The controls that have no name for a screen reader."""
        controls = self.page.locator("flt-semantics-host").locator(
            "[role=button], input, [role=img]"
        )
        return [
            control.evaluate("node => node.outerHTML")
            for control in controls.all()
            if not (control.text_content() or control.get_attribute("aria-label"))
        ]

    def outside(self):
        """The texts and buttons that reach beyond the left or right edge of the screen."""
        width = self.page.viewport_size["width"]
        nodes = self.page.locator("flt-semantics:not(:has(flt-semantics))")
        boxes = [(node.text_content(), node.bounding_box()) for node in nodes.all()]
        return [
            (text, box)
            for text, box in boxes
            if box and (box["x"] < -1 or box["x"] + box["width"] > width + 1)
        ]

    def _guard(self, route):
        url = route.request.url
        if urlsplit(url).scheme in ("blob", "data") or urlsplit(url).netloc == self._host:
            route.continue_()
            return
        self.strays.append(url)
        route.abort()

    def close(self):
        """Close the tab, which has asked no other host for anything that matters."""
        self.page.context.close()
        assert [url for url in self.strays if not url.startswith(RIVE)] == []
