"""Interleaved measurement: in each round, every benchmark runs a few steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.progress import track

#: Runs a number of steps and returns the milliseconds of each.
Benchmark = Callable[[int], list[float]]


def interleave(
    benchmarks: Mapping[str, Benchmark], *, rounds: int, steps: int, description: str
) -> dict[str, list[float]]:
    """The milliseconds of all steps of each benchmark: `steps` in each of the rounds."""
    milliseconds: dict[str, list[float]] = {name: [] for name in benchmarks}
    for _ in track(range(rounds), description=description, transient=True):
        for name, benchmark in benchmarks.items():
            # The first step finds the caches filled by another benchmark.
            milliseconds[name] += benchmark(steps + 1)[1:]
    return milliseconds
