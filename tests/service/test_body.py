"""Bodies: size limit, read deadline, incomplete bodies, draining."""

import io
import socket
import threading
import time
from contextlib import suppress

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from service.body import DRAIN_BYTES, IDLE_SECONDS, Body
from service.errors import BodyIncomplete, BodyTooLarge


class Stream(io.RawIOBase):
    """The stream of a client that sends `size` bytes; it counts the bytes read."""

    def __init__(self, size):
        self.left = size
        self.read_bytes = 0

    def read(self, size=-1):
        given = min(size, self.left) if size >= 0 else self.left
        self.left -= given
        self.read_bytes += given
        return b"x" * given


def body_of(stream, *, declared=None, limit=1000):
    environ = EnvironBuilder(method="POST").get_environ()
    environ |= {"wsgi.input": stream, "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    if declared is not None:
        environ["CONTENT_LENGTH"] = str(declared)
    return Body(Request(environ), limit=limit)


@pytest.mark.parametrize("declared", [1000, None])
def test_a_body_at_the_limit_is_read(declared):
    assert body_of(Stream(1000), declared=declared).read_all() == b"x" * 1000


def test_a_buffer_is_emptied_when_it_has_been_read():
    """Waitress holds it until the response is sent."""
    buffer = io.BytesIO(b"x" * 1000)
    body = body_of(buffer, declared=1000)
    assert body.read_all() == b"x" * 1000
    assert buffer.getvalue() == b""
    assert body.drain()


def test_a_declared_length_above_the_limit_is_rejected_unread():
    stream = Stream(1001)
    with pytest.raises(BodyTooLarge, match=r"at most 1,000 bytes is accepted, this one has 1,001"):
        body_of(stream, declared=1001).read_all()
    assert stream.read_bytes == 0


def test_a_chunked_body_is_rejected_soon_after_the_limit():
    stream = Stream(10**9)
    with pytest.raises(BodyTooLarge, match="this one has more"):
        body_of(stream).read_all()
    assert stream.read_bytes < 10**7


def test_a_body_shorter_than_declared_is_incomplete():
    with pytest.raises(BodyIncomplete, match="ended before its Content-Length of 500 bytes"):
        body_of(Stream(400), declared=500).read_all()


def test_a_body_of_a_broken_connection_is_incomplete():
    class Broken(Stream):
        def read(self, size=-1):  # noqa: ARG002
            raise ConnectionResetError

    with pytest.raises(BodyIncomplete, match="the body ended before its last chunk"):
        body_of(Broken(10)).read_all()


@pytest.fixture
def connection():
    """A factory of bodies of 100 bytes on a socket, with the sockets of server and client."""
    server, client = socket.socketpair()
    with server, client, server.makefile("rb", buffering=0) as stream:

        def connect(stream=stream, **options):
            environ = EnvironBuilder(method="POST").get_environ() | {
                "wsgi.input": stream,
                "wsgi.input_terminated": True,
                "CONTENT_LENGTH": "100",
                "gunicorn.socket": server,
            }
            return Body(Request(environ), limit=1000, **options), server, client

        yield connect


def test_a_silent_sender_is_timed_out(connection):
    body, server, client = connection()
    assert server.gettimeout() == IDLE_SECONDS
    server.settimeout(0.01)
    client.sendall(b"only this")
    with pytest.raises(BodyIncomplete, match=r"came too slowly \(at most 10 s without a byte"):
        body.read_all()
    body.drain()


def test_a_dripping_sender_misses_the_deadline_and_gets_its_response(connection):
    body, server, client = connection(deadline_seconds=0.3)

    def drip():
        with suppress(OSError):
            for _ in range(50):
                client.sendall(b"x")
                time.sleep(0.05)

    sender = threading.Thread(target=drip)
    start = time.monotonic()
    sender.start()
    with pytest.raises(BodyIncomplete):
        body.read_all()
    assert 0.2 < time.monotonic() - start < 2  # the deadline began a moment before
    server.sendall(b"a response")
    assert client.recv(10) == b"a response"
    server.shutdown(socket.SHUT_RDWR)
    sender.join()


def test_a_body_within_its_deadline_leaves_the_connection_usable(connection):
    body, server, client = connection(Stream(100), deadline_seconds=0.3)
    assert len(body.read_all()) == 100
    body.drain()
    time.sleep(0.5)
    client.sendall(b"the next request")
    assert server.recv(100) == b"the next request"


def test_the_rest_of_a_body_can_be_drained():
    stream = Stream(5000)
    assert body_of(stream).drain()
    assert stream.left == 0


def test_draining_an_endless_body_ends():
    stream = Stream(10**12)
    assert not body_of(stream).drain()
    assert stream.read_bytes <= DRAIN_BYTES


def test_a_broken_body_cannot_be_drained():
    assert not body_of(Stream(10), declared=20).drain()
