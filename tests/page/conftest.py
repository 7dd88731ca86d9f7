"""A real browser on the real function, with nothing mocked."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, expect

from tests.needs import skip

DOWNLOAD_SECONDS = 120

# The headless shell, which has no windows, takes half the CPU time of the others.
BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
# Root, as in a container, has no sandbox; the other flags stop requests to Google.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Chromium logs this line for an error response or a failed request; no script can prevent it.
_FAILED_LOAD = re.compile(r"Failed to load resource: .*?(status of \d+|net::\w+)")


@pytest.fixture(scope="session")
def browser(playwright):
    """The system's Chromium, or else Playwright's."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        download_chromium()
    try:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    except Error:
        if chromium is None:
            skip("chromium")
        raise
    yield browser
    browser.close()


def download_chromium():
    """Try once in each environment; without a network, or libraries, the tests are skipped."""
    tried = Path(sys.prefix) / "chromium-tried"
    if tried.exists():
        return
    tried.touch()
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    # A new process group, to end the download too, which is a grandchild.
    process = subprocess.Popen(command, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True)
    try:
        process.wait(DOWNLOAD_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def server(start_server):
    """The function with its default settings."""
    return start_server()


@pytest.fixture
def open_tab(browser, server):
    """A factory of tabs with the page; each must end without unexpected console messages."""
    tabs = []

    def open_tab(url=server.url, **options):
        context = browser.new_context(**options)
        tabs.append(Tab(context, url))
        return tabs[-1]

    yield open_tab
    for tab in tabs:
        tab.page.context.close()
    for tab in tabs:
        tab.check()


@pytest.fixture
def tab(open_tab):
    return open_tab()


class Tab:
    """The page in a browser, with its requests and console messages."""

    def __init__(self, context, url):
        self.page = context.new_page()
        self.expected_failures = set()
        self._origin = urlsplit(url).netloc
        self._failures = set()
        self._complaints = []
        self._strays = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._complaints.append(str(error)))
        self.page.on("request", self._follow)
        self.page.goto(url)

    def add(self, *photos):
        """Choose photos, each a path or a dict of name, mimeType and buffer."""
        self.page.set_input_files("#choose", photos)

    def card(self, name):
        return self.page.locator(".card", has=self.page.get_by_role("heading", name=name))

    def expect_label(self, name, label):
        expect(self.card(name).locator(".labels .text").first).to_have_text(label)

    def expect_failure(self, name, message):
        expect(self.card(name).locator(".message")).to_contain_text(message)

    def times(self, name):
        """The milliseconds on a photo's card, by part."""
        parts = self.card(name).locator(".times dt").all_inner_texts()
        times = self.card(name).locator(".times dd").all_inner_texts()
        return {part: int(re.sub(r"\D", "", time)) for part, time in zip(parts, times, strict=True)}

    @contextmanager
    def expect_complaint(self, text):
        """Require one console message with this text."""
        before = len(self._complaints)
        yield
        (complaint,) = self._complaints[before:]
        assert text in complaint
        del self._complaints[before:]

    def check(self):
        assert self._complaints == []
        assert self._strays == []
        assert self._failures == self.expected_failures

    def _hear(self, message):
        if failed_load := _FAILED_LOAD.match(message.text):
            self._failures.add(failed_load[1])
        else:
            self._complaints.append(message.text)

    def _follow(self, request):
        address = urlsplit(request.url)
        if address.scheme not in ("blob", "data") and address.netloc != self._origin:
            self._strays.append(request.url)


@pytest.fixture(scope="session")
def chelsea_jpg(photos):
    """The path of a photo of an Egyptian cat."""
    return photos / "chelsea.jpg"


@pytest.fixture(scope="session")
def damaged_jpg(photos, tmp_path_factory):
    """The path of a photo that is cut short."""
    path = tmp_path_factory.mktemp("photos") / "damaged.jpg"
    path.write_bytes((photos / "coffee.jpg").read_bytes()[:30_000])
    return path
