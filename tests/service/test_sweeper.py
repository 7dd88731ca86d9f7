"""Connections that are overdue are no longer read from, but can be answered."""

import socket
import time

import pytest

from service.sweeper import Sweeper


@pytest.fixture
def pair():
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def test_an_overdue_connection_ends_for_its_reader(pair):
    near, far = pair
    near.settimeout(30)
    Sweeper(seconds=0).watch(near)
    assert near.recv(10) == b""
    near.sendall(b"an answer")
    assert far.recv(10) == b"an answer"


def test_a_connection_that_is_done_in_time_is_left_alone(pair):
    near, far = pair
    sweeper = Sweeper(seconds=0.5)
    sweeper.watch(near)
    sweeper.forget(near)
    time.sleep(2.5)
    far.sendall(b"more")
    assert near.recv(10) == b"more"
