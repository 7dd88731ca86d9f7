"""The body of a request as a stream that is never read beyond its limit."""

from __future__ import annotations

import socket

from werkzeug import Request

from service.errors import BodyIncomplete, BodyTooLarge
from service.sweeper import Sweeper

# What is read and dropped of a body that was refused, so that its sender gets to read the
# answer: many clients send all they have before they listen. It is what Cloud Run lets in.
DRAIN_BYTES = 32 * 2**20
_CHUNK = 2**20
# As long as a phone may lose its network between two bytes, and as a whole photo may take.
IDLE_SECONDS = 10.0
_sweeper = Sweeper(seconds=30)


class Body:
    """The body's bytes; reading them raises BodyTooLarge past `limit`, or BodyIncomplete.

    A declared length is checked before anything is read; a chunked body declares none and
    is counted while it is read.
    """

    def __init__(self, request: Request, *, limit: int) -> None:
        self._stream = request.stream
        self._declared = request.content_length
        self._limit = limit
        self._count = 0  # bytes that were read
        self._broken = False
        # gunicorn would wait for ever for a sender that has gone silent or drips, and keep
        # its thread.
        self._connection: socket.socket | None = request.environ.get("gunicorn.socket")
        if self._connection:
            self._connection.settimeout(IDLE_SECONDS)
            _sweeper.watch(self._connection)

    @property
    def size(self) -> int:
        """How many bytes it has, as far as that is known."""
        return self._declared or self._count

    def read_all(self) -> bytes:
        """All bytes of the body."""
        size = self._declared or _CHUNK  # in one piece, if its length is known
        return b"".join(iter(lambda: self.read(size), b""))

    def read(self, size: int) -> bytes:
        """At most `size` bytes, b"" at the end."""
        if self._declared is not None and self._declared > self._limit:
            raise self._too_large(f"this one has {self._declared:,}")
        data = self._read(size)
        if self._count > self._limit:
            raise self._too_large("this one has more")
        return data

    def drain(self) -> bool:
        """Read and drop what is left, within reason; whether that was all of it.

        The end of every body, whether it was read or not.
        """
        try:
            return self._drain()
        finally:
            if self._connection:
                _sweeper.forget(self._connection)

    def _drain(self) -> bool:
        too_much = self._declared is not None and self._declared - self._count > DRAIN_BYTES
        if too_much or self._broken:
            return False
        try:
            return any(not self._read(_CHUNK) for _ in range(DRAIN_BYTES // _CHUNK))
        except BodyIncomplete:
            return False

    def _read(self, size: int) -> bytes:
        try:
            data = self._stream.read(size)
        except Exception as error:  # every server has errors of its own for a broken body
            raise self._incomplete() from error
        self._count += len(data)
        if not data and self._count < (self._declared or 0):
            raise self._incomplete()
        return data

    def _incomplete(self) -> BodyIncomplete:
        self._broken = True
        end = (
            f"its Content-Length of {self._declared:,} bytes"
            if self._declared
            else "its last chunk"
        )
        return BodyIncomplete(f"the body ended before {end}: was the connection lost?")

    def _too_large(self, problem: str) -> BodyTooLarge:
        return BodyTooLarge(
            f"a body of at most {self._limit:,} bytes is accepted, {problem}; shrink the picture "
            "before you send it: the network sees no more than a small square of it"
        )
