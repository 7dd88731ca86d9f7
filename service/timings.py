"""The duration of each part of a request, for the Server-Timing header and the log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Timings:
    """Milliseconds by part; repeated measurements of a part add up."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self._start = time.perf_counter()

    def seconds(self) -> float:
        """Seconds since the request began."""
        return time.perf_counter() - self._start

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        """Add the duration of the block to the part, even if it raises."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(part, time.perf_counter() - start)

    def add(self, part: str, seconds: float) -> None:
        """Add a duration to the part."""
        self.milliseconds[part] = self.milliseconds.get(part, 0.0) + seconds * 1000

    def header(self) -> str:
        """The value of Server-Timing: https://www.w3.org/TR/server-timing/"""
        return ", ".join(f"{part};dur={ms:.1f}" for part, ms in self.milliseconds.items())
