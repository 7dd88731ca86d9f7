"""Loads: when photos come, how fast they are sent, what they take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.scale.instance import Photo

STAGES = Path(__file__).with_name("stages.json")

MEDIAN_UPLOAD = 10e6
"""Bits a second. Ookla's median of 5G uploads in the United Kingdom in the second half of 2024 is
11.1 Mbit/s (https://5g.co.uk/news/latest-5g-speedtests-three-wins-again/5554); 4G is slower."""

UPLOAD_SPREAD = 0.8
"""Of the logarithm of the speed, assumed: one sender in ten is slower than 3.6 Mbit/s, and one in
ten faster than 28."""

BYTES = {"3 MB": 3_000_000, "150 kB": 150_000}
"""A photo as phones take them, and one that the app has shrunk."""


COLD = 1.12
"""Small photos sent 20 to 100 ms apart took 21.4 ms, one right after the other 19.1."""


class Stages(NamedTuple):
    """Seconds that the stages of a photo took, alone on one CPU."""

    overhead: float
    decode: float
    infer: float


@dataclass(frozen=True)
class Load:
    """Photos a second over time; counted from `warm_up` seconds on."""

    rate: Callable[[float], float]
    most: float
    """The highest rate."""
    seconds: float
    warm_up: float = 0.0

    def arrivals(self, rng: np.random.Generator) -> Iterator[float]:
        """The arrivals of a Poisson process with that rate, by thinning one with the highest."""
        now = 0.0
        while (now := now + rng.exponential(1 / self.most)) < self.seconds:
            if rng.random() * self.most < self.rate(now):
                yield now


def steady(rate: float, *, seconds: float) -> Load:
    """The same rate all the time, counted when the autoscaler has had three minutes."""
    return Load(lambda _: rate, rate, seconds=seconds + 180, warm_up=180)


def _morning(now: float) -> float:
    return 1 + 99 * min(1.0, now / 1800)


def _link(now: float) -> float:
    return 2 * (1 + 49 * min(1.0, max(0.0, now - 180) / 60))


LOADS = {
    "one in ten minutes": Load(lambda _: 1 / 600, 1 / 600, seconds=14 * 86400),
    "1 a second": steady(1, seconds=1200),
    "10 a second": steady(10, seconds=600),
    "100 a second": steady(100, seconds=300),
    "1,000 a second": steady(1000, seconds=60),
    # From 1 to 100 a second in half an hour.
    "a morning's rise": Load(_morning, 100, seconds=2100),
    # From 2 to 100 a second in a minute, then three minutes of it.
    "a link goes round": Load(_link, 100, seconds=420, warm_up=180),
}


def stages() -> dict[str, list[Stages]]:
    """Measured photos by size."""
    found: dict[str, list[Stages]] = {}
    for size, samples in json.loads(STAGES.read_text())["milliseconds"].items():
        found[size] = [Stages(*(ms / 1000 for ms in sample)) for sample in samples]
    return found


def photos(
    samples: Sequence[Stages],
    size: int,
    rng: np.random.Generator,
) -> Iterator[Photo]:
    """Photos of `size` bytes, without end: a measured one and a speed of sending at random."""
    while True:
        speed = MEDIAN_UPLOAD * np.exp(UPLOAD_SPREAD * rng.standard_normal())
        yield Photo(size * 8 / speed, *samples[rng.integers(len(samples))], COLD)
