"""The body of a request as a stream that is never read beyond its limit."""

from __future__ import annotations

from typing import IO

from werkzeug import Request
from werkzeug.exceptions import ClientDisconnected

from service.errors import BodyIncomplete, BodyTooLarge

# What is read and thrown away of a body that was refused, so that its sender gets to read
# the answer: many clients send all they have before they listen. Cloud Run lets no more in.
DRAIN_BYTES = 32 * 2**20
_CHUNK = 64 * 1024


class Body:
    """The body's bytes; reading raises BodyTooLarge past `limit`, or BodyIncomplete.

    A declared length is checked before anything is read; a chunked body declares none and
    is counted while it is read.
    """

    def __init__(self, request: Request, *, limit: int) -> None:
        self._stream: IO[bytes] = request.stream
        self._declared = request.content_length
        self._limit = limit
        self._count = 0

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all that is left if it is negative, b"" at the end."""
        if self._declared is not None and self._declared > self._limit:
            raise self._too_large(f"the body has {self._declared:,} bytes")
        # One byte more than the limit is enough to know that it was passed.
        allowed = self._limit + 1 - self._count
        data = self._read(allowed if size < 0 else min(size, allowed))
        self._count += len(data)
        if self._count > self._limit:
            raise self._too_large("the body is larger than that")
        return data

    def drain(self) -> bool:
        """Read and drop what is left; whether that was the end of the body."""
        for _ in range(DRAIN_BYTES // _CHUNK):
            try:
                if not self._read(_CHUNK):
                    return True
            except BodyIncomplete:
                return False
        return False

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (ClientDisconnected, OSError) as error:
            raise BodyIncomplete("the body ended before its Content-Length was reached") from error

    def _too_large(self, what: str) -> BodyTooLarge:
        return BodyTooLarge(
            f"at most {self._limit:,} bytes are accepted and {what}; "
            "shrink the picture first: the network sees 224x224 pixels of it"
        )
