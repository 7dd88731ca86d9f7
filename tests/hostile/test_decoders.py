"""The real server and its decoder processes: what is killed costs what it must, and no more."""

import os
import signal
import sys
import threading
import time

import pytest

from tests.hostile.bombs import GIF_OF_43_BYTES
from tests.hostile.killing import clients, decoders, kill_at_work, slow_photo
from tests.hostile.measure import children, descendants
from tests.hostile.overload import Load, send_photo
from tests.hostile.shutdown import admitted, is_right
from tests.hostile.wire import ask, post, read_answer
from tests.pictures.processes import alive, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tests read /proc")


def kill(process):
    os.kill(process, signal.SIGKILL)


def terminate(process):
    os.kill(process, signal.SIGTERM)


def interrupt(process):
    """As Ctrl-C in a terminal does: all processes of the server at once."""
    os.killpg(process, signal.SIGINT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "error"),
    [(signal.SIGKILL, "IMAGE_TOO_COSTLY"), (signal.SIGSEGV, "IMAGE_CORRUPT")],
)
def test_a_killed_decoder_costs_its_own_request(start_server, number, error, record_property):
    server = start_server(THREADS="80", PRELOAD="true")
    process = server.process.pid
    before = children(process)
    with clients(server.port, 16) as answers:
        for _ in range(50):
            kill_at_work(process, number)
    record_property("answers", dict(answers.reasons))
    # A decoder may have sent its answer just before it is killed.
    assert 45 <= answers.reasons.pop(error) <= 50
    assert answers.reasons.pop("right") > 10
    assert not answers.reasons
    assert children(process) == before
    with clients(server.port, 16) as answers:
        time.sleep(1)
    assert set(answers.reasons) == {"right"}
    assert len(decoders(process)) == os.cpu_count()
    assert all(map(alive, decoders(process)))


@pytest.mark.slow
def test_a_killed_fork_server_is_replaced(start_server):
    """Pictures that are being decoded are lost with it, and nothing after them."""
    server = start_server(THREADS="80", PRELOAD="true")
    fork_server, _ = sorted(children(server.process.pid))
    with clients(server.port, 16) as answers:
        wait_until(lambda: answers.reasons["right"] > 16)
        os.kill(fork_server, signal.SIGKILL)
        wait_until(lambda: not alive(fork_server))
        right = answers.reasons["right"]
        wait_until(lambda: answers.reasons["right"] > right + 50)
    assert answers.reasons.pop("right") > 50
    assert set(answers.reasons) <= {"INTERNAL"}
    assert answers.reasons["INTERNAL"] <= os.cpu_count()
    processes = [server.process.pid, *descendants(server.process.pid)]
    server.process.terminate()
    wait_until(lambda: not any(map(alive, processes)))


@pytest.mark.slow
def test_the_gif_of_43_bytes_is_refused_before_it_takes_memory(start_server, make_control_group):
    group = make_control_group(512)
    with group.joined():
        server = start_server(THREADS="80", PRELOAD="true")
    photos = Load()
    seconds = []
    sender = threading.Thread(target=lambda: [send_photo(server.port, photos) for _ in range(20)])
    sender.start()
    for _ in range(10):
        start = time.perf_counter()
        assert ask(server.port, post(GIF_OF_43_BYTES)).reason == "TOO_MANY_PIXELS"
        seconds.append(time.perf_counter() - start)
    sender.join()
    assert len(photos.right) == 20
    assert min(seconds) < 0.3
    assert group.peak_megabytes() < 250


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("end", [kill, terminate, interrupt])
def test_nothing_outlives_a_server_at_work(start_server, end, workers):
    server = start_server(THREADS="20", WORKERS=workers)
    assert ask(server.port, post(slow_photo())).status == 200
    with admitted(server.port, 16, slow_photo()) as connections:
        for connection in connections:
            connection.sendall(slow_photo())
        processes = [server.process.pid, *descendants(server.process.pid)]
        assert len(processes) > 2 + int(workers)
        end(server.process.pid)
        if end is terminate:
            assert all(is_right(read_answer(connection)) for connection in connections)
    server.process.wait(timeout=60)
    wait_until(lambda: not any(map(alive, processes)))
