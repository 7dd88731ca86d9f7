"""How long each part of a request took, for the caller, the page and the log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Timings:
    """Milliseconds by part; a part that is measured again adds up."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            elapsed = (time.perf_counter() - start) * 1000
            self.milliseconds[part] = self.milliseconds.get(part, 0.0) + elapsed

    def header(self) -> str:
        """The value of Server-Timing: https://www.w3.org/TR/server-timing/"""
        return ", ".join(f"{part};dur={ms:.1f}" for part, ms in self.milliseconds.items())
