"""The real server in a storm, in little: `scripts/fuzz storm` has ten thousand of each."""

import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress

import pytest

from service.dialects import DIALECTS
from service.routes import CLASSIFY
from tests.hostile import storm
from tests.hostile.requests import KINDS, PICTURE
from tests.hostile.watch import watching
from tests.hostile.wire import ask, head, post


@pytest.fixture(scope="module")
def server(start_server):
    return start_server(THREADS="80", PRELOAD="true")


@contextmanager
def silent_clients(port, *, count):
    """They announce a body and send none of it."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(count)
        ]
        for client in clients:
            client.sendall(head(10**6))
        yield clients


@contextmanager
def trickling_clients(port, *, count):
    """They announce a body and send it a byte at a time."""
    over = threading.Event()

    def trickle(clients):
        while not over.wait(0.5):
            for client in clients:
                with suppress(OSError):
                    client.sendall(b"x")

    with silent_clients(port, count=count) as clients:
        thread = threading.Thread(target=trickle, args=(clients,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


OTHER_PATHS = [
    dialect.route.path.format(model="resnet50") for dialect in DIALECTS if dialect.route != CLASSIFY
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "prepared",
    [
        storm.pictures(300),
        storm.hostile_requests(len(KINDS) * 10),
        *(storm.hostile_requests(len(KINDS) * 3, path) for path in OTHER_PATHS),
    ],
    ids=["pictures", "requests", *OTHER_PATHS],
)
def test_a_storm_is_answered_without_a_failure(server, prepared):
    with watching(server.port, server.process.pid) as watch:
        result = storm.storm(server.port, prepared)
    assert not result.failures
    assert result.slowest_seconds < storm.HANGS
    assert max(watch.health) < storm.HANGS * 1000
    assert server.process.poll() is None
    assert '"severity":"ERROR"' not in server.log.read_text()


def test_hostile_pictures_that_are_pictures_are_classified(server):
    """That a storm fails nothing is told by answers, not by their absence."""
    result = storm.storm(server.port, storm.pictures(100))
    answered = sum(count for told, count in result.reasons.items() if " 200 " in told)
    assert answered > 10
    assert sum(result.reasons.values()) == 100


@pytest.mark.slow
@pytest.mark.parametrize("clients_of", [silent_clients, trickling_clients])
def test_clients_that_never_finish_do_not_keep_others_out(start_server, clients_of):
    """As many of them as the server has threads: they are given up, and others answered."""
    server = start_server(THREADS="2", PRELOAD="true")
    with clients_of(server.port, count=2):
        start = time.perf_counter()
        assert ask(server.port, post(PICTURE)).status == 200
    # A body has thirty seconds; what has to be shown is that they end.
    assert time.perf_counter() - start < 2 * storm.HANGS
