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


def entries(path):
    """The requirements in a file, each with its indented lines."""
    return [part for part in re.split(r"\n(?=\S)", path.read_text()) if part[0] not in "#\n"]


def test_what_is_required_is_what_is_locked():
    required = {entry.partition(" ;")[0].strip() for entry in entries(ROOT / "requirements.in")}
    locked = {re.split(r" [;\\]", entry)[0] for entry in entries(ROOT / "requirements.txt")}
    assert required <= locked


def test_every_locked_requirement_has_its_hashes():
    for entry in entries(ROOT / "requirements.txt"):
        assert re.match(r"[\w.-]+==[\w.]+ .*(\n +--hash=sha256:[0-9a-f]{64}.*)+", entry), entry
