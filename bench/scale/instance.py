"""One instance: the function in a container, and the seconds that it is billed for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from simpy import AllOf, Environment, Resource

from bench.scale.cpu import Cpu

BILLING_STEP = 0.1
"""Seconds. Source: https://cloud.google.com/run/pricing"""

SERIAL_SHARE = 0.075
"""The share of an inference that more threads do not shorten.

From the engines' table in docs/performance.md, by Amdahl's law: 22.9 ms with one thread, 12.3 ms
with two.
"""


@dataclass(frozen=True)
class Flags:
    """The flags of deploy.sh that decide about load, with its defaults."""

    cpu: int = 1
    memory: float = 1.25
    """GiB."""
    concurrency: int = 32
    min_instances: int = 0
    max_instances: int = 10


class Photo(NamedTuple):
    """What a photo takes, in seconds."""

    upload: float
    overhead: float
    """CPU time of HTTP, parsing and the reply, the proxy's part in it included."""
    decode: float
    """CPU time."""
    infer: float
    """CPU time on one thread."""
    cold: float = 1.0
    """By how much the stages take longer if the CPU was idle before: its caches are cold."""


class Instance:
    """Answers up to `concurrency` photos at once; the platform keeps count."""

    def __init__(self, env: Environment, flags: Flags, *, number: int) -> None:
        self.number = number
        self.ready = False
        self.requests = 0
        self.reserve = False
        """Whether it gets requests only if the others are full."""
        self.idle_since = env.now
        self.cpu = Cpu(env, flags.cpu)
        self._env = env
        self._flags = flags
        self._decoders = Resource(env, flags.cpu)
        self._interpreter = Resource(env, 1)
        self._busy_since = self._created = env.now
        self._billed = 0.0

    @property
    def has_room(self) -> bool:
        return self.ready and self.requests < self._flags.concurrency

    def rank(self) -> tuple[bool, int, int]:
        """The router sends a request to the instance with the lowest."""
        return self.reserve, self.requests, self.number

    def open(self) -> None:
        """End the start, which is billed."""
        self.ready = True
        self._billed += self._env.now - self._created
        self.idle_since = self._env.now

    def billed(self) -> float:
        """Seconds at the full price so far."""
        current = self._env.now - self._busy_since if self.requests else 0.0
        return self._billed + current

    def enter(self) -> None:
        """Count a request in."""
        if not self.requests:
            self._busy_since = self._env.now
        self.requests += 1

    def leave(self) -> None:
        """Count a request out."""
        self.requests -= 1
        if not self.requests:
            self.idle_since = self._env.now
            busy = self._env.now - self._busy_since
            self._billed += math.ceil(busy / BILLING_STEP) * BILLING_STEP

    def handle(self, photo: Photo, *, sent: float) -> Iterator[Any]:
        """Read, decode as many as there are CPUs, infer one at a time: as `service` does.

        `sent` seconds of the upload are over.
        """
        yield self._env.timeout(max(0.0, photo.upload - sent))
        factor = photo.cold if self.cpu.idle else 1.0
        yield self.cpu.run(photo.overhead * factor)
        with self._decoders.request() as turn:
            yield turn
            yield self.cpu.run_nice(photo.decode * factor)
        with self._interpreter.request() as turn:
            yield turn
            threads = self._flags.cpu
            seconds = photo.infer * factor * (SERIAL_SHARE + (1 - SERIAL_SHARE) / threads)
            yield AllOf(self._env, [self.cpu.run(seconds) for _ in range(threads)])
