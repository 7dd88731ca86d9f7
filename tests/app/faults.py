"""A proxy in a thread, for a browser that cannot share the test's event loop."""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import contextmanager

from tests.app.proxy import Proxy, delayed, whole


@contextmanager
def slow_proxy(server, first_seconds):
    """The URL of a proxy that delays the first reply to a photo, as a cold start does."""
    started = queue.SimpleQueue()

    async def serve():
        stop = asyncio.Event()
        # The first connection asks for the model.
        async with Proxy(server, whole, delayed(first_seconds)) as proxy:
            started.put((proxy.url, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    url, loop, stop = started.get(timeout=10)
    yield url
    loop.call_soon_threadsafe(stop.set)
    thread.join()
