"""A control group that limits memory: https://docs.kernel.org/admin-guide/cgroup-v1/memory.html"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.needs import skip

_ROOT = Path("/sys/fs/cgroup/memory")


class ControlGroup:
    """Processes that together may not have more memory than the limit."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Processes that are started in this context belong to the group."""
        _move(os.getpid(), self._path)
        try:
            yield
        finally:
            _move(os.getpid(), _ROOT)

    def peak_megabytes(self) -> float:
        return int((self._path / "memory.max_usage_in_bytes").read_text()) / 2**20


@pytest.fixture
def make_control_group():
    """A factory of control groups by their megabytes; their processes must have ended at last."""
    if not os.access(_ROOT / "cgroup.procs", os.W_OK):
        skip("control-group")
    paths = []

    def make(megabytes: int) -> ControlGroup:
        path = _ROOT / f"hostile-{os.getpid()}-{len(paths)}"
        path.mkdir()
        paths.append(path)
        (path / "memory.limit_in_bytes").write_text(str(megabytes * 2**20))
        return ControlGroup(path)

    yield make
    for path in paths:
        for process in (path / "cgroup.procs").read_text().split():
            _move(int(process), _ROOT)
        path.rmdir()


def _move(process: int, group: Path) -> None:
    (group / "cgroup.procs").write_text(str(process))
