"""The CPUs of an instance, shared by its threads and processes."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field

from simpy import Environment, Event

SERVER_WEIGHT, DECODER_WEIGHT = 1024, 110
"""Shares of a contended CPU at niceness 0 and 10: `sched_prio_to_weight` of Linux."""


@dataclass
class _Class:
    """Jobs of one weight. All progress at the same speed, so the least one ends first."""

    weight: int
    jobs: list[tuple[float, int, Event]] = field(default_factory=list)
    """Heap by the progress at which they end."""
    progress: float = 0.0
    """Seconds that a job would have got if it had been there from the start."""
    speed: float = 0.0


class Cpu:
    """Weighted processor sharing among jobs, each on at most one core at a time.

    That is what Linux's scheduler converges to. Only arrivals and departures of jobs are events.
    """

    def __init__(self, env: Environment, cores: int) -> None:
        self._env = env
        self._cores = cores
        self._server = _Class(SERVER_WEIGHT)
        self._decoder = _Class(DECODER_WEIGHT)
        self._numbers = itertools.count()
        self._updated = env.now
        self._used = 0.0
        self._next: Event | None = None

    def run(self, seconds: float) -> Event:
        """An event that succeeds when the job has got `seconds` of a core."""
        return self._add(self._server, seconds)

    def run_nice(self, seconds: float) -> Event:
        """As `run`, at the niceness of the decoders."""
        return self._add(self._decoder, seconds)

    @property
    def idle(self) -> bool:
        return not (self._server.jobs or self._decoder.jobs)

    def used(self) -> float:
        """CPU seconds used so far."""
        self._advance()
        return self._used

    def _add(self, to: _Class, seconds: float) -> Event:
        self._advance()
        done = self._env.event()
        heapq.heappush(to.jobs, (to.progress + seconds, next(self._numbers), done))
        self._plan()
        return done

    def _advance(self) -> None:
        elapsed = self._env.now - self._updated
        for each in (self._server, self._decoder):
            each.progress += elapsed * each.speed
            self._used += elapsed * each.speed * len(each.jobs)
        self._updated = self._env.now

    def _plan(self) -> None:
        """Set the speeds, and wake up when the next job ends.

        An earlier plan is ignored when it comes due.
        """
        server, decoder = self._server, self._decoder
        weights = sum(each.weight * len(each.jobs) for each in (server, decoder))
        server.speed = min(1.0, self._cores * server.weight / weights) if server.jobs else 0.0
        left = self._cores - server.speed * len(server.jobs)
        decoder.speed = min(1.0, left / len(decoder.jobs)) if decoder.jobs else 0.0
        remaining = [
            max(0.0, each.jobs[0][0] - each.progress) / each.speed
            for each in (server, decoder)
            if each.jobs
        ]
        self._next = None
        if remaining:
            self._next = self._env.timeout(min(remaining))
            self._next.callbacks.append(self._finish)

    def _finish(self, plan: Event) -> None:
        if plan is not self._next:
            return
        self._advance()
        for each in (self._server, self._decoder):
            # Rounding may leave the rest of a nanosecond.
            while each.jobs and each.jobs[0][0] <= each.progress + 1e-9:
                heapq.heappop(each.jobs)[2].succeed()
        self._plan()
