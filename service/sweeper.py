"""Senders that drip: a body must be complete in time, however steadily it comes.

A socket's timeout starts anew with every byte, so another thread looks after the whole.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

_INTERVAL_SECONDS = 1.0


class Sweeper:
    """Ends the reading from connections that are overdue; they can still be answered."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._due: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, connection: socket.socket) -> None:
        """Expect this connection's body to be complete in time."""
        with self._lock:
            self._due[connection] = time.monotonic() + self._seconds
            if self._thread is None:  # not before: a server's fork would leave it behind
                self._thread = threading.Thread(target=self._sweep, daemon=True)
                self._thread.start()

    def forget(self, connection: socket.socket) -> None:
        """The body is complete, or given up."""
        with self._lock:
            self._due.pop(connection, None)

    def _sweep(self) -> None:
        while True:
            time.sleep(_INTERVAL_SECONDS)
            now = time.monotonic()
            # All of it under the lock: a connection that is forgotten serves its next request.
            with self._lock:
                for connection in [each for each, due in self._due.items() if due < now]:
                    del self._due[connection]
                    with suppress(OSError):  # it may have ended by itself
                        connection.shutdown(socket.SHUT_RD)
