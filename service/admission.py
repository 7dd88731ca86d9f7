"""Admission control: how many requests may be in progress; the rest get 503 at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import Overloaded

# Long enough for a queue of many photos to clear, short enough to retry while a user waits.
RETRY_AFTER_SECONDS = 1


class Admission:
    """Admits up to `limit` requests at a time."""

    def __init__(self, *, limit: int) -> None:
        self._slots = threading.BoundedSemaphore(limit)

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Hold a slot. Raises Overloaded, without waiting, if none is free."""
        if not self._slots.acquire(blocking=False):
            raise Overloaded(
                "too many photos are waiting to be classified; try again in a moment",
                retry_after=RETRY_AFTER_SECONDS,
            )
        try:
            yield
        finally:
            self._slots.release()

    def check(self) -> None:
        """Raise Overloaded if no slot is free now."""
        with self.admit():
            pass
