"""What the README shows is true: its commands are run, its links followed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from model import RESNET50, read_card
from tests.needs import need

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
CONSOLE = [text for language, text in BLOCKS if language == "console"]
CURLS = [
    line
    for language, text in BLOCKS
    if language == "sh"
    for line in text.splitlines()
    if line.startswith("curl")
]


@pytest.fixture(scope="module")
def shell(start_server):
    """Run a command of the README against a new server; what it prints."""
    server = start_server()

    def run(command):
        if command.startswith("curl"):
            need("curl")
        command = command.replace("http://localhost:8080", server.url)
        command = command.replace("python -m", f"{shlex.quote(sys.executable)} -m")
        result = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return result.stdout

    return run


def words(text):
    """The text without figures: scores differ in their last digits from one CPU to another."""
    return re.sub(r"[\s\d.%█]+", "", text)


def figures(text):
    """The scores in the text, as shares of one."""
    return [
        float(number) / (100 if percent else 1)
        for number, percent in re.findall(r"(?<![\d.])(0\.\d+|\d+\.\d(?=%))(%?)", text)
    ]


@pytest.mark.parametrize("block", CONSOLE, ids=[block.split("\n")[0] for block in CONSOLE])
def test_what_the_readme_shows_is_what_is_printed(shell, block):
    command, _, shown = block.removeprefix("$ ").partition("\n")
    printed = shell(command)
    for part in shown.split("..."):
        assert words(part) in words(printed)
    assert figures(shown)[0] == pytest.approx(figures(printed)[0], abs=0.03)


@pytest.mark.parametrize("command", CURLS)
def test_the_curl_lines_work(shell, command):
    assert '"labels":' in shell(command.replace("curl", "curl --fail --silent", 1))


@pytest.mark.parametrize("script", re.findall(r"^scripts/\w+", README, re.MULTILINE))
def test_the_scripts_exist_and_can_be_run(script):
    assert (ROOT / script).stat().st_mode & 0o111


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_the_links_lead_somewhere(link):
    assert (ROOT / link).exists()


@pytest.mark.parametrize("anchor", re.findall(r"\]\(#([^)]+)\)", README))
def test_the_anchors_are_headings(anchor):
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    assert anchor in [heading.lower().replace(" ", "-") for heading in headings]


def test_it_warns_exactly_of_weights_that_are_not_for_commercial_use():
    commercial = read_card(RESNET50).licence.commercial_use
    assert ("weights are for non-commercial use only" in README) != commercial
