"""Every requirement is pinned, has its reason beside it, and is locked by hash."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WRITTEN = sorted(
    path
    for path in [*ROOT.glob("requirements*"), *ROOT.glob("*/*requirements*.txt")]
    if path.name != "requirements.txt" or path.parent != ROOT
)
PIN = re.compile(r"^([a-z0-9-]+)==([\w.]+)", re.MULTILINE)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_requirement_is_pinned_under_its_reason(path):
    above = ""
    for line in path.read_text().splitlines():
        if line and not line.startswith(("#", "-r ")):
            assert PIN.match(line), f"{line!r} is not pinned"
            assert above, f"{line!r} has no reason above it"
        above = line


def test_what_is_required_is_what_is_locked():
    locked = (ROOT / "requirements.txt").read_text()
    required = PIN.findall((ROOT / "requirements.in").read_text())
    assert len(required) == 9
    assert set(required) <= set(PIN.findall(locked))


def test_every_locked_file_has_its_hash():
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.txt").read_text())
    pinned = [entry for entry in entries if PIN.match(entry)]
    assert len(pinned) > 20
    assert all("--hash=sha256:" in entry for entry in pinned)
