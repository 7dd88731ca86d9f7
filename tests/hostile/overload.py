"""More photos than a server can classify, at a steady rate: who is admitted, and how soon.

    python -m tests.hostile.overload PORT RATE SECONDS

sends RATE photos a second for so long, whether or not the ones before were answered, from a
process of its own. Prints one JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field

import bench.harness.client
import bench.harness.load
from tests.conftest import ROOT
from tests.hostile.formats import DATA
from tests.hostile.wire import ask, post

PHOTO = DATA / "chelsea.jpg"
LABEL = "Egyptian cat"
# More than can wait or work in the server at once, so that none is sent too late.
SENDERS = 150


@dataclass
class Load:
    """Milliseconds that the answers took, by what they were."""

    right: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    """By 503 OVERLOADED with Retry-After."""
    wrong: list[str] = field(default_factory=list)


def load(port: int, *, rate: float, seconds: float) -> Load:
    """Load the server at `port` from a new process, and wait for its end."""
    command = [sys.executable, "-m", "tests.hostile.overload", str(port), str(rate), str(seconds)]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    return Load(**json.loads(output))


def capacity(port: int, *, seconds: float = 5, clients: int = 8) -> float:
    """Photos a second that the server classifies for a few clients that each wait."""
    request = bench.harness.client.post("/", "image/jpeg", PHOTO.read_bytes())
    return bench.harness.load.run(port, [request], clients=clients, seconds=seconds).rate


def send_photo(port: int, result: Load) -> None:
    """Send the photo, and add how it was answered to the result."""
    start = time.perf_counter()
    answer = ask(port, post(PHOTO.read_bytes(), "image/jpeg"))
    milliseconds = (time.perf_counter() - start) * 1000
    if answer.status == 200 and answer.json()["labels"][0]["label"] == LABEL:
        result.right.append(milliseconds)
    elif answer.reason == "OVERLOADED" and "retry-after" in answer.headers:
        result.refused.append(milliseconds)
    else:
        result.wrong.append(str(answer))


def _load(port: int, rate: float, seconds: float) -> Load:
    result, start = Load(), time.perf_counter()

    def be_a_sender(number: int) -> None:
        turn = number
        while (due := start + turn / rate) < start + seconds:
            time.sleep(max(0.0, due - time.perf_counter()))
            send_photo(port, result)
            turn += SENDERS

    threads = [threading.Thread(target=be_a_sender, args=(each,)) for each in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return result


if __name__ == "__main__":
    port, rate, seconds = sys.argv[1:]
    sys.stdout.write(json.dumps(asdict(_load(int(port), float(rate), float(seconds)))))
