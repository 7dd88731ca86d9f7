"""An HTTP client with little overhead: a kept-alive socket and requests built beforehand."""

from __future__ import annotations

import select
import socket
from http.client import HTTPException, HTTPResponse
from typing import NamedTuple

OK = 200
TIMEOUT_SECONDS = 120
_BOUNDARY = "----photo"


class Response(NamedTuple):
    """A complete response."""

    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


class Client:
    """A connection that opens at the first request, and again if the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def send(self, request: bytes) -> Response:
        """Send a complete request and wait for the complete response.

        Raises OSError if the connection fails or the response is not HTTP.
        """
        try:
            connection = self._connection()
            connection.sendall(request)
            response = read_response(connection)
        except OSError:
            self.close()
            raise
        if response.headers.get("connection") == "close":
            self.close()
        return response

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def _connection(self) -> socket.socket:
        if self._socket and select.select([self._socket], [], [], 0)[0]:
            self.close()  # readable before a request was sent: the server has closed it
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket


def read_response(connection: socket.socket) -> Response:
    """The next response; `100 Continue` is skipped. Raises OSError if it is not complete HTTP."""
    with HTTPResponse(connection) as response:
        try:
            response.begin()
            body = response.read()
        except HTTPException as error:
            raise ConnectionError(f"no complete HTTP response: {error!r}") from error
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, headers, body)


def post(path: str, content_type: str, body: bytes) -> bytes:
    """A complete POST request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def post_form(path: str, field: str, photo: bytes) -> bytes:
    """A complete POST request that uploads the photo as a form's file."""
    body = (
        f"--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="{field}"; filename="photo.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    body += photo + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return post(path, f"multipart/form-data; boundary={_BOUNDARY}", body)
