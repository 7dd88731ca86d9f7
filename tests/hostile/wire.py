"""HTTP as it goes over the wire, so that it can go there wrong."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

TIMEOUT_SECONDS = 60
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
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
        reply = self.json()
        if self.status == 200 or "predictions" not in reply:
            return reply.get("error", {}).get("reason", "answered")
        return reply["predictions"][0]["error"]["reason"]


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
    """The answer, without the `100 Continue` before it; what the server does then is its own."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while not _complete(data) and (received := connection.recv(65536)):
            data = (data + received).removeprefix(CONTINUE)
    return _parsed(data)


def _complete(data: bytes) -> bool:
    """Whether the declared length is there; what declares none ends with its connection."""
    answer = _parsed(data)
    length = answer.headers.get("content-length")
    return length is not None and len(answer.body) >= int(length)


def _parsed(data: bytes) -> Answer:
    top, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return NO_ANSWER
    status, *lines = top.decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    # What is behind the body answers what the server took for another request.
    length = int(headers.get("content-length", len(body)))
    return Answer(int(status.split()[1]), headers, body[:length])
