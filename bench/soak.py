"""Minutes of mixed load: do memory and latency stay what they were?

Then the same load, one request at a time, in 256 MiB that the kernel enforces.
"""

from __future__ import annotations

import statistics
from typing import Any

from bench import function, load, photos, plots
from bench.client import OK
from bench.limits import MemoryLimit
from bench.processes import Server, Skipped, Watch
from bench.report import Report, parser_of

CLIENTS = 8
OURS = f"{CLIENTS} clients"
MEBIBYTES = 256
WAYS = (function.as_bytes, function.as_json, function.as_form)
WINDOWS = 60  # points of a plot


def main() -> None:
    parser = parser_of("soak", __doc__)
    parser.add_argument(
        "--minutes", type=float, metavar="N", help="each of the two (default: 10; 0.1 if quick)"
    )
    options = parser.parse_args()
    seconds = 60 * (options.minutes or (0.1 if options.quick else 10))
    report = Report("soak")
    requests = _requests()
    with function.start() as server:
        report.data[OURS] = _soak(server, requests, clients=CLIENTS, seconds=seconds)
    try:
        with MemoryLimit(MEBIBYTES) as limit, function.start(before=limit.enter) as server:
            found = _soak(server, requests, clients=1, seconds=seconds)
            found |= {"group_peak_mb": limit.peak(), "kills": limit.kills()}
            report.data[f"1 client, {MEBIBYTES} MiB"] = found
    except Skipped as reason:
        report.say(f"The run under a memory limit was skipped: {reason}.")
    _tell(report)
    report.write(options)


def _requests() -> list[bytes]:
    """JPEGs of two sizes, in every way to send a photo, and four other formats."""
    small, large = photos.SMALL, photos.large()
    kinds = [photos.of_size(2, kind) for kind in ("PNG", "WEBP", "AVIF")]
    return [
        *(make(photo) for photo in (small, large) for make in WAYS),
        *(function.as_bytes(photo) for photo in [*kinds, photos.DATA / "chelsea.heic"]),
    ]


def _soak(server: Server, requests: list[bytes], *, clients: int, seconds: float) -> dict[str, Any]:
    """Load the server, and watch its memory meanwhile."""
    server.first_answer(requests[0])
    with Watch(server) as watch:
        done = load.run(server.port, requests, clients=clients, seconds=seconds)
    half = [megabytes for second, megabytes in watch.points if second > seconds / 2]
    return {
        "requests": len(done.times),
        "errors": done.errors,
        "peak_mb": watch.peak,
        "drift_mb": statistics.median(half[len(half) // 2 :])
        - statistics.median(half[: len(half) // 2]),
        "memory_mb": _windows(watch.points, seconds),
        "latency_ms": _windows(
            [(at, ms) for at, ms, status in done.times if status == OK], seconds
        ),
    }


def _windows(points: list[tuple[float, float]], seconds: float) -> list[tuple[float, float]]:
    """Medians of equal stretches of time: minutes from the start, value."""
    stretch = seconds / WINDOWS
    windows: dict[int, list[float]] = {}
    for at, value in points:
        windows.setdefault(int(at / stretch), []).append(value)
    return [
        ((number + 0.5) * stretch / 60, statistics.median(values))
        for number, values in sorted(windows.items())
    ]


def _tell(report: Report) -> None:
    report.table(
        ["load", "requests", "errors", "peak, MB", "drift in the second half, MB", "killed"],
        [
            [
                name,
                f"{found['requests']:,}",
                found["errors"],
                f"**{found['peak_mb']:.0f}**",
                f"{found['drift_mb']:+.1f}",
                found.get("kills", ""),
            ]
            for name, found in report.data.items()
        ],
    )
    report.figures["soak"] = plots.line_panels(
        {
            title: {name: found[key] for name, found in report.data.items()}
            for title, key in (("memory, MB", "memory_mb"), ("latency, ms", "latency_ms"))
        },
        x="minutes",
        ours=OURS,
    )


if __name__ == "__main__":
    main()
