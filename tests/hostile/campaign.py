"""The long campaign against the real server, and its report.

python -m tests.hostile.campaign [--count 10000] [--seconds 120]

Bombs, mutated pictures and hostile requests in turn, then overload, shutdown and restart. What
should never happen ends it with an error; times are reported, for whoever runs it to judge.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.conftest import FUNCTIONS_FRAMEWORK, Server
from tests.hostile import storm
from tests.hostile.overload import capacity, load
from tests.hostile.shutdown import admitted, finish, is_right, kill, seconds_to_first_label
from tests.hostile.watch import watching

# As it is deployed (deploy.sh): threads for all that may wait, and for health beside them.
SETTINGS = {"THREADS": "80", "PRELOAD": "true"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it all; 0 if nothing happened that never should."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log", SETTINGS, FUNCTIONS_FRAMEWORK)
        try:
            failures = _run(server, options.count, options.seconds)
        finally:
            server.stop()
    _tell("\n" + ("\n".join(failures) or "Nothing failed."))
    return 1 if failures else 0


def _run(server: Server, count: int, seconds: float) -> list[str]:
    """All of it; what failed."""
    failures = [
        *_storm(server, "pictures", storm.pictures(count)),
        *_storm(server, "requests", storm.hostile_requests(count)),
        *_overload(server, seconds),
        *_shutdown(server),
    ]
    _restart(server)
    return failures + _storm(server, "bombs", storm.bombs(), clients=1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/fuzz storm")
    parser.add_argument("--count", type=int, default=10_000, help="pictures, and as many requests")
    parser.add_argument("--seconds", type=float, default=120, help="how long the overload lasts")
    return parser


def _storm(
    server: Server, name: str, prepared: Iterable[storm.Prepared], **options: int
) -> list[str]:
    """A storm, and what failed in it."""
    process = server.process.pid
    start = time.perf_counter()
    with watching(server.port, process) as watch:
        result = storm.storm(server.port, prepared, **options)
    seconds = time.perf_counter() - start
    _tell(f"\n{name}: {sum(result.reasons.values()):,} in {seconds:.0f} s")
    for told, count in sorted(result.reasons.items()):
        _tell(f"  {count:6,}  {told}")
    _tell(f"  slowest: {result.slowest_seconds:.2f} s ({result.slowest})")
    _tell(f"  health: {_spread(watch.health)}")
    first, last = (statistics.median(part) for part in _ends(watch.memory))
    _tell(
        f"  memory: {first:.0f} MB at first, {last:.0f} MB at last, peak {max(watch.memory):.0f} MB"
    )
    return result.failures


def _ends(values: list[float]) -> tuple[list[float], list[float]]:
    """The first and the last tenth."""
    tenth = max(1, len(values) // 10)
    return values[:tenth], values[-tenth:]


def _overload(server: Server, seconds: float) -> list[str]:
    """Twice what the server carries, and whether it is as fast as before."""
    before = capacity(server.port)
    with watching(server.port, server.process.pid) as watch:
        during = load(server.port, rate=2 * before, seconds=seconds)
    after = capacity(server.port)
    _tell(f"\noverload: {2 * before:.0f} photos a second for {seconds:.0f} s")
    _tell(f"  {len(during.right):,} classified: {_spread(during.right)}")
    _tell(f"  {len(during.refused):,} refused: {_spread(during.refused)}")
    _tell(f"  {len(during.wrong):,} answered otherwise")
    _tell(f"  health: {_spread(watch.health)}")
    _tell(f"  photos a second: {before:.0f} before, {after:.0f} after")
    return during.wrong


def _shutdown(server: Server) -> list[str]:
    """SIGTERM while requests are read, and more of them wait."""
    count = 60
    with admitted(server.port, count) as connections:
        start = time.perf_counter()
        server.process.send_signal(signal.SIGTERM)
        answers = finish(connections)
        seconds = time.perf_counter() - start
    lost = [str(answer) for answer in answers if not is_right(answer)]
    server.process.wait()
    ended = time.perf_counter() - start
    _tell(f"\nshutdown: {count} admitted, {len(lost)} lost, {seconds:.2f} s to answer them")
    _tell(f"  {ended:.2f} s until the server ended")
    return lost


def _restart(server: Server) -> None:
    """From start to the first label, after a shutdown and after a kill."""
    cold = seconds_to_first_label(server)
    kill(server)
    killed = seconds_to_first_label(server)
    _tell(f"\nrestart: first label after {cold:.2f} s, after a kill {killed:.2f} s")


def _spread(milliseconds: list[float]) -> str:
    if len(milliseconds) < 2:
        return f"{len(milliseconds)} answers"
    cuts = statistics.quantiles(milliseconds, n=100)
    return f"p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms, slowest {max(milliseconds):.0f} ms"


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
