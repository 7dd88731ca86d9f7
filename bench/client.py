"""A client that costs next to nothing: a socket kept open, requests made beforehand."""

from __future__ import annotations

import re
import select
import socket
from typing import NamedTuple

OK = 200
TIMEOUT_SECONDS = 120
_BOUNDARY = "----photo"
_STATUS_LINE = re.compile(r"HTTP/1\.1 (\d{3})\b")


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


class Client:
    """One connection, opened at its first request and again if the server closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> Answer:
        """Send a whole request and wait for the whole answer.

        Raises OSError, also if the answer is no HTTP.
        """
        try:
            connection = self._connection()
            connection.sendall(request)
            answer = _read_answer(connection)
        except OSError:
            self.close()
            raise
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def _connection(self) -> socket.socket:
        if self._socket and select.select([self._socket], [], [], 0)[0]:
            self.close()  # nothing was asked, so what there is to read is the server's goodbye
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket


def request(path: str, content_type: str, body: bytes) -> bytes:
    """A POST request, whole."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def form(path: str, field: str, photo: bytes) -> bytes:
    """A POST request with the photo as the file of a form."""
    body = (
        f"--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="{field}"; filename="photo.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    body += photo + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return request(path, f"multipart/form-data; boundary={_BOUNDARY}", body)


def _read_answer(connection: socket.socket) -> Answer:
    head, _, body = _received_until(connection, b"\r\n\r\n").partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    if not (status := _STATUS_LINE.match(status_line)):
        raise OSError(f"the server answered {status_line!r}")
    fields = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    missing = int(headers.get("content-length", 0)) - len(body)
    while missing > 0:
        received = _received(connection)
        body += received
        missing -= len(received)
    return Answer(int(status[1]), headers, body)


def _received_until(connection: socket.socket, end: bytes) -> bytes:
    data = _received(connection)
    while end not in data:
        data += _received(connection)
    return data


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError("the server closed the connection before it answered")
    return data
