"""A closed-loop load generator: each client sends its next request after the last response."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bench.harness.client import OK, Client

MIN_REQUESTS = 2  # of each client: the first is not timed
NO_RESPONSE = 0  # the status of a request without a response


@dataclass
class Load:
    """What the clients measured."""

    seconds: float
    """From the first request to the last response."""
    cpu_seconds: float
    """CPU time of the clients."""
    requests: list[tuple[float, float, int]]
    """For each request: seconds from the start, latency in milliseconds, status."""
    milliseconds: list[float]
    """Latencies of the responses with status 200, without the first of each client: these
    requests arrive together and find cold caches."""

    def server_seconds(self, cpus: int) -> float:
        """The duration without the clients' CPU time on this many CPUs."""
        return self.seconds - self.cpu_seconds / cpus

    @property
    def successes(self) -> int:
        """The number of responses with status 200."""
        return sum(status == OK for _, _, status in self.requests)

    @property
    def rate(self) -> float:
        """Successes a second."""
        return self.successes / self.seconds

    @property
    def errors(self) -> int:
        return len(self.requests) - self.successes


def run(port: int, requests: Sequence[bytes], *, clients: int, seconds: float) -> Load:
    """Load the server at `port` for at least `seconds`, from a new process.

    Each client cycles through the requests, starting at a different one.
    """
    command = [sys.executable, "-m", "bench.harness.load"]
    arguments = pickle.dumps((port, requests, clients, seconds))
    output = subprocess.run(command, input=arguments, check=True, stdout=subprocess.PIPE).stdout
    return Load(**json.loads(output))


def _send(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Load:
    sent: list[tuple[float, float, int]] = []
    milliseconds: list[float] = []
    start, cpu_start = time.perf_counter(), time.process_time()

    def be_a_client(number: int) -> None:
        client, count = Client(port), 0
        while (begin := time.perf_counter()) < start + seconds or count < MIN_REQUESTS:
            status = _status(client, requests[(number + count) % len(requests)])
            latency = (time.perf_counter() - begin) * 1000
            sent.append((begin - start, latency, status))
            if count and status == OK:
                milliseconds.append(latency)
            count += 1

    threads = [threading.Thread(target=be_a_client, args=(each,)) for each in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu_seconds = time.process_time() - cpu_start
    return Load(time.perf_counter() - start, cpu_seconds, sent, milliseconds)


def _status(client: Client, request: bytes) -> int:
    try:
        return client.send(request).status
    except OSError:
        return NO_RESPONSE


if __name__ == "__main__":
    print(json.dumps(asdict(_send(*pickle.load(sys.stdin.buffer)))))  # noqa: S301 - from `run`
