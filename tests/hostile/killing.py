"""Decoder processes of a server, killed in the middle of a picture."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import Image

from tests.hostile.measure import children, descendants
from tests.hostile.overload import LABEL, PHOTO
from tests.hostile.wire import ask, post

# A picture is in the middle of being decoded when this much CPU time has passed without a wait.
_BUSY_SECONDS = 0.01


@cache
def slow_photo() -> bytes:
    """A cat that takes tens of milliseconds to decode."""
    file = io.BytesIO()
    Image.open(PHOTO).resize((1200, 800)).save(file, "PNG", compress_level=1)
    return file.getvalue()


@dataclass
class Answers:
    """Answers of clients that send the slow photo again and again."""

    reasons: Counter[str] = field(default_factory=Counter)


@contextmanager
def clients(port: int, count: int) -> Iterator[Answers]:
    """Clients that send photos until the context ends; complete at the end."""
    answers, over = Answers(), threading.Event()

    def send() -> None:
        while not over.is_set():
            answer = ask(port, post(slow_photo()))
            reason = answer.reason
            if answer.status == 200 and answer.json()["labels"][0]["label"] == LABEL:
                reason = "right"
            answers.reasons[reason] += 1

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def decoders(process: int) -> set[int]:
    """The decoders of the server: its grandchildren."""
    return set(descendants(process)) - children(process)


def kill_at_work(server: int, number: signal.Signals) -> None:
    """Kill a decoder of the server while it decodes."""
    while True:
        for decoder in decoders(server):
            with suppress(FileNotFoundError, ProcessLookupError):
                if _stopped_at_work(decoder):
                    os.kill(decoder, number)
                    with suppress(ProcessLookupError):  # SIGKILL has ended it already
                        os.kill(decoder, signal.SIGCONT)
                    return
                os.kill(decoder, signal.SIGCONT)


def _stopped_at_work(decoder: int) -> bool:
    """Stop the decoder if it is busy; whether it stopped before it waited for something else."""
    waits = _waits(decoder)
    if not _is_busy(decoder):
        return False
    os.kill(decoder, signal.SIGSTOP)
    while "\nState:\tT" not in _status(decoder):
        time.sleep(0.001)
    return _waits(decoder) == waits + 1  # to be stopped is to wait


def _is_busy(decoder: int) -> bool:
    """Whether the decoder works for a while without waiting for anything."""
    waits, seconds = _waits(decoder), _cpu_seconds(decoder)
    for _ in range(50):
        if _waits(decoder) != waits:
            return False
        if _cpu_seconds(decoder) - seconds > _BUSY_SECONDS:
            return True
        time.sleep(0.001)
    return False


def _status(process: int) -> str:
    return Path(f"/proc/{process}/status").read_text()


def _waits(process: int) -> int:
    return int(_status(process).partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def _cpu_seconds(process: int) -> float:
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
