"""An open-loop load: requests go out when they are due, whatever became of earlier ones."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from typing import NamedTuple

from bench.harness.client import OK

_PIECES = 10


class Answer(NamedTuple):
    """What came back, and when."""

    milliseconds: float
    """From when the request was due to the last byte of the answer, without the upload's time."""
    status: int
    timings: dict[str, float]
    """The milliseconds in Server-Timing, by their names."""


def run(port: int, request: bytes, times: Sequence[float], *, upload: float = 0.0) -> list[Answer]:
    """Send the request at these times, in seconds from now, and wait for all answers.

    Each is sent in pieces over `upload` seconds.
    """

    async def all_of_them() -> list[Answer]:
        start = time.perf_counter()
        tasks = [_ask(port, request, start + due, upload) for due in times]
        return await asyncio.gather(*tasks)

    return asyncio.run(all_of_them())


async def _ask(port: int, request: bytes, due: float, upload: float) -> Answer:
    await asyncio.sleep(due - time.perf_counter())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    size = -(-len(request) // _PIECES) if upload else len(request)
    for number, start in enumerate(range(0, len(request), size), start=1):
        if upload:
            await asyncio.sleep(due + upload * number / _PIECES - time.perf_counter())
        writer.write(request[start : start + size])
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = re.search(r"(?i)^content-length: (\d+)", head, re.MULTILINE)
    await reader.readexactly(int(length[1]) if length else 0)
    taken = time.perf_counter() - due - upload
    writer.close()
    status = int(head.split()[1])
    timings = re.findall(r"(\w+);dur=([\d.]+)", head)
    if status != OK:
        raise OSError(f"the proxy or the function answered {status}: {head}")
    return Answer(taken * 1000, status, {name: float(ms) for name, ms in timings})
