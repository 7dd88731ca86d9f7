"""What the flags of deploy.sh answer and cost, from a photo in ten minutes to 1,000 a second.

The service times are those in bench/scale/stages.json; `python -m bench.scale.validate` measures
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from rich.progress import track

from bench.harness import plots
from bench.harness.report import Report, argument_parser
from bench.scale.costs import MONTH_SECONDS, REKOGNITION, VISION, month, tiered
from bench.scale.instance import Flags
from bench.scale.load import BYTES, LOADS
from bench.scale.simulate import Result, Run, run

MANY = 1000
"""Instances; more than any load here takes."""

MEMORY = {1: 1.0, 2: 1.0, 4: 2.0}
"""GiB by CPUs: deploy.sh's default, or what Cloud Run demands.

Source: https://docs.cloud.google.com/run/docs/configuring/services/cpu
"""

FLAGS = {
    "3 MB": Flags(memory=2, concurrency=48, max_instances=MANY),
    "150 kB": Flags(max_instances=MANY),
}
"""What docs/deploy.md recommends by size of the photo, the number of instances left open."""

CONCURRENCIES = (1, 4, 8, 16, 24, 32, 48, 64)
SPIKE = "a link goes round"
COMPARED = ("10 a second", "100 a second", SPIKE)
FIGURES = ["p50, ms", "p95, ms", "p99, ms", "refused", "instances", "US$ a million"]

Simulate = Callable[[Sequence[Run]], list[Result]]


def main() -> None:
    options = argument_parser("scale", __doc__).parse_args()
    report = Report("scale")
    sections = (_defaults, _concurrency, _cpus, _min_instances, _cold_starts, _bills)
    with ProcessPoolExecutor() as pool:

        def simulate(runs: Sequence[Run]) -> list[Result]:
            done = track(pool.map(run, runs), total=len(runs), transient=True)
            return list(done)

        for section in sections[3:5] if options.quick else sections:
            section(report, simulate)
    report.write(options)


def _defaults(report: Report, simulate: Simulate) -> None:
    report.paragraph("The default flags, with enough instances and with the default's ten at most:")
    runs = [
        Run(flags, load, size)
        for load in LOADS
        for size in BYTES
        for flags in (replace(Flags(), max_instances=MANY), Flags())
    ]
    head = ["load", "photo", "max. instances"]
    _table(report, head, runs, simulate(runs), lambda r: [r.load, r.size, r.flags.max_instances])


def _concurrency(report: Report, simulate: Simulate) -> None:
    report.paragraph("By concurrency, one CPU, enough instances:")
    flags = Flags(max_instances=MANY)
    runs = [
        Run(replace(flags, concurrency=concurrency), load, size)
        for load in COMPARED
        for size in BYTES
        for concurrency in CONCURRENCIES
    ]
    results = simulate(runs)
    head = ["load", "photo", "concurrency"]
    _table(report, head, runs, results, lambda r: [r.load, r.size, r.flags.concurrency])
    panels: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for one, result in zip(runs, results, strict=True):
        if one.load == SPIKE:
            points = {"p95, ms": result.p95, "US$ a million": result.dollars}
            for title, y in points.items():
                lines = panels.setdefault(title, {})
                lines.setdefault(one.size, []).append((one.flags.concurrency, y))
    report.figures["scale-concurrency"] = plots.line_panels(
        panels, x="concurrency", ours="150 kB", log=True
    )


def _cpus(report: Report, simulate: Simulate) -> None:
    report.paragraph("By CPUs, with 16 requests for each, enough instances:")
    runs = [
        Run(Flags(cpu, MEMORY[cpu], 16 * cpu, max_instances=MANY), load, size)
        for load in COMPARED
        for size in BYTES
        for cpu in MEMORY
    ]
    head = ["load", "photo", "CPUs"]
    _table(report, head, runs, simulate(runs), lambda r: [r.load, r.size, r.flags.cpu])


def _min_instances(report: Report, simulate: Simulate) -> None:
    report.paragraph("By minimum of instances, concurrency 16:")
    flags = Flags(concurrency=16, max_instances=MANY)
    runs = [
        Run(replace(flags, min_instances=least), load, "150 kB")
        for load in ("one in ten minutes", "1 a second", SPIKE)
        for least in (0, 1, 3)
    ]
    head = ["load", "min. instances"]
    _table(report, head, runs, simulate(runs), lambda r: [r.load, r.flags.min_instances])


def _cold_starts(report: Report, simulate: Simulate) -> None:
    report.paragraph("By what a cold start takes, concurrency 16:")
    flags = Flags(concurrency=16, max_instances=MANY)
    runs = [Run(flags, SPIKE, size, seconds) for size in BYTES for seconds in (0.5, 1.34, 5.0)]
    head = ["photo", "cold start, s"]
    _table(report, head, runs, simulate(runs), lambda r: [r.size, r.cold_start])


def _bills(report: Report, simulate: Simulate) -> None:
    report.paragraph(
        "The bill of a month of steady load in US$, its free tier taken off, beside list prices "
        "for the same photos (costs.py has their sources):"
    )
    rates = {"1 a second": 1, "10 a second": 10, "100 a second": 100, "1,000 a second": 1000}
    runs = [Run(FLAGS[size], load, size) for load in rates for size in BYTES]
    rows = []
    for one, result in zip(runs, simulate(runs), strict=True):
        sent = rates[one.load] * MONTH_SECONDS
        bill = month(one.flags, billed=result.seconds * sent / 1e6, requests=sent)
        others = (tiered(tiers, sent) for tiers in (VISION, REKOGNITION))
        rows.append(
            [
                one.load,
                one.size,
                f"{sent / 1e6:,.1f} million",
                result.instances,
                f"**{bill:,.0f}**",
                *(f"{each:,.0f}" for each in others),
            ]
        )
    report.table(
        ["load", "photo", "a month", "instances", "this function", "Cloud Vision", "Rekognition"],
        rows,
    )


def _table(
    report: Report,
    head: list[str],
    runs: Sequence[Run],
    results: Sequence[Result],
    name: Callable[[Run], list[object]],
) -> None:
    report.table(
        [*head, *FIGURES],
        [
            [
                *name(one),
                *(f"{ms:,.0f}" for ms in (result.p50, result.p95, result.p99)),
                f"{result.refused:.1%}",
                result.instances,
                f"{result.dollars:.2f}",
            ]
            for one, result in zip(runs, results, strict=True)
        ],
    )


if __name__ == "__main__":
    main()
