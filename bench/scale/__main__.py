"""What the flags of deploy.sh answer and cost, from a photo in ten minutes to 1,000 a second.

The service times are those in bench/scale/stages.json; `python -m bench.scale.validate` measures
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from rich.progress import track

from bench.harness import plots
from bench.harness.report import Report, argument_parser
from bench.scale.costs import GPU_HOUR, MONTH_SECONDS, REKOGNITION, VISION, month, tiered
from bench.scale.instance import Flags
from bench.scale.load import BYTES, LOADS
from bench.scale.simulate import Result, Run, run

MANY = 1000
"""Instances; more than any load here takes."""

MEMORY = {1: 1.25, 2: 1.25, 4: 2.0}
"""GiB by CPUs: deploy.sh's default, or what Cloud Run demands.

Source: https://docs.cloud.google.com/run/docs/configuring/services/cpu
"""

CONCURRENCIES = (1, 4, 8, 16, 24, 32, 48, 64)
SPIKE = "a link goes round"
COMPARED = ("10 a second", "100 a second", SPIKE)
RATES = {"1 a second": 1, "10 a second": 10, "100 a second": 100, "1,000 a second": 1000}
OTHERS = ["Cloud Vision", "Rekognition", "GPU endpoint"]
FIGURES = ["p50, ms", "p95, ms", "p99, ms", "refused", "instances", "US$ a million"]

Simulate = Callable[[Sequence[Run]], list[Result]]


def main() -> None:
    options = argument_parser("scale", __doc__).parse_args()
    report, bills = Report("scale"), Report("scale-bills", document=Path("docs/deploy.md"))
    sections = (_defaults, _concurrency, _cpus, _min_instances)
    with ProcessPoolExecutor() as pool:

        def simulate(runs: Sequence[Run]) -> list[Result]:
            done = track(pool.map(run, runs), total=len(runs), transient=True)
            return list(done)

        for section in sections[3:] if options.quick else sections:
            section(report, simulate)
        if not options.quick:
            _bills(bills, simulate)
            bills.write(options)
    report.write(options)


def _defaults(report: Report, simulate: Simulate) -> None:
    report.paragraph("The default flags, beside a concurrency of 8 with 1 GiB:")
    runs = [
        Run(flags, load, size)
        for load in LOADS
        for size in BYTES
        for flags in (Flags(memory=1, concurrency=8), Flags())
    ]
    head = ["load", "photo", "concurrency"]
    _table(report, head, runs, simulate(runs), lambda r: [r.load, r.size, r.flags.concurrency])


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
    report.paragraph("By minimum of instances:")
    flags = Flags(max_instances=MANY)
    runs = [
        Run(replace(flags, min_instances=least), load, "150 kB")
        for load in ("one in ten minutes", "1 a second", SPIKE)
        for least in (0, 1, 3)
    ]
    head = ["load", "min. instances"]
    _table(report, head, runs, simulate(runs), lambda r: [r.load, r.flags.min_instances])


def _bills(report: Report, simulate: Simulate) -> None:
    rates = {"one in ten minutes": 1 / 600, **RATES}
    runs = [Run(Flags(max_instances=MANY), load, size) for load in rates for size in BYTES]
    runs += [Run(Flags(min_instances=1), "one in ten minutes", size) for size in BYTES]
    rows = []
    for one, result in zip(runs, simulate(runs), strict=True):
        sent = rates[one.load] * MONTH_SECONDS
        bill = month(one.flags, billed=result.seconds * sent / 1e6, requests=sent)
        others = (tiered(VISION, sent), tiered(REKOGNITION, sent), GPU_HOUR * MONTH_SECONDS / 3600)
        rows.append(
            [
                one.load,
                one.size,
                f"{sent:,.0f}",
                _options(one.flags, result.instances),
                f"{result.p95:,.0f}",
                f"**{bill:,.0f}**",
                *(f"{each:,.0f}" for each in others),
            ]
        )
    report.table(
        ["load", "photo", "a month", "flags", "p95, ms", "this function, US$", *OTHERS], rows
    )


def _options(flags: Flags, instances: int) -> str:
    """The flags that differ from the defaults, with room for half as many instances again."""
    if flags.min_instances:
        return f"`--min-instances={flags.min_instances}`"
    most = math.ceil(1.5 * instances / 10) * 10
    return f"`--max-instances={most}`" if most > Flags().max_instances else "defaults"


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
