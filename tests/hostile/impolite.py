"""Impolite clients, and how long polite ones wait beside them.

    python -m tests.hostile.impolite PORT

prints a row for each kind of impolite client: how many photos the server at PORT classified for
four polite clients meanwhile, and how long the slowest per cent took.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field

from tests.conftest import ROOT
from tests.hostile.overload import LABEL, PHOTO
from tests.hostile.wire import ask, head, post

POLITE_CLIENTS = 4
_HEAD = b"GET /labels HTTP/1.1\r\nHost: x\r\n"
_SMALL_RECEIVE_BUFFER = 4096


@dataclass
class Wait:
    """How long polite clients waited, in seconds; a request without an answer is a failure."""

    answered: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def p99(self) -> float:
        return sorted(self.answered)[int(len(self.answered) * 0.99)] if self.answered else 0.0

    @property
    def longest(self) -> float:
        return max(self.answered, default=0.0)


def polite_clients(port: int, *, seconds: float) -> Wait:
    """Send photos for `seconds` from a process of its own; wait for the last answers."""
    command = [sys.executable, "-m", "tests.hostile.impolite", str(port), "polite", str(seconds)]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    return Wait(**json.loads(output))


def _send_photos(port: int, seconds: float) -> Wait:
    wait, photo = Wait(), post(PHOTO.read_bytes(), "image/jpeg")
    end = time.perf_counter() + seconds

    def be_a_client() -> None:
        while (start := time.perf_counter()) < end:
            try:
                answer = ask(port, photo)
            except OSError as error:
                wait.failures.append(repr(error))
                continue
            if answer.status == 200 and answer.json()["labels"][0]["label"] == LABEL:
                wait.answered.append(time.perf_counter() - start)
            else:
                wait.failures.append(str(answer)[:300])

    threads = [threading.Thread(target=be_a_client) for _ in range(POLITE_CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wait


@contextmanager
def _connections(port: int, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        clients = []
        for _ in range(count):
            client = stack.enter_context(socket.socket())
            # So small that replies fill it, and the server has to keep the rest.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_RECEIVE_BUFFER)
            client.settimeout(30)
            client.connect(("127.0.0.1", port))
            clients.append(client)
        yield clients


@contextmanager
def _sent_once(port: int, count: int, data: bytes) -> Iterator[None]:
    """Connections that send `data` and then neither send, read nor close."""
    with _connections(port, count) as clients:
        for client in clients:
            with suppress(OSError):
                client.sendall(data)
        yield


@contextmanager
def _repeated(count: int, act: Callable[[threading.Event], None]) -> Iterator[None]:
    """`count` threads that each repeat `act` until the end of the block."""
    over = threading.Event()

    def repeat() -> None:
        while not over.is_set():
            with suppress(OSError):
                act(over)

    threads = [threading.Thread(target=repeat) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


@contextmanager
def _dripping(port: int, count: int, start: bytes, drop: bytes) -> Iterator[None]:
    """Connections that send `start`, and then `drop` twice a second."""
    with _connections(port, count) as clients:
        for client in clients:
            client.sendall(start)

        def drip(over: threading.Event) -> None:
            for client in clients:
                with suppress(OSError):
                    client.sendall(drop)
            over.wait(0.5)

        with _repeated(1, drip):
            yield


def _never_closing(port: int, data: bytes, count: int) -> Iterator[None]:
    """Clients that read the answer and leave it to the server to close."""

    def act(over: threading.Event) -> None:
        with socket.create_connection(("127.0.0.1", port), 30) as client:
            client.sendall(data)
            client.recv(65536)
            over.wait(3)

    return _repeated(count, act)


def _pipelining(port: int, count: int) -> Iterator[None]:
    """Clients that send requests for as long as the server reads them, and read nothing."""

    @contextmanager
    def pipeline() -> Iterator[None]:
        with _connections(port, count) as clients:
            for client in clients:
                client.settimeout(0)
            requests = (_HEAD + b"\r\n") * 100

            def send(over: threading.Event) -> None:
                for client in clients:
                    with suppress(OSError):
                        client.send(requests)
                over.wait(0.01)

            with _repeated(1, send):
                yield

    return pipeline()


def _posting(port: int, count: int, make: Callable[[], bytes]) -> Iterator[None]:
    body = make()

    def act(_: threading.Event) -> None:
        ask(port, post(body, "application/json"))

    return _repeated(count, act)


def empty_instances() -> bytes:
    """JSON of three million instances without an image, 9 MB."""
    return b'{"instances":[' + b"{}," * 3_000_000 + b"{}]}"


def many_keys() -> bytes:
    """JSON of 700,000 keys, 9 MB."""
    return b"{" + b",".join(b'"%d":1' % number for number in range(700_000)) + b"}"


_FAVICON = head(10**6).replace(b"POST /", b"POST /favicon.ico")
_LONG_LINE = b"GET /?" + b"x" * 10**7 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

IMPOLITE = {
    "100 unfinished heads": lambda port: _sent_once(port, 100, _HEAD),
    "100 dripping heads": lambda port: _dripping(port, 100, _HEAD, b"X: y\r\n"),
    "100 unfinished bodies": lambda port: _sent_once(port, 100, head(10**6) + b"x" * 1000),
    "100 dripping bodies": lambda port: _dripping(port, 100, head(10**6), b"x"),
    "100 dripping bodies for /favicon.ico": lambda port: _dripping(port, 100, _FAVICON, b"x"),
    "20 that never close": lambda port: _never_closing(
        port, _HEAD + b"Connection: close\r\n\r\n", 20
    ),
    "20 of HTTP/1.0 that never close": lambda port: _never_closing(
        port, b"GET /health HTTP/1.0\r\n\r\n", 20
    ),
    "20 malformed that never close": lambda port: _never_closing(port, b"nonsense\r\n\r\n", 20),
    "2 with a request line of 10 MB": lambda port: _never_closing(port, _LONG_LINE, 2),
    "100 that pipeline and do not read": lambda port: _pipelining(port, 100),
    "200 silent connections": lambda port: _sent_once(port, 200, b""),
    "40 with millions of empty instances": lambda port: _posting(port, 40, empty_instances),
    "40 with 700,000 keys": lambda port: _posting(port, 40, many_keys),
}


def _print_table(port: int, names: list[str]) -> None:
    for name in names or ["nobody", *IMPOLITE]:
        with IMPOLITE[name](port) if name in IMPOLITE else ExitStack():
            time.sleep(0.5)
            wait = polite_clients(port, seconds=6)
        sys.stdout.write(
            f"| {name} | {len(wait.answered)} | {len(wait.failures)} | {wait.p99:.2f} s |"
            f" {wait.longest:.2f} s |\n"
        )
        sys.stdout.flush()
        time.sleep(1)


if __name__ == "__main__":
    if sys.argv[2:3] == ["polite"]:
        sys.stdout.write(json.dumps(asdict(_send_photos(int(sys.argv[1]), float(sys.argv[3])))))
    else:
        _print_table(int(sys.argv[1]), sys.argv[2:])
