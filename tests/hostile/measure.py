"""What one picture costs, measured in a process of its own.

    python -m tests.hostile.measure < PICTURE

prints one JSON object. A process that is killed or hangs takes nothing with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import NamedTuple

from pictures import Crop, ImageError, read_picture
from service.errors import ERRORS
from tests.conftest import ROOT
from tests.hostile.cases import CLASSIFIED, MAX_PIXELS
from tests.hostile.formats import jpeg

SPEC = Crop(size=224, shorter_side=256)
# Hanging is the defect: what takes this long has no end that anyone waits for.
TIMEOUT_SECONDS = 120


class Cost(NamedTuple):
    """How a picture was answered, and what that took beyond what a small one takes."""

    outcome: str
    seconds: float
    megabytes: float


def outcome_of(data: bytes) -> str:
    """CLASSIFIED, or the reason why not; anything but an ImageError is raised."""
    try:
        read_picture(data, SPEC, max_pixels=MAX_PIXELS)
    except ImageError as error:
        return ERRORS[type(error)].reason
    return CLASSIFIED


def measured(data: bytes) -> Cost:
    """The cost of a picture in a new process; raises if that process does not end well."""
    command = [sys.executable, "-m", "tests.hostile.measure"]
    output = subprocess.run(
        command, input=data, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_SECONDS
    ).stdout
    return Cost(**json.loads(output))


def _measure(data: bytes) -> Cost:
    outcome_of(jpeg())  # whatever is loaded once is loaded now
    # proc(5): from here on the peak is counted anew. That of getrusage() is inherited.
    Path("/proc/self/clear_refs").write_text("5")
    before, start = peak_megabytes(), time.perf_counter()
    outcome = outcome_of(data)
    return Cost(outcome, time.perf_counter() - start, peak_megabytes() - before)


def peak_megabytes(process: int | str = "self") -> float:
    """The most memory that a process has had, by proc(5)."""
    return _status(process, "VmHWM")


def megabytes(process: int | str = "self") -> float:
    """The memory that a process has, by proc(5)."""
    return _status(process, "VmRSS")


def _status(process: int | str, name: str) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    fields = dict(line.split(":", maxsplit=1) for line in lines)
    return int(fields[name].split()[0]) / 1024


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # decoders warn of what they repair
    sys.stdout.write(json.dumps(_measure(sys.stdin.buffer.read())._asdict()))
