"""The server of the container: what clients may send, and how much of it is kept."""

import http.client
import json
import signal
import socket
import time
from contextlib import ExitStack, suppress

import pytest

from service.body import DRAIN_BYTES
from service.server import MAX_BODIES_BYTES, MAX_CONNECTIONS
from tests.conftest import WAITRESS
from tests.hostile.shutdown import admitted, finish, is_right
from tests.hostile.wire import Sent, ask, head, post, read_answer
from tests.service.samples import PNG

HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
)


@pytest.fixture(scope="module")
def server(start_server):
    return start_server(WAITRESS, PRELOAD="true", MAX_BODY_BYTES="1000000")


@pytest.fixture
def connection(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        yield connection


def test_preload_loads_the_model_at_the_start(server, chelsea):
    answer = ask(server.port, post(chelsea, "image/jpeg"))
    assert is_right(answer)
    assert "load" not in answer.headers["server-timing"]


def test_a_connection_stays_usable(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for method, status in [("GET", 200), ("HEAD", 200), ("POST", 405), ("GET", 200)]:
        connection.request(method, "/health", b"x" if method == "POST" else None)
        response = connection.getresponse()
        response.read()
        assert response.status == status
        assert not response.will_close
    connection.close()


def test_pipelined_requests_are_answered_in_turn(connection):
    connection.sendall(HEALTH + head(len(PNG), "image/png").replace(b"close", b"keep-alive"))
    connection.sendall(PNG + HEALTH.replace(b"Host: x", b"Connection: close"))
    received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.count(b'"model_loaded":true') == 2
    assert received.count(b'"format":"PNG"') == 1


def test_requests_whose_answers_nobody_reads_wait_in_the_kernel(server, connection):
    """Otherwise their answers would pile up in memory."""
    before = server.log.read_text().count("GET /labels")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(HEALTH.replace(b"/health", b"/labels") * 1000)
    time.sleep(0.5)
    assert 0 < server.log.read_text().count("GET /labels") - before < 200


def test_a_chunked_body_ends_its_connection(connection):
    """Its end is found only after more has been received."""
    connection.sendall(CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(PNG), PNG) + HEALTH)
    received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b'"format":"PNG"' in received
    assert b"connection: close" in received.lower()
    assert received.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("size", [1_000_001, DRAIN_BYTES + 1])
def test_a_body_that_is_too_large_is_rejected_in_json(server, size):
    answer = ask(
        server.port, Sent([head(size), b"x" * 1_000_001] if size < 10**7 else [head(size)])
    )
    assert (answer.status, answer.reason) == (413, "BODY_TOO_LARGE")


def test_a_request_line_has_a_limit(server):
    """Gunicorn parses one of 20 MB for half a minute, because functions-framework lifts it."""
    assert ask(server.port, Sent([b"GET /?" + b"x" * 40_000 + b" HTTP/1.1\r\n\r\n"])).status == 431


def test_the_oldest_of_too_many_connections_make_room(server):
    with ExitStack() as stack:
        for _ in range(MAX_CONNECTIONS + 100):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        assert ask(server.port, Sent([HEALTH])).status == 200


def test_the_oldest_of_too_many_unfinished_bodies_make_room(server, chelsea):
    size, chunk = DRAIN_BYTES // 2, b"x" * 2**20
    with ExitStack() as stack:
        clients = []
        for _ in range(MAX_BODIES_BYTES // size + 2):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=60)
            clients.append(stack.enter_context(client))
            client.sendall(head(size))
            for _ in range(size // len(chunk) - 1):
                client.sendall(chunk)
        assert is_right(ask(server.port, post(chelsea, "image/jpeg")))
        clients[0].settimeout(5)
        assert clients[0].recv(1) == b""
        clients[-1].sendall(chunk)
        assert read_answer(clients[-1]).reason == "BODY_TOO_LARGE"


def test_terminated_it_answers_all_that_it_has_begun(start_server):
    server = start_server(WAITRESS)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as idle:
        with admitted(server.port, 8) as connections:
            server.process.send_signal(signal.SIGTERM)
            answers = finish(connections)
        assert all(is_right(answer) for answer in answers)
        assert idle.recv(1) == b""
    assert server.process.wait(timeout=60) == 0


@pytest.mark.slow
def test_a_silent_connection_is_closed(connection):
    connection.sendall(HEALTH[:-2])
    start = time.perf_counter()
    assert connection.recv(1) == b""
    assert 9 < time.perf_counter() - start < 13


@pytest.mark.slow
def test_a_dripping_request_is_closed_at_its_deadline(connection):
    start = time.perf_counter()
    connection.sendall(head(1000))
    connection.settimeout(1)
    closed = False
    while not closed:
        connection.sendall(b"x")
        with suppress(TimeoutError):
            closed = connection.recv(1) == b""
    assert 29 < time.perf_counter() - start < 35


def test_a_model_that_cannot_be_preloaded_does_not_stop_the_server(start_server, tmp_path):
    server = start_server(WAITRESS, PRELOAD="true", MODEL=str(tmp_path))
    line = json.loads(server.log.read_text().splitlines()[0])
    assert "cannot be preloaded: the model card model.json" in line["message"]
