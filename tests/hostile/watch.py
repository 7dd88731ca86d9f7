"""What becomes of a server under a storm: how soon it answers health, and its memory.

    python -m tests.hostile.watch PORT

asks for health again and again, in a process of its own so that the storm's own work does not
count, until its standard input ends. Prints the milliseconds that each answer took.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.conftest import ROOT
from tests.hostile.measure import megabytes_of
from tests.hostile.wire import Sent, ask

_HEALTH = Sent([b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"])
_EVERY_SECONDS = 0.05


@dataclass
class Watch:
    """What was seen of a server."""

    health: list[float] = field(default_factory=list)
    """Milliseconds that each answer to `GET /health` took."""
    memory: list[float] = field(default_factory=list)
    """Megabytes of all processes of the server, each _EVERY_SECONDS."""


@contextmanager
def watching(port: int, process: int) -> Iterator[Watch]:
    """Watch the server at `port`, whose first process is `process`; complete at the end."""
    watch, over = Watch(), threading.Event()
    sampler = threading.Thread(target=_sample, args=(process, watch.memory, over))
    command = [sys.executable, "-m", "tests.hostile.watch", str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asker:
        sampler.start()
        asker.stdout.readline()  # it has begun: a short storm is not over before that
        try:
            yield watch
        finally:
            over.set()
            sampler.join()
            watch.health = json.loads(asker.communicate()[0])


def _sample(process: int, memory: list[float], over: threading.Event) -> None:
    while not over.wait(_EVERY_SECONDS):
        memory.append(megabytes_of(process))


def _ask_for_health(port: int) -> list[float]:
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    times = []
    while not over.wait(_EVERY_SECONDS):
        start = time.perf_counter()
        answer = ask(port, _HEALTH)
        if answer.reason != "answered":
            raise AssertionError(answer)
        times.append((time.perf_counter() - start) * 1000)
        if len(times) == 1:
            sys.stdout.write("begun\n")
            sys.stdout.flush()
    return times


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_ask_for_health(int(sys.argv[1]))))
