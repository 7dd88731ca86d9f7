"""Measuring in turns: everything is up at the same time and works one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from rich.progress import track

#: Takes a number of steps and gives the milliseconds of each.
Way = Callable[[int], list[float]]


class Worker:
    """A process that `bench.worker` serves in."""

    def __init__(self, *command: str, python: str = sys.executable) -> None:
        self._process = subprocess.Popen(
            [python, "-m", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        self._lines = iter(self._process.stdout or ())
        self.about: Any = self._read()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, steps: int) -> list[float]:
        """Take the steps; the milliseconds of each."""
        self.start(steps)
        return self.result()

    def start(self, steps: int) -> None:
        """Begin to take steps; `result` waits for them."""
        print(steps, file=self._process.stdin, flush=True)

    def result(self) -> list[float]:
        milliseconds: list[float] = self._read()
        return milliseconds

    def close(self) -> None:
        self._process.communicate()

    def _read(self) -> Any:
        line = next(self._lines, "")
        if not line:
            _, said = self._process.communicate()
            raise RuntimeError(f"a worker died: {said.strip()[-2000:]}")
        return json.loads(line)


def take_turns(
    ways: Mapping[str, Way], *, rounds: int, steps: int, what: str
) -> dict[str, list[float]]:
    """The milliseconds of all steps of each way, so many in each of the rounds."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in track(range(rounds), description=what, transient=True):
        for name, way in ways.items():
            # The first step of a turn finds the caches as another way left them.
            taken[name] += way(steps + 1)[1:]
    return taken
