"""The real function with the real model, in this process and in a separate one."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import functions_framework
import pytest
from playwright.sync_api import sync_playwright

from model import RESNET50, Classifier, available_cpus

ROOT = Path(__file__).parent.parent
# The servers: gunicorn for the function on Google Cloud, waitress for the container.
FUNCTIONS_FRAMEWORK = [sys.executable, "-m", "functions_framework", "--target", "classify"]
WAITRESS = [sys.executable, "serve.py"]


pytest_plugins = ["tests.needs"]


@pytest.fixture(scope="session")
def playwright():
    """Playwright for all browsers, because a process can start it only once."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def photos():
    """The folder of photos."""
    return ROOT / "tests" / "data"


@pytest.fixture(scope="session")
def chelsea(photos):
    """A JPEG of an Egyptian cat, 451x300."""
    return (photos / "chelsea.jpg").read_bytes()


@pytest.fixture(scope="session")
def classifier():
    return Classifier(RESNET50, num_threads=available_cpus())


@pytest.fixture
def make_client(monkeypatch):
    """A factory of HTTP clients of the function started with the settings given."""

    def make(**settings):
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        app = functions_framework.create_app("classify", str(ROOT / "main.py"))
        return app.test_client()

    yield make
    # What was alive at a fork is frozen (pictures/memory.py): networks and decoders would stay.
    gc.unfreeze()


@pytest.fixture(scope="session")
def client():
    """An HTTP client of the function with its default settings."""
    return functions_framework.create_app("classify", str(ROOT / "main.py")).test_client()


@pytest.fixture(scope="session")
def start_server(tmp_path_factory):
    """A factory of the function under a production server, each in a separate process."""
    servers = []

    def start(command=FUNCTIONS_FRAMEWORK, **settings):
        log = tmp_path_factory.mktemp("server") / "log"
        servers.append(Server(log, settings, command))
        return servers[-1]

    yield start
    for server in servers:  # all at once: each takes its time to end
        server.process.terminate()
    for server in servers:
        server.stop()


class Server:
    """A process that serves the function at `url`; what it prints goes to `log`."""

    def __init__(self, log, settings, command):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._settings = settings
        self._command = command
        self.start()

    def start(self):
        """Start, or start again at the same address."""
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env={**os.environ, **self._settings, "HOST": "127.0.0.1", "PORT": str(self.port)},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._wait()

    def _wait(self):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"{self.url}/health")
            except urllib.error.URLError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise AssertionError(f"the server did not start: {self.log.read_text()}")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
