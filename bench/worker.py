"""A process that works when it is told to: the side of the process. Standard library only.

It writes a line of JSON about itself, then reads one number a line, takes as many steps and
answers with the milliseconds of each.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable


def serve(about: object, step: Callable[[], object]) -> None:
    """Answer until the other side closes."""
    _write(about)
    for line in sys.stdin:
        _write([_milliseconds(step) for _ in range(int(line))])


def _milliseconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1000


def _write(value: object) -> None:
    print(json.dumps(value), flush=True)
