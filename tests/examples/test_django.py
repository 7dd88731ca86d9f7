"""The example for Django, in its own environment, with the real function."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.needs import skip

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "django"
PYTHON = ROOT / ".venv-django" / "bin" / "python"
KEY = "let-me-in"


@pytest.fixture(scope="module")
def environment(start_server):
    """The environment variables of a site that asks a function with a key."""
    if not PYTHON.exists():
        skip("examples/django/requirements.txt")
    url = start_server(API_KEYS=KEY).url
    return {**os.environ, "CLASSIFY_URL": url, "CLASSIFY_KEY": KEY, "PYTHONWARNINGS": "error"}


@pytest.fixture
def site(environment, tmp_path):
    """The URL of a site that is a copy of the example, with a copy of the client."""
    shutil.copytree(EXAMPLE, tmp_path / "site", ignore=shutil.ignore_patterns("db.*", "media"))
    shutil.copytree(ROOT / "mobile" / "client", tmp_path / "site" / "client")
    manage = [PYTHON, tmp_path / "site" / "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity=0"], env=environment, check=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*manage, "runserver", "--noreload", address],
            env=environment,
            stdout=output,
            stderr=output,
        )
    url = f"http://{address}"
    try:
        for _ in range(200):
            assert process.poll() is None, log.read_text()
            try:
                httpx.get(url)
            except httpx.ConnectError:
                time.sleep(0.05)
            else:
                break
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_the_tests_of_the_site_pass(environment):
    done = subprocess.run(
        [PYTHON, EXAMPLE / "manage.py", "test", "tests.examples.django_site"],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^Ran [1-9]\d* tests", done.stdout, re.MULTILINE), done.stdout


def test_a_copy_serves_what_it_stores(site, chelsea):
    with httpx.Client(base_url=site, follow_redirects=True) as client:
        client.get("/")
        page = client.post(
            "/",
            data={"csrfmiddlewaretoken": client.cookies["csrftoken"]},
            files={"file": ("cat.jpg", chelsea)},
        )
        assert "Egyptian cat" in page.text
        photo = client.get(re.search('img src="([^"]+)"', page.text)[1])
    assert photo.content == chelsea
    assert photo.headers["Content-Type"] == "image/jpeg"
    assert photo.headers["X-Content-Type-Options"] == "nosniff"
