"""HTTP as it goes over the wire, so that it can go there wrong."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple

from bench.harness.client import read_response

TIMEOUT_SECONDS = 60
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds


class Then(Enum):
    """What a client does when it has sent all it sends."""

    READ = "read the answer"
    END = "say that no more will come, then read the answer"
    VANISH = "close the connection, the answer unread"


@dataclass(frozen=True)
class Sent:
    """What a client sends, piece by piece, a pause before each but the first."""

    pieces: Sequence[bytes]
    then: Then = Then.READ
    pause: float = 0.0

    def to(self, path: str) -> Sent:
        """The same to another path than `/`, unless the request line is odd itself."""
        first, *others = self.pieces
        start = b"POST / HTTP/1.1"
        if first.startswith(start):
            first = b"POST %b HTTP/1.1" % path.encode() + first.removeprefix(start)
        return replace(self, pieces=[first, *others])


class Answer(NamedTuple):
    """What came back; status 0 if the connection was closed without an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """Why there is no classification, by the contract; or who else says so."""
        if self.status == 0:
            return "no answer"
        if self.headers.get("content-type") != "application/json":
            return "refused by the server"
        if self.status == 200:
            return "answered"
        reply = self.json()
        error = (reply["predictions"][0] if "predictions" in reply else reply)["error"]
        if isinstance(error, str):
            return error.partition(":")[0]
        return error["reason"] if "reason" in error else error["details"][0]["reason"]


NO_ANSWER = Answer(0, {}, b"")


def head(length: int | None, content_type: str = "application/octet-stream", *lines: str) -> bytes:
    """The head of `POST /` that closes the connection behind it."""
    declared = [] if length is None else [f"Content-Length: {length}"]
    start = ["POST / HTTP/1.1", "Host: x", "Connection: close", f"Content-Type: {content_type}"]
    return "\r\n".join([*start, *declared, *lines, "", ""]).encode("latin-1")


def post(body: bytes, content_type: str = "application/octet-stream", *lines: str) -> Sent:
    return Sent([head(len(body), content_type, *lines), body])


def ask(port: int, sent: Sent) -> Answer:
    """Send on a connection of its own; the answer, if there is one."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection:
        # A server that has read enough closes before all is sent: its answer is there.
        with contextlib.suppress(ConnectionError):
            _send(connection, sent)
        if sent.then is Then.VANISH:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            return NO_ANSWER
        return read_answer(connection)


def _send(connection: socket.socket, sent: Sent) -> None:
    for number, piece in enumerate(sent.pieces):
        if number:
            time.sleep(sent.pause)
        connection.sendall(piece)
    if sent.then is Then.END:
        connection.shutdown(socket.SHUT_WR)


def read_answer(connection: socket.socket) -> Answer:
    """The next answer, or none if the connection ends before it is complete."""
    try:
        return Answer(*read_response(connection))
    except ConnectionError:
        return NO_ANSWER
