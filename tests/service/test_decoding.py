"""The decode queue: its order, its limit, its timings."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pictures import Crop, ImageCorrupt, Picture, read_picture
from service import decoding
from service.decoding import Decoder
from service.errors import NoImage
from service.timings import Timings
from tests.service.samples import PNG

CROP = Crop(size=8, shorter_side=8)


class Gate(threading.Event):
    """Decoding pauses until it is set."""

    def __init__(self):
        super().__init__()
        self.queued = []
        self.started = []


@pytest.fixture
def gate(monkeypatch):
    gate = Gate()

    class Executor(ThreadPoolExecutor):
        def submit(self, *arguments):
            future = super().submit(*arguments)
            gate.queued.append(future)
            return future

    def read(image, *arguments, **options):
        gate.started.append(image)
        assert gate.wait(30)
        return read_picture(PNG, *arguments, **options)

    monkeypatch.setattr(decoding, "ThreadPoolExecutor", Executor)
    monkeypatch.setattr(decoding, "read_picture", read)
    yield gate
    gate.set()


@pytest.fixture
def start_decoding(gate):
    """Queue one image of a request that runs in a thread; return its timings."""
    with ThreadPoolExecutor(10) as requests:

        def start(decoder, image=PNG):
            timings, length = Timings(), len(gate.queued)
            requests.submit(decoder.decode, [image], CROP, timings)
            wait_until(lambda: len(gate.queued) > length)
            return timings

        yield start


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_an_image_that_cannot_be_decoded_is_replaced_by_its_error():
    decoder = Decoder(num_threads=1, max_pixels=100)
    missing = NoImage("image is missing")
    picture, corrupt, same = decoder.decode([PNG, PNG[:40], missing], CROP, Timings())
    assert isinstance(picture, Picture)
    assert isinstance(corrupt, ImageCorrupt)
    assert same is missing


def test_an_unexpected_error_reaches_the_caller(monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(decoding, "read_picture", fail)
    with pytest.raises(MemoryError):
        Decoder(num_threads=1, max_pixels=100).decode([PNG], CROP, Timings())


def test_requests_are_decoded_in_the_order_of_arrival(gate, start_decoding):
    decoder = Decoder(num_threads=1, max_pixels=100)
    images = [bytes([number]) for number in range(6)]
    for image in images:
        start_decoding(decoder, image)
    wait_until(lambda: gate.started == images[:1])
    gate.set()
    wait_until(lambda: all(future.done() for future in gate.queued))
    assert gate.started == images


def test_at_most_num_threads_requests_are_decoded_at_once(gate, start_decoding):
    decoder = Decoder(num_threads=2, max_pixels=100)
    for _ in range(5):
        start_decoding(decoder)
    wait_until(lambda: len(gate.started) == 2)
    time.sleep(0.05)
    assert len(gate.started) == 2
    gate.set()
    wait_until(lambda: len(gate.started) == 5)


def test_time_in_the_queue_is_wait_not_decode(gate, start_decoding):
    decoder = Decoder(num_threads=1, max_pixels=100)
    first, second = start_decoding(decoder), start_decoding(decoder)
    time.sleep(0.2)
    gate.set()
    wait_until(lambda: "decode" in second.milliseconds)
    assert list(second.milliseconds) == ["wait", "decode"]
    assert first.milliseconds["wait"] < 200 <= first.milliseconds["decode"]
    assert second.milliseconds["decode"] < 200 <= second.milliseconds["wait"]
