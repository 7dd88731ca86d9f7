"""Bodies: declared or chunked, complete or not, never beyond the limit."""

import io
import socket

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from service.body import DRAIN_BYTES, IDLE_SECONDS, Body
from service.errors import BodyIncomplete, BodyTooLarge


class Stream(io.RawIOBase):
    """A client that sends `size` bytes and counts how many of them were asked for."""

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


def test_a_declared_length_above_the_limit_is_refused_unread():
    stream = Stream(1001)
    with pytest.raises(BodyTooLarge, match=r"at most 1,000 bytes is accepted, this one has 1,001"):
        body_of(stream, declared=1001).read_all()
    assert stream.read_bytes == 0


def test_a_chunked_body_is_refused_soon_after_the_limit():
    stream = Stream(10**9)
    with pytest.raises(BodyTooLarge, match="this one has more"):
        body_of(stream).read_all()
    assert stream.read_bytes < 10**7


def test_a_body_shorter_than_declared_is_incomplete():
    with pytest.raises(BodyIncomplete, match="ended before its Content-Length of 500 bytes"):
        body_of(Stream(400), declared=500).read_all()


def test_a_connection_that_breaks_is_incomplete():
    class Broken(Stream):
        def read(self, size=-1):  # noqa: ARG002
            raise ConnectionResetError

    with pytest.raises(BodyIncomplete, match="the body ended before its last chunk"):
        body_of(Broken(10)).read_all()


def test_a_sender_that_has_gone_silent_is_not_waited_for():
    near, far = socket.socketpair()
    with near, far, near.makefile("rb", buffering=0) as stream:
        environ = EnvironBuilder(method="POST").get_environ() | {
            "wsgi.input": stream,
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "100",
            "gunicorn.socket": near,
        }
        body = Body(Request(environ), limit=1000)
        assert near.gettimeout() == IDLE_SECONDS
        near.settimeout(0.01)
        far.sendall(b"only this")
        with pytest.raises(BodyIncomplete, match="was the connection lost"):
            body.read_all()


def test_what_is_left_can_be_drained():
    stream = Stream(5000)
    assert body_of(stream).drain()
    assert stream.left == 0


def test_draining_has_an_end_though_the_body_may_not():
    stream = Stream(10**12)
    assert not body_of(stream).drain()
    assert stream.read_bytes <= DRAIN_BYTES


def test_a_broken_body_cannot_be_drained():
    assert not body_of(Stream(10), declared=20).drain()
