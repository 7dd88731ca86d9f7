"""The examples on the page, run unchanged."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.client.test_guide import EXAMPLES, URL


def snippet(tab, language):
    tab.page.get_by_role("radio", name=language, exact=True).check()
    return tab.page.locator("#snippet").inner_text()


@pytest.fixture
def run(tmp_path, chelsea_jpg):
    """Run a program on code in a file, in a folder with a photo, and return its output."""
    shutil.copy(chelsea_jpg, tmp_path / "photo.jpg")

    def run(program, file, code):
        (tmp_path / file).write_text(code)
        finished = subprocess.run(
            [program, file], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    return run


@pytest.mark.needs("curl")
def test_the_curl_example_works(tab, run):
    assert '"Egyptian cat"' in run("bash", "snippet.sh", snippet(tab, "curl"))


@pytest.mark.needs("node")
def test_the_javascript_example_works(tab, run):
    printed = run("node", "snippet.mjs", snippet(tab, "JavaScript"))
    assert_cat_first(printed)


def test_the_python_example_works(tab, run):
    printed = run(sys.executable, "snippet.py", snippet(tab, "Python"))
    assert_cat_first(printed)


def assert_cat_first(printed):
    lines = printed.splitlines()
    score, label = lines[0].split(maxsplit=1)
    assert (len(lines), label) == (3, "Egyptian cat")
    assert 0.4 < float(score) < 1


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("curl", "curl"),
        ("JavaScript", "JavaScript"),
        ("Dart", "Dart with image_picker and http"),
        ("Python", "Python with httpx"),
    ],
)
def test_the_example_is_that_of_the_guide(tab, server, language, heading):
    _, code = EXAMPLES[heading]
    assert snippet(tab, language) == code.strip().replace(URL, server.url)


def test_the_example_can_be_copied(open_tab):
    tab = open_tab(permissions=["clipboard-read", "clipboard-write"])
    code = snippet(tab, "Python")
    tab.page.get_by_role("button", name="Copy").click()
    expect(tab.page.get_by_role("button", name="Copied")).to_be_visible()
    assert tab.page.evaluate("navigator.clipboard.readText()") == code
