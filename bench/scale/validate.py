"""The simulation held against the real function, on this machine.

One and two instances of one CPU each (functions-framework servers, pinned) behind HAProxy, which
keeps Cloud Run's rules: at most `concurrency` requests in an instance, the others wait in a queue,
the instance with the fewest gets the next. Photos come at random times; the simulation gets the
same times, and the service times of photos that were sent one at a time just before and after.
Runs in which other processes took part of the machine are dropped.

Needs haproxy (`apt-get install haproxy`), two CPUs, and a machine that does nothing else.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import psutil
from simpy import Environment

from bench.harness import function, photos
from bench.harness.errors import Skipped
from bench.harness.processes import Server, free_port
from bench.harness.report import Report, argument_parser
from bench.scale import open_loop
from bench.scale.cloud_run import CloudRun
from bench.scale.instance import Flags, Photo
from bench.scale.load import COLD, STAGES, Stages
from bench.scale.simulate import feed

PHOTOS = {"150 kB": photos.of_size(0.5), "3 MB": photos.large()}
CONCURRENCY = 8
ALONE = 20
"""Photos that are sent one at a time, before a load and after it."""
RUNS = 3
"""Of each load."""
KEPT = 40
"""Measured photos of a size that go into stages.json."""
MOST_DISTURBANCE = 0.07
"""Share of the CPUs."""

CONFIGURATION = """
global
  maxconn 1000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout queue 10s
frontend photos
  bind 127.0.0.1:{port}
  default_backend instances
backend instances
  balance leastconn
"""


class Comparison(NamedTuple):
    """Milliseconds of one run."""

    real_p50: float
    simulated_p50: float
    real_p95: float
    simulated_p95: float

    def ratios(self) -> tuple[float, float]:
        """Simulated over real: p50, p95."""
        return self.simulated_p50 / self.real_p50, self.simulated_p95 / self.real_p95


@dataclass(frozen=True)
class Case:
    """A load that both go through."""

    size: str
    instances: int
    utilisation: float
    """Of the instances' CPUs, by the photos that were sent one at a time."""
    upload: float = 0.0
    """Seconds."""

    def __str__(self) -> str:
        slow = f", sent in {self.upload:g} s" if self.upload else ""
        return f"{self.size}{slow}, {self.instances} at {self.utilisation:.0%}"


CASES = [
    *(Case(size, n, busy) for size in PHOTOS for n in (1, 2) for busy in (0.3, 0.6)),
    *(Case("150 kB", n, 0.4, upload=0.3) for n in (1, 2)),
]


class Disturbed(Exception):
    """Other processes took more of the machine than MOST_DISTURBANCE."""


class Service:
    """Instances of one CPU each, behind a proxy."""

    def __init__(self, port: int, servers: Sequence[Server], proxy: Server) -> None:
        self.port = port
        self._servers = servers
        self._proxy = proxy

    @contextmanager
    def undisturbed(self, single: Service) -> Iterator[None]:
        """Raise Disturbed at the end of the block if other processes used too much CPU in it."""
        services = {self, single}
        start, others = time.perf_counter(), _others(services)
        yield
        available = (time.perf_counter() - start) * (os.cpu_count() or 1)
        share = (_others(services) - others) / available
        if share > MOST_DISTURBANCE:
            raise Disturbed(f"others took {share:.0%} of the CPUs")

    def cpu_seconds(self) -> float:
        return sum(each.cpu_seconds() for each in (*self._servers, self._proxy))


def main() -> None:
    try:
        _run()
    except Skipped as reason:
        print(f"Skipped: {reason}")


def _run() -> None:
    parser = argument_parser("scale.validate", __doc__)
    parser.add_argument("--minutes", type=float, default=60, help="to wait for quiet, at most")
    options = parser.parse_args()
    runs, seconds = (1, 5) if options.quick else (RUNS, 10)
    end = time.monotonic() + 60 * options.minutes
    found: dict[Case, list[Comparison]] = {case: [] for case in CASES}
    stages: dict[str, list[Stages]] = {size: [] for size in PHOTOS}
    with ExitStack() as stack:
        services = {n: stack.enter_context(_service(n)) for n in (1, 2)}
        while time.monotonic() < end and (case := _next(found, runs)):
            try:
                alone, comparison = _compare(case, services, seconds, seed=len(found[case]))
            except (Disturbed, OSError) as error:
                print(f"{case}: {error}", flush=True)
            else:
                print(f"{case}: {comparison}", flush=True)
                stages[case.size] += alone
                found[case].append(comparison)
    if not options.quick:
        _keep(stages)
    _report(found).write(options)


def _next(found: dict[Case, list[Comparison]], runs: int) -> Case | None:
    """The load with the fewest runs; None if all have as many as are wanted."""
    case = min(found, key=lambda each: len(found[each]))
    return case if len(found[case]) < runs else None


