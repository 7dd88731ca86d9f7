"""One run of the simulation: flags and a load in, latencies, refusals and money out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from simpy import Environment

from bench.scale.cloud_run import CloudRun, Record
from bench.scale.costs import dollars
from bench.scale.instance import Flags, Photo
from bench.scale.load import BYTES, LOADS, photos, stages

PROCESS_START = 0.34
"""Seconds from the start of the process to its first answer: docs/performance.md, cold start."""

PLATFORM_START = 1.0
"""Seconds that the platform takes for a container before that, assumed: none are published."""

COLD_START = PLATFORM_START + PROCESS_START
SEED = 18


@dataclass(frozen=True)
class Result:
    """Of the photos that came after the load's warm-up."""

    p50: float
    """Milliseconds without the upload, as are the others."""
    p95: float
    p99: float
    refused: float
    """Share of the photos."""
    instances: int
    """The most that had requests at once."""
    seconds: float
    """Instance seconds at the full price, for a million answered photos."""
    dollars: float
    """For a million answered photos, without the free tier."""


class Run(NamedTuple):
    """What is simulated."""

    flags: Flags
    load: str
    """Of LOADS."""
    size: str
    """Of BYTES."""


def run(what: Run) -> Result:
    """The same run gives the same result."""
    # Independent streams, so that the same photos come at the same times whatever the flags.
    times, kinds = np.random.default_rng(SEED).spawn(2)
    env = Environment()
    cloud = CloudRun(env, what.flags, cold_start=COLD_START)
    load = LOADS[what.load]
    sent = photos(stages()[what.size], BYTES[what.size], kinds)
    env.process(feed(env, cloud, load.arrivals(times), sent))
    env.run(until=max(load.warm_up, env.now + 1e-9))
    billed, idle = cloud.billed_seconds(), cloud.idle_seconds()
    env.run(until=load.seconds)
    billed, idle = cloud.billed_seconds() - billed, cloud.idle_seconds() - idle
    return _result(cloud.record, what.flags, since=load.warm_up, billed=billed, idle=idle)


def feed(
    env: Environment, cloud: CloudRun, times: Iterable[float], each: Iterator[Photo]
) -> Iterator[Any]:
    """Send photos at these times."""
    for time, photo in zip(times, each, strict=False):
        yield env.timeout(max(0.0, time - env.now))
        env.process(cloud.ask(photo))


def _result(record: Record, flags: Flags, *, since: float, billed: float, idle: float) -> Result:
    taken = np.array([seconds for came, seconds in record.answers if came >= since]) * 1000
    refused = sum(came >= since for came in record.refused)
    p50, p95, p99 = np.percentile(taken, (50, 95, 99))
    cost = dollars(flags, billed=billed, idle=idle, requests=len(taken))
    return Result(
        p50=float(p50),
        p95=float(p95),
        p99=float(p99),
        refused=refused / (refused + len(taken)),
        instances=record.most_active(since=since),
        seconds=billed / len(taken) * 1e6,
        dollars=cost / len(taken) * 1e6,
    )
