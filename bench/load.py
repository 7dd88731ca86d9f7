"""Load: clients that send requests one after the other, in a process of their own.

    python -m bench.load PORT CLIENTS SECONDS REQUEST...

A REQUEST is a file that holds an HTTP request as it is sent; each client goes through all
of them, again and again, starting at a different one. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.client import OK, Client

LEAST_REQUESTS = 2  # of each client, the first of which is not timed
LOST = 0  # the status of a request that got no answer


@dataclass
class Load:
    """What the clients saw."""

    seconds: float
    """From the first request to the last answer."""
    cpu_seconds: float
    """What the clients themselves took."""
    times: list[tuple[float, float, int]]
    """One request each: seconds from the start, milliseconds it took, status."""
    milliseconds: list[float]
    """What those with an answer of 200 took, but for each client's first: these come at once, and
    find the caches cold."""

    def server_seconds(self, cpus: int) -> float:
        """How long it took, with the clients' own time on this many CPUs taken off."""
        return self.seconds - self.cpu_seconds / cpus

    @property
    def answered(self) -> int:
        """How many requests were answered with 200."""
        return sum(status == OK for _, _, status in self.times)

    @property
    def errors(self) -> int:
        return len(self.times) - self.answered


def run(port: int, requests: Sequence[bytes], *, clients: int, seconds: float) -> Load:
    """Load the server at `port` from a new process, and wait for its end."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder, str(number)) for number in range(len(requests))]
        for path, request in zip(paths, requests, strict=True):
            path.write_bytes(request)
        arguments = [str(each) for each in (port, clients, seconds, *paths)]
        command = [sys.executable, "-m", "bench.load", *arguments]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return Load(**json.loads(output))


def _send(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Load:
    times: list[tuple[float, float, int]] = []
    milliseconds: list[float] = []
    start, cpu_start = time.perf_counter(), time.process_time()

    def be_a_client(number: int) -> None:
        client, turn = Client(port), 0
        while (sent := time.perf_counter()) < start + seconds or turn < LEAST_REQUESTS:
            status = _status(client, requests[(number + turn) % len(requests)])
            took = (time.perf_counter() - sent) * 1000
            times.append((sent - start, took, status))
            if turn and status == OK:
                milliseconds.append(took)
            turn += 1

    threads = [threading.Thread(target=be_a_client, args=(each,)) for each in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu_seconds = time.process_time() - cpu_start
    return Load(time.perf_counter() - start, cpu_seconds, times, milliseconds)


def _status(client: Client, request: bytes) -> int:
    try:
        return client.ask(request).status
    except OSError:
        return LOST


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("port", type=int)
    parser.add_argument("clients", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("requests", type=Path, nargs="+", metavar="REQUEST")
    options = parser.parse_args()
    requests = [path.read_bytes() for path in options.requests]
    load = _send(options.port, requests, options.clients, options.seconds)
    print(json.dumps(asdict(load)))


if __name__ == "__main__":
    main()
