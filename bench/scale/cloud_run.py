"""Cloud Run's autoscaler and router, by their documentation.

Documented (https://docs.cloud.google.com/run/docs/about-instance-autoscaling,
https://docs.cloud.google.com/run/docs/configuring/billing-settings and
https://docs.cloud.google.com/run/docs/configuring/min-instances):

- the number of instances is the larger of two, averaged over a minute: CPU usage over 60 % of an
  instance's CPUs, and concurrent requests over 60 % of its concurrency;
- a request that finds no room waits for 3.5 times the start of an instance, or 10 s if that is
  longer, and is answered 429 after that;
- instances without requests are kept for up to 15 minutes;
- with request-based billing, an instance is billed while it starts and while it has a request; of
  the minimum, those without requests are billed at the idle price.

Not documented, and assumed: the autoscaler decides every 5 s (an earlier edition of the page said
so); waiting requests go on uploading, and start as many instances as have room for them; the router
sends a request to the instance with the fewest, and to instances beyond the number wanted only if
the others are full. Left out, because no number is published: higher thresholds at few instances,
fewer requests for an instance whose CPU is busy, and short excesses of the maximum.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simpy import Environment, Event

from bench.scale.instance import Flags, Instance, Photo

TARGET = 0.6
WINDOW_SECONDS = 60
DECISION_SECONDS = 5
IDLE_SECONDS = 15 * 60
LEAST_PATIENCE_SECONDS = 10
STARTS_OF_PATIENCE = 3.5


@dataclass
class Record:
    """What came out."""

    answers: list[tuple[float, float]] = field(default_factory=list)
    """One answered request each: when it came, seconds that it took without its upload."""
    refused: list[float] = field(default_factory=list)
    """When a request came that got 429."""
    active: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 0)])
    """When, how many instances had requests from then on."""

    def most_active(self, *, since: float) -> int:
        """The most instances that had requests at once."""
        before = [count for when, count in self.active if when < since][-1:]
        return max(before + [count for when, count in self.active if when >= since])


class CloudRun:
    """A service with its instances; the minimum of them is there from the start."""

    def __init__(self, env: Environment, flags: Flags, *, cold_start: float) -> None:
        self.record = Record()
        self._env = env
        self._flags = flags
        self._cold_start = cold_start
        self._patience = max(LEAST_PATIENCE_SECONDS, STARTS_OF_PATIENCE * cold_start)
        self._instances: list[Instance] = []
        self._started = 0
        self._wanted = max(1, flags.min_instances)
        self._by_load: list[tuple[tuple[bool, int, int], Instance]] = []
        self._waiting: deque[Event] = deque()
        self._gone_billed = self._gone_used = self._idle = 0.0
        self._busy = 0.0  # concurrent requests x seconds
        self._concurrent = 0
        self._active = 0
        self._counted = env.now
        self._history: deque[tuple[float, float]] = deque(
            maxlen=WINDOW_SECONDS // DECISION_SECONDS + 1
        )
        for _ in range(flags.min_instances):
            self._add().open()
        self._offer_all()
        env.process(self._autoscale())

    def ask(self, photo: Photo) -> Iterator[Any]:
        """One request, from its arrival to its answer or refusal."""
        came = self._env.now
        instance = self._room()
        if instance is None:
            ticket = self._env.event()
            self._waiting.append(ticket)
            self._start_for_waiting()
            yield ticket | self._env.timeout(self._patience)
            if not ticket.triggered:
                self._waiting.remove(ticket)
                self.record.refused.append(came)
                return
            instance = ticket.value
        yield from instance.handle(photo, sent=self._env.now - came)
        self._leave(instance)
        self.record.answers.append((came, self._env.now - came - photo.upload))

    def billed_seconds(self) -> float:
        """Instance seconds at the full price so far."""
        return self._gone_billed + sum(each.billed() for each in self._instances)

    def idle_seconds(self) -> float:
        """Instance seconds at the idle price so far: the minimum, while it has no requests."""
        self._count()
        return self._idle

    def _room(self) -> Instance | None:
        """Take room in the instance with the fewest requests; None if all are full."""
        while self._by_load:
            rank, instance = heapq.heappop(self._by_load)
            if rank == instance.rank() and instance.has_room:  # otherwise it is out of date
                self._enter(instance)
                self._offer(instance)
                return instance
        return None

    def _offer(self, instance: Instance) -> None:
        if instance.has_room:
            heapq.heappush(self._by_load, (instance.rank(), instance))

    def _offer_all(self) -> None:
        self._by_load.clear()
        for place, each in enumerate(self._instances):
            each.reserve = place >= self._wanted
            self._offer(each)

    def _enter(self, instance: Instance) -> None:
        self._count()
        self._concurrent += 1
        self._activate(not instance.requests)
        instance.enter()

    def _leave(self, instance: Instance) -> None:
        """Count a request out; its room goes to the one that has waited longest."""
        self._count()
        self._concurrent -= 1
        instance.leave()
        self._activate(-(not instance.requests))
        if self._waiting:
            self._enter(instance)
            self._waiting.popleft().succeed(instance)
        else:
            self._offer(instance)

    def _activate(self, change: int) -> None:
        if change:
            self._active += change
            self.record.active.append((self._env.now, self._active))

    def _count(self) -> None:
        """Bring the sums over time up to now."""
        elapsed = self._env.now - self._counted
        self._busy += elapsed * self._concurrent
        self._idle += elapsed * max(0, self._flags.min_instances - self._active)
        self._counted = self._env.now

    def _add(self) -> Instance:
        instance = Instance(self._env, self._flags, number=self._started)
        self._started += 1
        self._instances.append(instance)
        return instance

    def _start_for_waiting(self) -> None:
        starting = sum(not each.ready for each in self._instances)
        needed = math.ceil(len(self._waiting) / self._flags.concurrency) - starting
        self._start(needed)

    def _start(self, count: int) -> None:
        for _ in range(min(count, self._flags.max_instances - len(self._instances))):
            self._env.process(self._boot(self._add()))

    def _boot(self, instance: Instance) -> Iterator[Any]:
        yield self._env.timeout(self._cold_start)
        instance.open()
        while self._waiting and instance.has_room:
            self._enter(instance)
            self._waiting.popleft().succeed(instance)
        self._offer_all()

    def _autoscale(self) -> Iterator[Any]:
        while True:
            self._count()
            used = self._gone_used + sum(each.cpu.used() for each in self._instances)
            self._history.append((used, self._busy))
            seconds = max(1, len(self._history) - 1) * DECISION_SECONDS
            (used_before, busy_before), (used, busy) = self._history[0], self._history[-1]
            by_cpu = (used - used_before) / seconds / (self._flags.cpu * TARGET)
            by_requests = (busy - busy_before) / seconds / (self._flags.concurrency * TARGET)
            wanted = max(math.ceil(by_cpu), math.ceil(by_requests), self._flags.min_instances, 1)
            self._wanted = min(wanted, self._flags.max_instances)
            if self._concurrent:
                self._start(self._wanted - len(self._instances))
            self._stop_idle()
            self._offer_all()
            yield self._env.timeout(DECISION_SECONDS)

    def _stop_idle(self) -> None:
        spare = len(self._instances) - self._flags.min_instances
        for each in self._instances[::-1]:
            idle = each.ready and not each.requests
            if spare > 0 and idle and self._env.now - each.idle_since > IDLE_SECONDS:
                self._gone_billed += each.billed()
                self._gone_used += each.cpu.used()
                self._instances.remove(each)
                spare -= 1
