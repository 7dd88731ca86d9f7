"""How near is the function to the floor: the decoder's and the interpreter's own time?

One client's round trip over the bare work (`bench.bare`) on all CPUs; and what 16 clients
get out of the function a second over what one bare loop on each CPU does.
"""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.progress import track

from bench import function, load, photos, plots
from bench.client import Client
from bench.processes import Server
from bench.report import Report, parser_of
from bench.turns import Way, Worker, take_turns
from model import available_cpus

CLIENTS = 16


def main() -> None:
    options = parser_of("floor", __doc__).parse_args()
    rounds, steps, seconds = (2, 3, 1.0) if options.quick else (20, 20, 5.0)
    report = Report("floor")
    with function.start() as server:
        for name, photo in {"small": photos.SMALL, "12 MP": photos.large()}.items():
            server.first_answer(function.as_bytes(photo))
            report.data[name] = {
                **_round_trip(server, photo, rounds, steps, name),
                **_rate(server, photo, max(2, rounds // 4), seconds, name),
            }
    _tell(report)
    report.write(options)


def _round_trip(
    server: Server, photo: Path, rounds: int, steps: int, name: str
) -> dict[str, float]:
    request = function.as_bytes(photo)
    with Worker("bench.bare", str(photo), str(available_cpus())) as bare:
        ways: dict[str, Way] = {"floor": bare.run, "http": over_http(server, request)}
        taken = take_turns(ways, rounds=rounds, steps=steps, what=f"{name}, one client")
    medians = {way: statistics.median(milliseconds) for way, milliseconds in taken.items()}
    return {
        "floor_ms": medians["floor"],
        "http_ms": medians["http"],
        "round_trip_over_floor": medians["http"] / medians["floor"],
    }


def over_http(server: Server, request: bytes) -> Way:
    """One client's round trips; a step is a request."""
    client = Client(server.port)

    def step() -> float:
        start = time.perf_counter()
        client.ask(request)
        return (time.perf_counter() - start) * 1000

    return lambda steps: [step() for _ in range(steps)]


def _rate(server: Server, photo: Path, rounds: int, seconds: float, name: str) -> dict[str, float]:
    """Photos a second on all CPUs, by turns; the clients' own CPU time is taken off."""
    cpus = available_cpus()
    request = function.as_bytes(photo)
    floor, ours, errors = [], [], 0
    with ExitStack() as stack:
        loops = [stack.enter_context(Worker("bench.bare", str(photo), "1")) for _ in range(cpus)]
        steps = _steps_in(loops[0], seconds)
        for _ in track(range(rounds), description=f"{name}, {CLIENTS} clients", transient=True):
            floor.append(_bare_rate(loops, steps))
            done = load.run(server.port, [request], clients=CLIENTS, seconds=seconds)
            ours.append(done.answered / done.server_seconds(cpus))
            errors += done.errors
    rates = statistics.median(floor), statistics.median(ours)
    return {
        "floor_per_second": rates[0],
        "http_per_second": rates[1],
        "rate_over_floor": rates[1] / rates[0],
        "errors": errors,
    }


def _steps_in(loop: Worker, seconds: float) -> int:
    return max(1, round(seconds * 1000 / statistics.median(loop.run(10))))


def _bare_rate(loops: list[Worker], steps: int) -> float:
    """Photos a second of all loops together, each of which has a CPU for itself."""
    for loop in loops:
        loop.start(steps)
    return sum(steps / sum(loop.result()) * 1000 for loop in loops)


def _tell(report: Report) -> None:
    def row(name: str, photo: dict[str, Any]) -> list[str]:
        return [
            name,
            f"{photo['floor_ms']:.1f}",
            f"{photo['http_ms']:.1f}",
            f"**{photo['round_trip_over_floor']:.2f}**",
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
            f"{name}: {way}": photo[key]
            for name, photo in report.data.items()
            for way, key in (("the function over HTTP", "http_ms"), ("floor", "floor_ms"))
        },
        ours="function",
        unit="ms a photo, one client",
    )


if __name__ == "__main__":
    main()
