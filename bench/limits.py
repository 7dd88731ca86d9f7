"""A real memory limit, by the kernel's control groups, version 2 or 1."""

from __future__ import annotations

import os
from pathlib import Path

from bench.processes import Skipped

ROOT = Path("/sys/fs/cgroup")
NAME = f"classify-bench-{os.getpid()}"


class MemoryLimit:
    """A control group whose processes together get no more memory than so many mebibytes.

    Raises Skipped where this user may not make one. Its memory includes what the kernel
    keeps of files it has read, which it gives back before it kills a process.
    """

    def __init__(self, mebibytes: int) -> None:
        newer = (ROOT / "cgroup.controllers").exists()
        self._group = (ROOT if newer else ROOT / "memory") / NAME
        limit, self._peak = (
            ("memory.max", "memory.peak")
            if newer
            else ("memory.limit_in_bytes", "memory.max_usage_in_bytes")
        )
        self._events = "memory.events" if newer else "memory.oom_control"
        try:
            self._group.mkdir()
            (self._group / limit).write_text(str(mebibytes * 2**20))
        except OSError as error:
            raise Skipped(f"no control group can be made here: {error.strerror}") from error

    def __enter__(self) -> MemoryLimit:
        return self

    def __exit__(self, *_: object) -> None:
        self._group.rmdir()

    def enter(self) -> None:
        """Put the calling process and its children to come under the limit."""
        (self._group / "cgroup.procs").write_text(str(os.getpid()))

    def peak(self) -> float:
        """The most that was used so far, in megabytes."""
        return int((self._group / self._peak).read_text()) / 1e6

    def kills(self) -> int:
        """How many processes were killed for want of memory."""
        lines = (self._group / self._events).read_text().splitlines()
        return int(dict(line.split() for line in lines)["oom_kill"])
