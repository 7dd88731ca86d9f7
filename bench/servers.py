"""The function compared with other servers: same model, same photos, same machine.

All servers run at the same time and are loaded in turns. CPU time and memory include all processes
of a server. The memory is the smallest limit of a control group under which the server keeps up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field

import numpy as np
from rich.progress import Progress, track

from bench.harness import load, photos, plots
from bench.harness.errors import Skipped
from bench.harness.memory import COLUMNS, MemorySearch, describe
from bench.harness.processes import Server
from bench.harness.report import Report, argument_parser
from bench.peers.candidates import CANDIDATES, OURS
from model import available_cpus

CLIENTS = (1, 2, 4, 8, 16, 32)
MEMORY_CLIENTS = 8
PANELS = {"p50, ms": "p50", "p99, ms": "p99", "photos a second": "per_second"}

#: By server, by number of clients: the Figures by name.
Results = dict[str, dict[str, dict[str, float]]]


@dataclass
class Figures:
    """The results of one server with one photo and one number of clients."""

    p50: float
    """Milliseconds, measured by the clients."""
    p95: float
    p99: float
    per_second: float
    """Responses with status 200, without the clients' CPU time."""
    cpu_ms: float
    """CPU time of the server for a request, in milliseconds."""
    requests: int
    errors: int


@dataclass
class Sample:
    """The loads of one server with one photo and one number of clients, of all rounds."""

    loads: list[load.Load] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def add(self, server: Server, request: bytes, clients: int, seconds: float) -> None:
        before = server.cpu_seconds()
        self.loads.append(load.run(server.port, [request], clients=clients, seconds=seconds))
        self.cpu_seconds += server.cpu_seconds() - before

    def figures(self) -> Figures:
        milliseconds = [each for one in self.loads for each in one.milliseconds]
        requests = sum(len(one.requests) for one in self.loads)
        successes = sum(one.successes for one in self.loads)
        cpus = available_cpus()
        seconds = sum(one.server_seconds(cpus) for one in self.loads)
        p50, p95, p99 = np.percentile(milliseconds or [math.nan], (50, 95, 99)).tolist()
        return Figures(
            p50,
            p95,
            p99,
            per_second=successes / seconds,
            cpu_ms=self.cpu_seconds / requests * 1000,
            requests=requests,
            errors=requests - successes,
        )


def main() -> None:
    parser = argument_parser("servers", __doc__)
    others = [name for name in CANDIDATES if name != OURS]
    parser.add_argument("--only", nargs="+", choices=others, default=others, metavar="NAME")
    options = parser.parse_args()
    clients = (1, 4) if options.quick else CLIENTS
    # Many short turns, so that a disturbance of some seconds affects all servers.
    rounds, seconds = (1, 1.0) if options.quick else (6, 2.0)
    report = Report("servers")
    with ExitStack() as stack:
        servers = _start([OURS, *options.only], stack, report)
        for name, photo in {"small": photos.SMALL, "12 MP": photos.large()}.items():
            requests = {name: CANDIDATES[name].request(photo) for name in servers}
            found = _measure(servers, requests, clients, rounds, seconds)
            report.data[name] = {
                server: {str(n): asdict(sample.figures()) for n, sample in samples.items()}
                for server, samples in found.items()
            }
            _render(report, name, clients)
    _search_memory(report, list(servers), quick=options.quick)
    report.write(options)


def _start(names: list[str], stack: ExitStack, report: Report) -> dict[str, Server]:
    """The available servers, each after its first response."""
    servers = {}
    for name in names:
        try:
            server = stack.enter_context(CANDIDATES[name].start(None))
            server.first_response(CANDIDATES[name].request(photos.SMALL))
            servers[name] = server
        except Skipped as reason:
            report.paragraph(f"{name} was skipped: {reason}.")
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


def _search_memory(report: Report, names: list[str], *, quick: bool) -> None:
    """The smallest limit of each server with both photos."""
    report.paragraph("### Memory")
    report.paragraph(f"Smallest limit with {MEMORY_CLIENTS} clients that send both photos:")
    rows = []
    for name in track(names, description="memory", transient=True):
        candidate = CANDIDATES[name]
        requests = [candidate.request(photo) for photo in (photos.SMALL, photos.large())]
        search = MemorySearch.of(candidate.start, requests, clients=MEMORY_CLIENTS, quick=quick)
        try:
            trials = search.run()
        except Skipped as reason:
            report.paragraph(f"{name} was skipped: {reason}.")
            continue
        report.data.setdefault("memory", {})[name] = [asdict(trial) for trial in trials]
        rows.append([name, *describe(trials)])
    report.table(["server", *COLUMNS], rows)


def _render(report: Report, photo: str, clients: tuple[int, ...]) -> None:
    results: Results = report.data[photo]
    report.paragraph(f"### The {photo} photo")
    for key, what in (("p50", "Median"), ("p99", "99th percentile")):
        report.paragraph(f"{what} in ms, and its ratio to this function's:")
        columns = [f"{count} client{'s' if count > 1 else ''}" for count in clients]
        rows = [_over_ours(results, name, key) for name in results]
        report.table(["server", *columns], rows)
    report.paragraph("<details><summary>All figures</summary>")
    columns = ["server", "clients", "p50, ms", "p95, ms", "p99, ms", "a second"]
    report.table(
        [*columns, "CPU ms a photo", "requests", "errors"],
        [
            [name, count, *(f"{figure:.0f}" for figure in found.values())]
            for name, at in results.items()
            for count, found in at.items()
        ],
    )
    report.paragraph("</details>")
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
    """A row: the server's figure at each number of clients, and its ratio to this function's."""
    ratios = ((found[key], results[OURS][count][key]) for count, found in results[name].items())
    return [name, *(f"{theirs:.0f} (**{theirs / ours:.2f}**)" for theirs, ours in ratios)]


if __name__ == "__main__":
    main()
