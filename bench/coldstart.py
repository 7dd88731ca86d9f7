"""The time from process start to the first response, compared with a "hello, world" function.

Both run under the same framework; the container's server does without it. The parts of a cold
start are measured in separate processes: the interpreter, the imports of each package, and the
steps of the first classification.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from bench.harness import function, photos, plots
from bench.harness.interleave import Benchmark, interleave
from bench.harness.processes import Server, program
from bench.harness.report import Report, argument_parser

HELLO = Path("bench/peers/hello.py")
REQUEST = function.as_bytes(photos.SMALL)
MIN_MS = 3.0  # packages below are summed up

PRELOAD = {"PRELOAD": "true"}
STARTS: dict[str, Callable[[], Server]] = {
    "hello world": lambda: function.start(HELLO, target="hello"),
    "the function": function.start,
    "the function, PRELOAD": lambda: function.start(settings=PRELOAD),
    "the container's server": function.start_container,
    "the container's server, PRELOAD": lambda: function.start_container(settings=PRELOAD),
}


def main() -> None:
    options = argument_parser("coldstart", __doc__).parse_args()
    rounds = 3 if options.quick else 50
    report = Report("coldstart")
    starts = _starts(rounds)
    report.data["starts_ms"] = starts
    parts = _parts(rounds)
    report.data["parts_ms"] = parts
    report.table(
        ["", "first response, ms", "over hello world"],
        [
            [name, f"{ms:.0f}", f"**{ms / starts['hello world']:.2f}**"]
            for name, ms in starts.items()
        ],
    )
    report.paragraph("The parts of the function's cold start, each measured alone:")
    report.table(["part", "ms"], [[name, f"{ms:.1f}"] for name, ms in parts.items()])
    report.figures["coldstart"] = plots.bars(
        starts, ours="function", unit="ms from process start to first response"
    )
    report.figures["coldstart-parts"] = plots.bars(parts, ours="import", unit="ms")
    report.write(options)


def _parts(rounds: int) -> dict[str, float]:
    imports = {f"import {package}": ms for package, ms in _imports(rounds).items()}
    return {"Python itself": _interpreter(rounds), **imports, **_first_photo(rounds)}


def _starts(rounds: int) -> dict[str, float]:
    def benchmark(start: Callable[[], Server]) -> Benchmark:
        return lambda steps: [_milliseconds(start) for _ in range(steps)]

    milliseconds = interleave(
        {name: benchmark(start) for name, start in STARTS.items()},
        rounds=rounds,
        steps=1,
        description="starts",
    )
    return {name: statistics.median(each) for name, each in milliseconds.items()}


def _milliseconds(start: Callable[[], Server]) -> float:
    with start() as server:
        return server.first_response(REQUEST) * 1000


def _interpreter(rounds: int) -> float:
    """Milliseconds from start to end of Python with an empty program."""

    def once() -> float:
        start = time.perf_counter()
        subprocess.run([program(function.ENVIRONMENT), "-c", ""], check=True)
        return (time.perf_counter() - start) * 1000

    return statistics.median(once() for _ in range(rounds))


def _first_photo(rounds: int) -> dict[str, float]:
    command = [program(function.ENVIRONMENT), "-m", "bench.harness.first_photo", str(photos.SMALL)]
    rounds_ms = [
        json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(rounds)
    ]
    return {part: statistics.median(each[part] for each in rounds_ms) for part in rounds_ms[0]}


def _imports(rounds: int) -> dict[str, float]:
    """Milliseconds of the modules of each package, slowest package first."""
    rounds_ms = [_import_times() for _ in range(rounds)]
    medians = {name: statistics.median(each[name] for each in rounds_ms) for name in rounds_ms[0]}
    listed = {name: ms for name, ms in medians.items() if ms >= MIN_MS}
    rest = sum(medians.values()) - sum(listed.values())
    ordered = dict(sorted(listed.items(), key=lambda item: -item[1]))
    return {**ordered, "all others": rest}


def _import_times() -> dict[str, float]:
    """By top-level package, without the imports of Python's own start."""
    imports = "import functions_framework, gunicorn.app.base, gunicorn.workers.gthread, main"
    command = [program(function.ENVIRONMENT), "-X", "importtime", "-c", imports]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    _, _, lines = done.stderr.partition("| site\n")
    times: dict[str, float] = defaultdict(float)
    for microseconds, name in re.findall(r"import time: +(\d+) \| +\d+ \| +(\S+)", lines):
        times[name.partition(".")[0]] += int(microseconds) / 1000
    return times


if __name__ == "__main__":
    main()
