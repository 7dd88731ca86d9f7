"""The end of a server while it works, and its next beginning."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator

from tests.hostile.measure import descendants
from tests.hostile.overload import LABEL, PHOTO, Load, send_photo
from tests.hostile.wire import TIMEOUT_SECONDS, Answer, head, read_answer

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@contextlib.contextmanager
def admitted(
    port: int, count: int, photo: bytes = PHOTO.read_bytes()
) -> Iterator[list[socket.socket]]:
    """Connections whose requests, which announce the photo, the function has begun to read.

    `100 Continue` proves that: without it, nobody could tell a request that was lost from one
    that came too late.
    """
    with contextlib.ExitStack() as stack:
        connections = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
            stack.enter_context(connection)
            connection.sendall(head(len(photo), "image/jpeg", "Expect: 100-continue"))
            received = connection.recv(len(_CONTINUE), socket.MSG_WAITALL)
            if received != _CONTINUE:
                raise AssertionError(received)
            connections.append(connection)
        yield connections


def finish(connections: list[socket.socket]) -> list[Answer]:
    """Send the photos that were announced; the answers."""
    photo = PHOTO.read_bytes()
    for connection in connections:
        connection.sendall(photo)
    return [read_answer(connection) for connection in connections]


def is_right(answer: Answer) -> bool:
    return answer.status == 200 and answer.json()["labels"][0]["label"] == LABEL


def kill(server) -> None:
    """Kill a server as a platform does: all its processes at once, with no warning."""
    for process in (server.process.pid, *descendants(server.process.pid)):
        with contextlib.suppress(ProcessLookupError):  # it has ended with its parent
            os.kill(process, signal.SIGKILL)
    server.process.wait()
    with contextlib.suppress(OSError):
        while True:  # until the worker's end has closed the port too
            socket.create_connection(("127.0.0.1", server.port), TIMEOUT_SECONDS).close()
            time.sleep(0.01)


def seconds_to_first_label(server) -> float:
    """Start a server again: how long until it has classified a photo."""
    start, result = time.perf_counter(), Load()
    server.start()
    send_photo(server.port, result)
    if not result.right:
        raise AssertionError(result)
    return time.perf_counter() - start
