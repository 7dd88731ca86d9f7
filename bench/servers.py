"""The function beside the servers that a user would pick instead: same photos, same machine.

All are up at the same time; for each number of clients they are loaded one after the other.
CPU time and memory are those of all processes of a server.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field

import numpy as np
from rich.progress import Progress

from bench import load, photos, plots
from bench.contestants import CONTESTANTS, OURS
from bench.processes import Server, Skipped, Watch
from bench.report import Report, parser_of
from model import available_cpus

CLIENTS = (1, 2, 4, 8, 16, 32)
PANELS = {"p50, ms": "p50", "p99, ms": "p99", "photos a second": "per_second"}

#: Of each server at each number of clients, its Figures by name.
Results = dict[str, dict[str, dict[str, float]]]


@dataclass
class Figures:
    """What one server did with one photo at one number of clients."""

    p50: float
    """Milliseconds, as the clients saw it."""
    p95: float
    p99: float
    per_second: float
    """Of those answered with 200, with the clients' own CPU time taken off."""
    cpu_ms: float
    """CPU time of the server for one request, in milliseconds."""
    peak_mb: float
    requests: int
    errors: int


@dataclass
class Sample:
    """The loads of one server with one photo at one number of clients, over all rounds."""

    loads: list[load.Load] = field(default_factory=list)
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0

    def add(self, server: Server, request: bytes, clients: int, seconds: float) -> None:
        before = server.cpu_seconds()
        with Watch(server) as watch:
            self.loads.append(load.run(server.port, [request], clients=clients, seconds=seconds))
        self.cpu_seconds += server.cpu_seconds() - before
        self.peak_mb = max(self.peak_mb, watch.peak)

    def figures(self) -> Figures:
        milliseconds = [each for one in self.loads for each in one.milliseconds]
        requests = sum(len(one.times) for one in self.loads)
        answered = sum(one.answered for one in self.loads)
        cpus = available_cpus()
        seconds = sum(one.server_seconds(cpus) for one in self.loads)
        p50, p95, p99 = np.percentile(milliseconds or [math.nan], (50, 95, 99)).tolist()
        return Figures(
            p50,
            p95,
            p99,
            per_second=answered / seconds,
            cpu_ms=self.cpu_seconds / requests * 1000,
            peak_mb=self.peak_mb,
            requests=requests,
            errors=requests - answered,
        )


def main() -> None:
    parser = parser_of("servers", __doc__)
    others = [name for name in CONTESTANTS if name != OURS]
    parser.add_argument("--only", nargs="+", choices=others, default=others, metavar="NAME")
    options = parser.parse_args()
    clients = (1, 4) if options.quick else CLIENTS
    # Many short turns: when the machine is disturbed for seconds, all get their share of it.
    rounds, seconds = (1, 1.0) if options.quick else (6, 2.0)
    report = Report("servers")
    with ExitStack() as stack:
        servers = _start([OURS, *options.only], stack, report)
        for name, photo in {"small": photos.SMALL, "12 MP": photos.large()}.items():
            requests = {name: CONTESTANTS[name].ask(photo) for name in servers}
            found = _measure(servers, requests, clients, rounds, seconds)
            report.data[name] = {
                server: {str(n): asdict(sample.figures()) for n, sample in samples.items()}
                for server, samples in found.items()
            }
            _tell(report, name, clients)
    report.write(options)


def _start(names: list[str], stack: ExitStack, report: Report) -> dict[str, Server]:
    """Those servers that can be had here, each of which has answered once."""
    servers = {}
    for name in names:
        try:
            server = stack.enter_context(CONTESTANTS[name].start())
            server.first_answer(CONTESTANTS[name].ask(photos.SMALL))
            servers[name] = server
        except Skipped as reason:
            report.say(f"{name} was skipped: {reason}.")
    return servers


def _measure(
    servers: Mapping[str, Server],
    requests: Mapping[str, bytes],
    clients: tuple[int, ...],
    rounds: int,
    seconds: float,
) -> dict[str, dict[int, Sample]]:
    found = {name: {count: Sample() for count in clients} for name in servers}
    turns = [(n, name) for _ in range(rounds) for n in clients for name in servers]
    with Progress(transient=True) as progress:
        task = progress.add_task("", total=len(turns))
        for count, name in turns:
            progress.update(task, description=f"{count} clients at {name}", advance=1)
            found[name][count].add(servers[name], requests[name], count, seconds)
    return found


def _tell(report: Report, photo: str, clients: tuple[int, ...]) -> None:
    results: Results = report.data[photo]
    report.say(f"### The {photo} photo")
    for key, what in (("p50", "Median"), ("p99", "99th percentile")):
        report.say(f"{what}, in ms, and how many times ours it is:")
        columns = [f"{count} client{'s' if count > 1 else ''}" for count in clients]
        rows = [_over_ours(results, name, key) for name in results]
        report.table(["server", *columns], rows)
    report.say("<details><summary>All figures</summary>")
    columns = ["server", "clients", "p50, ms", "p95, ms", "p99, ms", "a second"]
    report.table(
        [*columns, "CPU ms a photo", "peak, MB", "requests", "errors"],
        [
            [name, count, *(f"{figure:.0f}" for figure in found.values())]
            for name, at in results.items()
            for count, found in at.items()
        ],
    )
    report.say("</details>")
    report.figures[f"servers-{photo.replace(' ', '').lower()}"] = plots.line_panels(
        {
            title: {
                name: [(int(count), found[key]) for count, found in at.items()]
                for name, at in results.items()
            }
            for title, key in PANELS.items()
        },
        x="clients",
        ours=OURS,
        log=True,
    )


def _over_ours(results: Results, name: str, key: str) -> list[str]:
    """A row: the server's figure at each number of clients, and its ratio to ours."""
    ratios = ((found[key], results[OURS][count][key]) for count, found in results[name].items())
    return [name, *(f"{theirs:.0f} (**{theirs / ours:.2f}**)" for theirs, ours in ratios)]


if __name__ == "__main__":
    main()
