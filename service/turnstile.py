"""Overload: how many requests work at once, how many may wait, and who is turned away."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import Overloaded
from service.timings import Timings

# Long enough for a queue of many photos to clear, short enough to retry while a user waits.
RETRY_AFTER_SECONDS = 1


class Turnstile:
    """Lets `slots` requests work at once, in the order they came, and `max_waiting` more wait."""

    def __init__(self, *, slots: int, max_waiting: int) -> None:
        self._places = threading.BoundedSemaphore(slots + max_waiting)
        self._lock = threading.Lock()
        self._free = slots
        # A semaphore would let a newcomer overtake those who wait.
        self._queue: deque[threading.Event] = deque()

    def check_places(self) -> None:
        """Raise Overloaded if there is no place now, before a body is read in vain."""
        with self.place():
            pass

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place in the queue. Raises Overloaded, at once, if there is none."""
        if not self._places.acquire(blocking=False):
            raise Overloaded(
                "too many photos are waiting to be classified; try again in a moment",
                retry_after=RETRY_AFTER_SECONDS,
            )
        try:
            yield
        finally:
            self._places.release()

    @contextmanager
    def turn(self, timings: Timings) -> Iterator[None]:
        """Wait for the turn of a request that holds a place; the wait is measured."""
        with timings.measure("wait"):
            self._take_turn()
        try:
            yield
        finally:
            self._pass_turn_on()

    def _take_turn(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = threading.Event()
            self._queue.append(called)
        called.wait()

    def _pass_turn_on(self) -> None:
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1
