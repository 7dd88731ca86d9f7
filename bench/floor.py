"""The function over HTTP, compared with the baseline: decoding and inference alone.

The latency of one client over that of a baseline that uses all CPUs, and the throughput of 16
clients over that of a baseline on each CPU.
"""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.progress import track

from bench.harness import function, load, photos, plots
from bench.harness.baseline import Baseline
from bench.harness.client import Client
from bench.harness.interleave import Benchmark, interleave
from bench.harness.processes import Server
from bench.harness.report import Report, argument_parser
from model import available_cpus

CLIENTS = 16


def main() -> None:
    options = argument_parser("floor", __doc__).parse_args()
    rounds, steps, seconds = (2, 3, 1.0) if options.quick else (20, 20, 5.0)
    report = Report("floor")
    with function.start() as server:
        for name, photo in {"small": photos.SMALL, "12 MP": photos.large()}.items():
            server.first_response(function.as_bytes(photo))
            report.data[name] = {
                **_latency(server, photo, rounds, steps, name),
                **_throughput(server, photo, max(2, rounds // 4), seconds, name),
            }
    _render(report)
    report.write(options)


def _latency(server: Server, photo: Path, rounds: int, steps: int, name: str) -> dict[str, float]:
    with Baseline(photo, num_threads=available_cpus()) as baseline:
        milliseconds = interleave(
            {"floor": baseline.run, "http": over_http(server, function.as_bytes(photo))},
            rounds=rounds,
            steps=steps,
            description=f"{name}, one client",
        )
    floor, http = (statistics.median(milliseconds[each]) for each in ("floor", "http"))
    return {"floor_ms": floor, "http_ms": http, "http_over_floor": http / floor}


def over_http(server: Server, request: bytes) -> Benchmark:
    """The latency of one client; a step is a request."""
    client = Client(server.port)

    def step() -> float:
        start = time.perf_counter()
        client.send(request)
        return (time.perf_counter() - start) * 1000

    return lambda steps: [step() for _ in range(steps)]


def _throughput(
    server: Server, photo: Path, rounds: int, seconds: float, name: str
) -> dict[str, float]:
    """Photos a second on all CPUs, without the clients' CPU time."""
    cpus = available_cpus()
    request = function.as_bytes(photo)
    floor, http, errors = [], [], 0
    with ExitStack() as stack:
        baselines = [stack.enter_context(Baseline(photo, num_threads=1)) for _ in range(cpus)]
        steps = max(1, round(seconds * 1000 / statistics.median(baselines[0].run(10))))
        for _ in track(range(rounds), description=f"{name}, {CLIENTS} clients", transient=True):
            floor.append(_rate(baselines, steps))
            done = load.run(server.port, [request], clients=CLIENTS, seconds=seconds)
            http.append(done.successes / done.server_seconds(cpus))
            errors += done.errors
    rates = statistics.median(floor), statistics.median(http)
    return {
        "floor_per_second": rates[0],
        "http_per_second": rates[1],
        "rate_over_floor": rates[1] / rates[0],
        "errors": errors,
    }


def _rate(baselines: list[Baseline], steps: int) -> float:
    """Photos a second of all baselines together, each with a CPU for itself."""
    running = [baseline.start(steps) for baseline in baselines]
    return sum(steps / sum(each.result()) * 1000 for each in running)


def _render(report: Report) -> None:
    def row(name: str, photo: dict[str, Any]) -> list[str]:
        return [
            name,
            f"{photo['floor_ms']:.1f}",
            f"{photo['http_ms']:.1f}",
            f"**{photo['http_over_floor']:.2f}**",
            f"{photo['floor_per_second']:.0f}",
            f"{photo['http_per_second']:.0f}",
            f"**{photo['rate_over_floor']:.2f}**",
            str(photo["errors"]),
        ]

    columns = ["photo", "floor, ms", "HTTP, ms", "HTTP over floor"]
    columns += ["floor, a second", f"{CLIENTS} clients, a second", "of the floor's", "errors"]
    report.table(columns, [row(name, photo) for name, photo in report.data.items()])
    report.figures["floor"] = plots.bars(
        {
            f"{name}: {server}": photo[key]
            for name, photo in report.data.items()
            for server, key in (("the function over HTTP", "http_ms"), ("floor", "floor_ms"))
        },
        ours="function",
        unit="ms a photo, one client",
    )


if __name__ == "__main__":
    main()
