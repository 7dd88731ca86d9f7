"""The memory that a server needs, measured with the kernel's control groups, version 2 or 1.

Resident memory is no measure of it, because it includes page cache that the kernel can reclaim.
"""

from __future__ import annotations

import os
import signal
import statistics
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness import load
from bench.harness.errors import Skipped

if TYPE_CHECKING:  # needs psutil, which the tests of this module do without
    from bench.harness.processes import Server

ROOT = Path("/sys/fs/cgroup")
NAME = f"classify-bench-{os.getpid()}"
#: Mebibytes.
LIMITS = (96, 112, 128, 144, 160, 192, 256, 384, 512, 768, 1024, 1536, 2048)
MIN_RATE = 0.95  # of the rate without a limit

#: Starts a server; the function given runs in its process first.
Start = Callable[[Callable[[], None] | None], "Server"]


class MemoryLimit:
    """A control group that limits the memory of its processes, page cache included.

    Raises Skipped if this user may not create one.
    """

    def __init__(self, mebibytes: int) -> None:
        version_2 = (ROOT / "cgroup.controllers").exists()
        self._group = (ROOT if version_2 else ROOT / "memory") / NAME
        limit, no_swap, self._events = (
            ("memory.max", "memory.swap.max", "memory.events")
            if version_2
            else ("memory.limit_in_bytes", "memory.swappiness", "memory.oom_control")
        )
        try:
            self._group.mkdir()
            (self._group / limit).write_text(str(mebibytes * 2**20))
            (self._group / no_swap).write_text("0")
        except OSError as error:
            if self._group.exists():
                self._group.rmdir()
            raise Skipped(f"a control group cannot be created: {error.strerror}") from error

    def __enter__(self) -> MemoryLimit:
        return self

    def __exit__(self, *_: object) -> None:
        while left := (self._group / "cgroup.procs").read_text().split():
            for process in left:  # a server that is killed leaves children behind
                os.kill(int(process), signal.SIGKILL)
            time.sleep(0.05)
        self._group.rmdir()

    def enter(self) -> None:
        """Move the calling process, and with it its future children, into the group."""
        (self._group / "cgroup.procs").write_text(str(os.getpid()))

    def kills(self) -> int:
        """The number of processes that the kernel killed because memory ran out."""
        lines = (self._group / self._events).read_text().splitlines()
        return int(dict(line.split() for line in lines)["oom_kill"])


@dataclass(frozen=True)
class Trial:
    """A load under a limit."""

    mebibytes: int
    kills: int
    errors: int
    rate: float
    """Of the rate without a limit: 1.0 is as fast."""

    @property
    def passed(self) -> bool:
        return not self.kills and not self.errors and self.rate >= MIN_RATE

    def __str__(self) -> str:
        return f"{self.mebibytes}: {self.kills} kills, {self.errors} errors, rate {self.rate:.2f}"


#: The columns that `describe` fills.
COLUMNS = ("smallest limit, MiB", "of the rate without a limit", "next smaller limit")


def describe(trials: Sequence[Trial]) -> tuple[str, str, str]:
    """The smallest limit that passed, its rate, and why the next smaller one did not."""
    passed = next((trial for trial in trials if trial.passed), None)
    failed = [trial for trial in trials if not trial.passed]
    return (
        f"**{passed.mebibytes}**" if passed else "none",
        f"{passed.rate:.2f}" if passed else "",
        str(failed[-1]) if failed else "not tried",
    )


@dataclass(frozen=True)
class MemorySearch:
    """A load, and how to start the server whose memory it needs."""

    start: Start
    requests: Sequence[bytes]
    clients: int
    rounds: int
    seconds: float
    limits: Sequence[int] = LIMITS

    @classmethod
    def of(
        cls, start: Start, requests: Sequence[bytes], *, clients: int, quick: bool
    ) -> MemorySearch:
        """A search of usual length, or a quick one that finds only the magnitude."""
        if quick:
            return cls(start, requests, clients, rounds=1, seconds=0.5, limits=LIMITS[::4])
        return cls(start, requests, clients, rounds=5, seconds=3)

    def run(self) -> list[Trial]:
        """Bisect for the smallest limit without kills and errors and within 5 % of the rate.

        The trials come back in the order of their limits. Raises Skipped if the server or control
        groups are not available.
        """
        trials: dict[int, Trial] = {}

        def passes(mebibytes: int) -> bool:
            trials[mebibytes] = self._trial(mebibytes)
            return trials[mebibytes].passed

        bisect_left(self.limits, 1, key=passes)  # a bool is 0 or 1
        return [trials[mebibytes] for mebibytes in sorted(trials)]

    def _trial(self, mebibytes: int) -> Trial:
        # A file's pages are charged to the group that reads them first, so the limited server has
        # to be that.
        _evict_page_cache()
        with MemoryLimit(mebibytes) as limit, self.start(limit.enter) as limited:
            try:
                limited.first_response(self.requests[0], given_up=lambda: limit.kills() > 0)
            except Skipped:
                return Trial(mebibytes, limit.kills(), errors=0, rate=0.0)
            with self.start(None) as unlimited:
                unlimited.first_response(self.requests[0])
                errors, rates = 0, []
                for _ in range(self.rounds):
                    ours, theirs = self._load(limited), self._load(unlimited)
                    errors += ours.errors
                    rates.append(ours.rate / theirs.rate)
                    if limit.kills():
                        break
            return Trial(mebibytes, limit.kills(), errors, statistics.median(rates))

    def _load(self, server: Server) -> load.Load:
        return load.run(server.port, self.requests, clients=self.clients, seconds=self.seconds)


def _evict_page_cache() -> None:
    """Remove the environments and the model from the page cache, where nothing maps them."""
    for folder in (Path("model"), *Path().glob(".venv-bench-*")):
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
