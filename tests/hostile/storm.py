"""Thousands of hostile pictures and requests against a server, and what became of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from tests.hostile import requests
from tests.hostile.mutations import good_pictures, mutated
from tests.hostile.pictures import BOMBS
from tests.hostile.wire import Answer, Sent, ask, post

# Enough for some to meet in the queue, few enough that none is turned away.
CLIENTS = 8
# Seconds: far above what is meant. Fast is measured; hanging is the defect.
HANGS = 30
# RFC 9112, 6.1: what a server answers to a Transfer-Encoding that it does not know.
_NOT_IMPLEMENTED = 501


@dataclass
class Storm:
    """How a storm was answered."""

    reasons: Counter[str] = field(default_factory=Counter)
    """How many answers of each kind, as `KIND: STATUS REASON`."""
    failures: list[str] = field(default_factory=list)
    """Answers that should never be given."""
    slowest_seconds: float = 0.0
    slowest: str = ""

    def count(self, kind: str, answer: Answer, seconds: float) -> None:
        told = f"{kind}: {answer.status} {answer.reason}"
        self.reasons[told] += 1
        meant = answer.reason == "OVERLOADED" or answer.status == _NOT_IMPLEMENTED
        if answer.status >= 500 and not meant:
            self.failures.append(f"{told}: {answer.body[:300]!r}")
        if seconds > self.slowest_seconds:
            self.slowest_seconds, self.slowest = seconds, told


Prepared = tuple[str, Callable[[], Sent]]
"""A kind of request, and how to make it."""


def pictures(count: int) -> Iterable[Prepared]:
    """Good pictures, mutated: as different as their numbers."""
    good = good_pictures()

    def make(number: int) -> Sent:
        random = Random(number)
        return post(mutated(random.choice(good), random))

    return (("picture", lambda number=number: make(number)) for number in range(count))


def hostile_requests(count: int, path: str = "/") -> Iterable[Prepared]:
    """Each kind in turn."""
    kinds = list(requests.KINDS.items())
    for number in range(count):
        name, make = kinds[number % len(kinds)]
        yield name, lambda make=make, number=number: make(Random(number)).to(path)


def bombs() -> Iterable[Prepared]:
    return ((f"bomb {case.name}", lambda case=case: post(case.make())) for case in BOMBS)


def storm(port: int, prepared: Iterable[Prepared], *, clients: int = CLIENTS) -> Storm:
    """Send all, some at once, and count the answers."""
    result = Storm()

    def send(each: Prepared) -> None:
        kind, make = each
        sent = make()
        start = time.perf_counter()
        answer = ask(port, sent)
        result.count(kind, answer, time.perf_counter() - start)

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(send, prepared))
    return result