@contextmanager
def _service(instances: int) -> Iterator[Service]:
    haproxy = which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
    if not haproxy:
        raise Skipped("there is no haproxy: apt-get install haproxy")
    request = function.as_bytes(photos.SMALL)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        servers = [stack.enter_context(_instance(cpu)) for cpu in range(instances)]
        port = free_port()
        text = CONFIGURATION.format(port=port)
        for number, server in enumerate(servers):
            server.first_response(request)
            text += f"  server s{number} 127.0.0.1:{server.port} maxconn {CONCURRENCY}\n"
        (folder / "haproxy.cfg").write_text(text)
        proxy = Server([haproxy, "-db", "-f", str(folder / "haproxy.cfg")], port=port)
        stack.enter_context(proxy).first_response(request)
        yield Service(port, servers, proxy)


def _instance(cpu: int) -> Server:
    settings = {"THREADS": str(CONCURRENCY), "NUM_THREADS": "1", "PRELOAD": "true"}
    return function.start(before=lambda: os.sched_setaffinity(0, {cpu}), settings=settings)


def _compare(
    case: Case, services: dict[int, Service], seconds: float, *, seed: int
) -> tuple[list[Stages], Comparison]:
    """The stages of photos sent alone, and both sides' latencies. Raises Disturbed."""
    request = function.as_bytes(PHOTOS[case.size])
    service, single = services[case.instances], services[1]
    rng = np.random.default_rng(seed)
    with service.undisturbed(single):
        stages = _one_by_one(single, request)
        busy = statistics.mean(map(sum, stages))
        rate = case.utilisation * case.instances / busy
        times = np.cumsum(rng.exponential(1 / rate, size=round(rate * seconds)))
        answers = open_loop.run(service.port, request, times, upload=case.upload)
        stages += _one_by_one(single, request)
    real = [answer.milliseconds for answer in answers]
    simulated = _simulated(case, times, stages, rng)
    return stages, Comparison(
        *(float(np.percentile(each, percent)) for percent in (50, 95) for each in (real, simulated))
    )


def _others(services: set[Service]) -> float:
    """CPU seconds of all processes but the services and their client."""
    ours = sum(each.cpu_seconds() for each in services)
    return _busy_seconds() - ours - time.process_time()


def _busy_seconds() -> float:
    """CPU seconds of all processes so far."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def _one_by_one(service: Service, request: bytes) -> list[Stages]:
    """Send photos to one instance, each right after the other's answer: its caches stay warm."""
    stages = []
    for _ in range(ALONE):
        (answer,) = open_loop.run(service.port, request, [0.0])
        decode, infer = answer.timings["decode"], answer.timings["infer"]
        overhead = answer.milliseconds - decode - infer
        stages.append(Stages(overhead / 1000, decode / 1000, infer / 1000))
    return stages


def _simulated(
    case: Case, times: Sequence[float], stages: Sequence[Stages], rng: np.random.Generator
) -> list[float]:
    """Milliseconds of the answers."""
    env = Environment()
    n = case.instances
    flags = Flags(concurrency=CONCURRENCY, min_instances=n, max_instances=n)
    cloud = CloudRun(env, flags, cold_start=1.0)
    each = (Photo(case.upload, *stages[rng.integers(len(stages))], COLD) for _ in repeat(None))
    env.process(feed(env, cloud, times, each))
    env.run(until=times[-1] + 60)
    return [seconds * 1000 for _, seconds in cloud.record.answers]


def _keep(stages: dict[str, list[Stages]]) -> None:
    """Write some of the photos, evenly chosen by what they took, to stages.json."""
    if not all(stages.values()):
        return  # the machine was never quiet
    kept = {}
    for size, measured in stages.items():
        ordered = sorted(measured, key=sum)
        places = np.linspace(0, len(ordered) - 1, KEPT).round().astype(int)
        kept[size] = [[round(s * 1000, 2) for s in ordered[place]] for place in places]
    STAGES.write_text(json.dumps({"milliseconds": kept}) + "\n")


def _report(found: dict[Case, list[Comparison]]) -> Report:
    report = Report("scale-validation")
    report.data["cases"] = {str(case): each for case, each in found.items()}
    ratios = {
        case: np.median([c.ratios() for c in each], axis=0) for case, each in found.items() if each
    }
    report.table(
        ["load", "p50, ms", "simulated", "over real", "p95, ms", "simulated", "over real", "runs"],
        [
            [
                case,
                *(f"{ms:.0f}" for ms in np.median(each, axis=0)[:2]),
                f"**{ratios[case][0]:.2f}**",
                *(f"{ms:.0f}" for ms in np.median(each, axis=0)[2:]),
                f"**{ratios[case][1]:.2f}**",
                len(each),
            ]
            for case, each in found.items()
            if each
        ],
    )
    return report


if __name__ == "__main__":
    main()
