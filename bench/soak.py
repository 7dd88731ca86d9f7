"""Minutes of mixed load under the smallest memory limit: do memory and latency stay constant?

The limit is searched first, for several clients and for one.
"""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from bench.harness import function, load, photos, plots
from bench.harness.client import OK
from bench.harness.errors import Skipped
from bench.harness.memory import COLUMNS, MemoryLimit, MemorySearch, describe
from bench.harness.processes import MemoryWatch
from bench.harness.report import Report, argument_parser

CLIENTS = {"8 clients": 8, "1 client": 1}
ENCODINGS = (function.as_bytes, function.as_json, function.as_form)
WINDOWS = 60  # points of a plot


def main() -> None:
    parser = argument_parser("soak", __doc__)
    parser.add_argument(
        "--minutes", type=float, metavar="N", help="of each load (default: 10; 0.1 if quick)"
    )
    options = parser.parse_args()
    seconds = 60 * (options.minutes or (0.1 if options.quick else 10))
    report = Report("soak")
    requests = _requests()
    for name, clients in CLIENTS.items():
        search = MemorySearch.of(
            lambda before: function.start(before=before),
            requests,
            clients=clients,
            quick=options.quick,
        )
        report.data[name] = _soak(search, seconds, report)
    _render(report)
    report.write(options)


def _requests() -> list[bytes]:
    """JPEGs of two sizes in every encoding of a request, and four other formats."""
    small, large = photos.SMALL, photos.large()
    others = [photos.of_size(2, name) for name in ("PNG", "WEBP", "AVIF")]
    return [
        *(encode(photo) for photo in (small, large) for encode in ENCODINGS),
        *(function.as_bytes(photo) for photo in [*others, photos.DATA / "chelsea.heic"]),
    ]


def _soak(search: MemorySearch, seconds: float, report: Report) -> dict[str, Any]:
    """Search the smallest limit, then load a server under it and watch its memory."""
    with ExitStack() as stack:
        limit = None
        try:
            trials = search.run()
            passed = [trial.mebibytes for trial in trials if trial.passed]
            limit = stack.enter_context(MemoryLimit(passed[0] if passed else search.limits[-1]))
        except Skipped as reason:
            trials = []
            report.paragraph(f"Without a memory limit: {reason}.")
        server = stack.enter_context(search.start(limit and limit.enter))
        server.first_response(search.requests[0])
        with MemoryWatch(server) as watch:
            done = load.run(server.port, search.requests, clients=search.clients, seconds=seconds)
        kills = limit.kills() if limit else 0
    successes = [(at, ms) for at, ms, status in done.requests if status == OK]
    second_half = [megabytes for second, megabytes in watch.points if second > seconds / 2]
    third, fourth = second_half[: len(second_half) // 2], second_half[len(second_half) // 2 :]
    return {
        "trials": [asdict(trial) for trial in trials],
        "limit": describe(trials),
        "requests": len(done.requests),
        "errors": done.errors,
        "kills": kills,
        "drift_mb": statistics.median(fourth) - statistics.median(third),
        "memory_mb": _windows(watch.points, seconds),
        "latency_ms": _windows(successes, seconds),
    }


def _windows(points: list[tuple[float, float]], seconds: float) -> list[tuple[float, float]]:
    """Medians of equal periods: minutes from the start, value."""
    period = seconds / WINDOWS
    windows: dict[int, list[float]] = {}
    for at, value in points:
        windows.setdefault(int(at / period), []).append(value)
    return [
        ((number + 0.5) * period / 60, statistics.median(values))
        for number, values in sorted(windows.items())
    ]


def _render(report: Report) -> None:
    columns = ["load", *COLUMNS, "requests", "errors", "killed", "drift in the second half, MB"]
    report.table(
        columns,
        [
            [
                name,
                *result["limit"],
                f"{result['requests']:,}",
                result["errors"],
                result["kills"],
                f"{result['drift_mb']:+.1f}",
            ]
            for name, result in report.data.items()
        ],
    )
    report.figures["soak"] = plots.line_panels(
        {
            title: {name: result[key] for name, result in report.data.items()}
            for title, key in (("memory, MB", "memory_mb"), ("latency, ms", "latency_ms"))
        },
        x="minutes",
        ours="8 clients",
    )


if __name__ == "__main__":
    main()
