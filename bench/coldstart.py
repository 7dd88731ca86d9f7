"""From process start to the first classification, beside hello world's first answer.

All under the same framework. The parts are measured in processes of their own: the bare
interpreter, each package's imports, and what the first photo has to wait for.
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

from bench import function, photos, plots
from bench.processes import Server, program
from bench.report import Report, parser_of
from bench.turns import take_turns

HELLO = Path("bench/peers/hello.py")
REQUEST = function.as_bytes(photos.SMALL)
LEAST_MS = 3.0  # packages that take less are told together

STARTS: dict[str, Callable[[], Server]] = {
    "hello world": lambda: function.start(HELLO, target="hello"),
    "the function": function.start,
    "the function, PRELOAD": lambda: function.start(settings={"PRELOAD": "true"}),
}


def main() -> None:
    options = parser_of("coldstart", __doc__).parse_args()
    rounds = 3 if options.quick else 50
    report = Report("coldstart")
    starts = _starts(rounds)
    report.data["starts_ms"] = starts
    parts = _parts(rounds)
    report.data["parts_ms"] = parts
    report.table(
        ["", "first answer, ms", "over hello world"],
        [
            [name, f"{ms:.0f}", f"**{ms / starts['hello world']:.2f}**"]
            for name, ms in starts.items()
        ],
    )
    report.say("What the function's is made of, each part measured alone:")
    report.table(["part", "ms"], [[name, f"{ms:.1f}"] for name, ms in parts.items()])
    report.figures["coldstart"] = plots.bars(
        starts, ours="function", unit="ms from process start to first answer"
    )
    report.figures["coldstart-parts"] = plots.bars(parts, ours="import", unit="ms")
    report.write(options)


def _parts(rounds: int) -> dict[str, float]:
    imports = {f"import {package}": ms for package, ms in _imports(rounds).items()}
    return {"Python itself": _interpreter(rounds), **imports, **_first_photo(rounds)}


def _starts(rounds: int) -> dict[str, float]:
    def way(start: Callable[[], Server]) -> Callable[[int], list[float]]:
        return lambda steps: [_milliseconds(start) for _ in range(steps)]

    ways = {name: way(start) for name, start in STARTS.items()}
    taken = take_turns(ways, rounds=rounds, steps=1, what="starts")
    return {name: statistics.median(each) for name, each in taken.items()}


def _milliseconds(start: Callable[[], Server]) -> float:
    with start() as server:
        return server.first_answer(REQUEST) * 1000


def _interpreter(rounds: int) -> float:
    """Milliseconds in which Python starts and ends, with nothing to do."""

    def once() -> float:
        start = time.perf_counter()
        subprocess.run([program(function.ENVIRONMENT), "-c", ""], check=True)
        return (time.perf_counter() - start) * 1000

    return statistics.median(once() for _ in range(rounds))


def _first_photo(rounds: int) -> dict[str, float]:
    command = [program(function.ENVIRONMENT), "-m", "bench.first_photo", str(photos.SMALL)]
    taken = [
        json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(rounds)
    ]
    return {part: statistics.median(each[part] for each in taken) for part in taken[0]}


def _imports(rounds: int) -> dict[str, float]:
    """Milliseconds that the modules of each package take by themselves, most first."""
    taken = [_import_times() for _ in range(rounds)]
    medians = {name: statistics.median(each[name] for each in taken) for name in taken[0]}
    told = {name: ms for name, ms in medians.items() if ms >= LEAST_MS}
    rest = sum(medians.values()) - sum(told.values())
    ordered = dict(sorted(told.items(), key=lambda item: -item[1]))
    return {**ordered, "all others": rest}


def _import_times() -> dict[str, float]:
    """By top package. What Python itself imports before the program is not in it."""
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
