"""The queue: how many work, how many wait, who is turned away."""

import threading

import pytest

from service.errors import Overloaded
from service.timings import Timings
from service.turnstile import Turnstile


def test_a_request_without_a_place_is_turned_away_at_once():
    turnstile = Turnstile(slots=1, max_waiting=1)
    with turnstile.place(), turnstile.place():
        with pytest.raises(Overloaded, match="try again") as caught, turnstile.place():
            pass
        assert caught.value.retry_after == 1


def test_a_place_is_free_again_after_an_error():
    turnstile = Turnstile(slots=1, max_waiting=1)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), turnstile.place(), turnstile.turn(Timings()):
            raise ZeroDivisionError
    with turnstile.place(), turnstile.turn(Timings()):
        pass


def test_no_more_work_at_once_than_there_are_slots():
    turnstile = Turnstile(slots=2, max_waiting=10)
    working, most = 0, 0
    lock = threading.Lock()
    full = threading.Event()

    def work():
        nonlocal working, most
        with turnstile.place(), turnstile.turn(Timings()):
            with lock:
                working += 1
                most = max(most, working)
                if working == 2:
                    full.set()
            full.wait(10)
            with lock:
                working -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_turns_come_in_the_order_of_arrival():
    turnstile, order = Turnstile(slots=1, max_waiting=10), []

    def work(number):
        with turnstile.turn(Timings()):
            order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    with turnstile.turn(Timings()):
        for number, thread in enumerate(threads, start=1):
            thread.start()
            while len(turnstile._queue) < number:
                pass
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_the_wait_is_measured():
    turnstile, timings = Turnstile(slots=1, max_waiting=1), Timings()
    with turnstile.turn(timings):
        assert timings.milliseconds.keys() == {"wait"}
