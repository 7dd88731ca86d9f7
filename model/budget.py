"""How much memory pictures may take together while they are decoded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from model.memory import return_free_memory

# From how many bytes on malloc is asked for what it keeps before more is taken.
_MUCH = 4 * 10**6


class MemoryBudget:
    """Bytes that threads may take at the same time; who finds too few left waits for them."""

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._changed = threading.Condition()
        # Who waits is at the head of a line: little is not let past what is too much for now.
        self._head = threading.Lock()

    @contextmanager
    def hold(self, amount: int) -> Iterator[None]:
        """Hold so many bytes of the budget; all of it, if `amount` is more."""
        share = min(amount, self._size)
        with self._head, self._changed:
            self._changed.wait_for(lambda: self._left >= share)
            self._left -= share
        try:
            if amount > _MUCH:
                return_free_memory()
            yield
        finally:
            with self._changed:
                self._left += share
                self._changed.notify()
