"""How much memory pictures may take together while they are decoded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pictures.memory import return_free_memory

# Up to how many bytes nobody waits. A photo that is decoded small takes less, and its sender
# shall not suffer from others' large pictures.
_LITTLE = 4 * 10**6


class MemoryBudget:
    """Bytes that threads may take at the same time; who finds too few left waits for them."""

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._changed = threading.Condition()
        # Who waits is at the head of a line, and is not overtaken by who needs less.
        self._head = threading.Lock()

    @contextmanager
    def hold(self, amount: int) -> Iterator[None]:
        """Hold so many bytes of the budget: all of it, if `amount` is more; none, if it is little.

        Before much is taken, malloc gives back what it keeps.
        """
        if amount <= _LITTLE:
            yield
            return
        share = min(amount, self._size)
        with self._head, self._changed:
            self._changed.wait_for(lambda: self._left >= share)
            self._left -= share
        try:
            return_free_memory()
            yield
        finally:
            with self._changed:
                self._left += share
                self._changed.notify()
