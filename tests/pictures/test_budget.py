"""Who may take memory, and who waits."""

import threading
import time

import pytest

from pictures.budget import MemoryBudget

SIZE = 100_000_000


@pytest.fixture
def budget():
    return MemoryBudget(SIZE)


class Holder:
    """Holds a part of the budget in a thread, from when it gets it to `end`."""

    def __init__(self, budget, amount):
        self._ended = threading.Event()
        self._holds = threading.Event()
        self._thread = threading.Thread(target=self._hold, args=(budget, amount), daemon=True)
        self._thread.start()

    def _hold(self, budget, amount):
        with budget.hold(amount):
            self._holds.set()
            self._ended.wait()

    def holds(self, *, within=10.0):
        return self._holds.wait(within)

    def waits(self):
        return not self.holds(within=0.1)

    def end(self):
        self._ended.set()
        self._thread.join()


def test_what_is_left_is_had_at_once(budget):
    with budget.hold(SIZE * 6 // 10), budget.hold(SIZE * 4 // 10):
        pass


def test_who_finds_too_little_left_waits_for_it(budget):
    first, second = Holder(budget, SIZE * 6 // 10), Holder(budget, SIZE // 2)
    assert first.holds()
    assert second.waits()
    first.end()
    assert second.holds()
    second.end()


def test_who_needs_more_than_there_is_has_all_for_itself(budget):
    huge = Holder(budget, 10 * SIZE)
    assert huge.holds()
    other = Holder(budget, SIZE // 10)
    assert other.waits()
    huge.end()
    assert other.holds()
    other.end()


def test_who_needs_little_never_waits(budget):
    with budget.hold(SIZE), budget.hold(4_000_000):
        pass


def test_less_is_not_let_past_much(budget):
    first = Holder(budget, SIZE // 10)
    assert first.holds()
    much = Holder(budget, SIZE)
    assert much.waits()
    less = Holder(budget, SIZE // 10)
    assert less.waits()
    first.end()
    assert much.holds()
    assert less.waits()
    much.end()
    assert less.holds()
    less.end()


def test_an_error_gives_back_what_was_held(budget):
    with pytest.raises(ZeroDivisionError), budget.hold(SIZE):
        1 / 0  # noqa: B018 - any error
    with budget.hold(SIZE):
        pass


def test_never_more_than_there_is_is_held(budget):
    held, most, lock = 0, 0, threading.Lock()

    def work(amount):
        nonlocal held, most
        for _ in range(20):
            with budget.hold(amount):
                with lock:
                    held += amount
                    most = max(most, held)
                time.sleep(0)
                with lock:
                    held -= amount

    threads = [
        threading.Thread(target=work, args=(share * SIZE // 100,))
        for share in (20, 30, 50, 70, 100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < most <= SIZE
