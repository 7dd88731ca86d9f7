"""The function, and the app that asks it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from tests.app.screen import Screen
from tests.needs import skip
from tests.page.conftest import BROWSERS, FLAGS

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-app" / "bin" / "python"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
CAMERA_FLAGS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@pytest.fixture(scope="session")
def server(start_server):
    """The function with its default settings."""
    return start_server()


@pytest.fixture(scope="session")
def locked_server(start_server):
    """The function with an API key, `let-me-in`."""
    return start_server(API_KEYS="let-me-in")


@pytest.fixture(scope="session")
def start_app(tmp_path_factory):
    """A factory of the app's server for a browser; it returns its URL."""
    if not PYTHON.exists():
        skip("mobile/requirements.txt")
    processes = []

    def start(function_url):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        log = tmp_path_factory.mktemp("app") / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [PYTHON, "mobile/main.py"],
                cwd=ROOT,
                env={**os.environ, "CLASSIFY_URL": function_url, "PORT": str(port)},
                stdout=output,
                stderr=output,
            )
        processes.append(process)
        for _ in range(400):
            assert process.poll() is None, log.read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    start.logs[f"http://127.0.0.1:{port}"] = log
                    return f"http://127.0.0.1:{port}"
            time.sleep(0.05)
        raise AssertionError(f"the app did not start: {log.read_text()}")

    start.logs = {}  # by URL, the file of what it prints
    yield start
    for process in processes:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def app_url(start_app, server):
    """The app, set to the function with its default settings."""
    return start_app(server.url)


@pytest.fixture(scope="session")
def launch(playwright):
    """A factory of browsers with these flags; the camera is a film if one of them names it."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None) or skip("chromium")
    return lambda *flags: playwright.chromium.launch(
        executable_path=chromium, args=[*FLAGS, *CAMERA_FLAGS, *flags]
    )


@pytest.fixture(scope="session")
def browser(launch):
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture
def open_app(browser, app_url):
    """A factory of screens with the app; options are those of a browser's context."""
    screens = []

    def open_app(url=app_url, browser=browser, **options):
        context = browser.new_context(**{**PHONE, **options})
        screens.append(Screen(context, url))
        return screens[-1]

    yield open_app
    for screen in screens:
        screen.close()


@pytest.fixture
def screen(open_app):
    """The app on a phone."""
    return open_app()


@pytest.fixture(scope="session")
def cat_and_grey(photos, tmp_path_factory):
    """The path of a photo with a cat on its left and nothing on its right."""
    path = tmp_path_factory.mktemp("photos") / "left.jpg"
    picture = Image.new("RGB", (600, 400), "gray")
    with Image.open(photos / "chelsea.jpg") as cat:
        picture.paste(ImageOps.fit(cat, (300, 300)), (0, 50))
    picture.save(path, quality=95)
    return path


@pytest.fixture(scope="session")
def damaged(photos, tmp_path_factory):
    """The path of a photo that is cut short."""
    path = tmp_path_factory.mktemp("photos") / "damaged.jpg"
    path.write_bytes((photos / "coffee.jpg").read_bytes()[:30_000])
    return path


@pytest.fixture(scope="session")
def large(photos, tmp_path_factory):
    """The path of a photo of 14 MB and 12 megapixels."""
    path = tmp_path_factory.mktemp("photos") / "large.jpg"
    with Image.open(photos / "chelsea.jpg") as image:
        image.resize((4000, 3000)).save(path)
    # Bytes after the end of a JPEG are ignored.
    path.write_bytes(path.read_bytes().ljust(14_000_000, b"\0"))
    return path
