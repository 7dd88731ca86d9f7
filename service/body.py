"""The body of a request as a stream with a size limit and a read deadline.

The server of the container (`service/server.py`) has received all of a body before the function
sees it. Deadline and draining are for gunicorn, under which Google Cloud starts the function.
"""

from __future__ import annotations

import io
import sched
import socket
import threading
import time
from contextlib import suppress
from functools import cache

from werkzeug import Request

from service.errors import BodyIncomplete, BodyTooLarge

# Discard up to this much of a rejected body, because many clients read only after sending
# everything. Cloud Run accepts no larger requests.
DRAIN_BYTES = 32 * 2**20
_CHUNK = 2**20
# Longest pause between two bytes, for a phone that loses its network, and longest upload.
IDLE_SECONDS = 10.0
DEADLINE_SECONDS = 30.0
# How late a deadline may be noticed.
_WATCH_SECONDS = 0.2
_deadlines = sched.scheduler(time.monotonic)


class Body:
    """A stream of the body's bytes; reading raises BodyTooLarge past `limit`, or BodyIncomplete.

    A declared length is checked before reading. A chunked body declares none, so its bytes are
    counted. Without a deadline, gunicorn would wait forever for a client that stalls.
    """

    def __init__(
        self, request: Request, *, limit: int, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._stream = request.stream
        self._declared = request.content_length
        self._limit = limit
        self._count = 0  # bytes read
        self._broken = False
        connection = request.environ.get("gunicorn.socket")
        self._deadline = _set_deadline(connection, deadline_seconds) if connection else None

    @property
    def size(self) -> int:
        """The declared length in bytes, or else the number of bytes read."""
        return self._declared or self._count

    def read_all(self) -> bytes:
        """All bytes of the body."""
        size = self._declared or _CHUNK  # a single read saves a copy
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
        """Discard the rest of the body, up to DRAIN_BYTES; false if bytes are left.

        Called once for every request; it ends the read deadline.
        """
        try:
            return self._drain()
        finally:
            if self._deadline:
                with suppress(ValueError):  # it is over
                    _deadlines.cancel(self._deadline)

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
        except Exception as error:  # each server has its own exceptions for a broken body
            raise self._incomplete() from error
        self._count += len(data)
        if not data and self._count < (self._declared or 0):
            raise self._incomplete()
        if self._count == self._declared and isinstance(self._stream, io.BytesIO):
            self._stream.truncate(0)  # waitress would keep the body until the response is sent
        return data

    def _incomplete(self) -> BodyIncomplete:
        self._broken = True
        end = (
            f"its Content-Length of {self._declared:,} bytes"
            if self._declared
            else "its last chunk"
        )
        return BodyIncomplete(
            f"the body ended before {end}, or came too slowly (at most {IDLE_SECONDS:g} s without "
            f"a byte and {DEADLINE_SECONDS:g} s in all); check the connection and send it again"
        )

    def _too_large(self, problem: str) -> BodyTooLarge:
        return BodyTooLarge(
            f"a body of at most {self._limit:,} bytes is accepted, {problem}; shrink the picture "
            "before you send it: the network sees no more than a small square of it"
        )


def _set_deadline(connection: socket.socket, seconds: float) -> sched.Event:
    """Stop reading from an overdue connection; the response can still be sent.

    The socket's timeout limits one pause only. A single read of gunicorn's stream can consist of
    many of them, so the deadlines need a thread.
    """
    connection.settimeout(IDLE_SECONDS)
    _start_watch()
    return _deadlines.enter(seconds, 0, _stop_reading, (connection,))


@cache
def _start_watch() -> None:
    # One for all bodies: with a timer for each, 16 clients get 3 % fewer small photos classified.
    threading.Thread(target=_watch, daemon=True, name="deadlines").start()


def _watch() -> None:
    while True:
        _deadlines.run(blocking=False)
        time.sleep(_WATCH_SECONDS)


def _stop_reading(connection: socket.socket) -> None:
    with suppress(OSError):  # the client may have closed it
        connection.shutdown(socket.SHUT_RD)
