"""The fork server: its decoders live as long as the server, whatever ends which of them."""

import os
import signal
import subprocess
import sys

import pytest

from pictures import Crop, DecoderPool, Picture
from tests.pictures.processes import alive, children_of, decoders, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tests read /proc")

CROP = Crop(size=64, shorter_side=64)
MAX_PIXELS = 50_000_000


def decode(pool, data):
    return pool.submit(data, CROP).result(timeout=60)


def test_the_fork_server_is_replaced_if_it_is_killed(chelsea):
    """By one server, whose decoders live, however many pictures wait for them."""
    pool = DecoderPool(4, max_pixels=MAX_PIXELS)
    decode(pool, chelsea)
    os.kill(pool._fork_server.process, signal.SIGKILL)
    results = [pool.submit(chelsea, CROP) for _ in range(40)]
    ends = [result.exception(timeout=60) for result in results]
    assert sum(isinstance(end, ConnectionError) for end in ends) <= 1  # it may be at work
    assert sum(end is None for end in ends) >= 39
    pictures = [result.result().picture for result in results if not result.exception()]
    assert all(isinstance(picture, Picture) for picture in pictures)
    assert isinstance(decode(pool, chelsea).picture, Picture)


def test_a_decoder_that_the_system_refuses_is_an_error_of_the_server(chelsea, monkeypatch):
    fork = os.fork

    def refuse():
        raise BlockingIOError("Resource temporarily unavailable")

    def fork_server():
        process = fork()
        monkeypatch.setattr(os, "fork", refuse)
        return process

    monkeypatch.setattr(os, "fork", fork_server)
    pool = DecoderPool(1, max_pixels=MAX_PIXELS)
    with pytest.raises(BlockingIOError, match="refuses another decoder"):
        decode(pool, chelsea)


OWNER = """
import sys, time
from pathlib import Path
from pictures import Crop, DecoderPool

pool = DecoderPool(1, max_pixels=10**6)
pool.submit(Path(sys.argv[1]).read_bytes(), Crop(size=8, shorter_side=8)).result()
print(pool._fork_server.process, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_server(photos, number):
    command = [sys.executable, "-c", OWNER, photos / "chelsea.jpg"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        server = owner.stdout.readline().strip()
        children = children_of(server)
        assert len(children) == 1
        owner.send_signal(number)
        owner.wait(timeout=30)
    wait_until(lambda: not any(alive(process) for process in (server, *children)))


def test_a_pool_that_is_dropped_ends_its_processes(chelsea):
    pool = DecoderPool(1, max_pixels=MAX_PIXELS)
    decode(pool, chelsea)
    processes = [str(pool._fork_server.process), *decoders(pool)]
    del pool
    wait_until(lambda: not any(alive(process) for process in processes))
