"""The server of the container and of scripts/serve: waitress, with limits for impolite clients.

One loop reads requests and writes responses; a thread gets a request when all of it has arrived.
So clients that are slow, silent or do not read hold a connection but no thread. The function on
Google Cloud runs under functions-framework's gunicorn, behind Google's front end: there
`service/body.py` limits slow bodies.
"""

from __future__ import annotations

import logging
import signal
import socket
import time
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.utilities import RequestEntityTooLarge
from werkzeug import Request

from service.app import Service
from service.body import DEADLINE_SECONDS, DRAIN_BYTES, IDLE_SECONDS
from service.errors import BodyTooLarge
from service.response import ErrorResponse, to_response

# If there are more connections, or bytes of bodies in memory, the oldest connections whose request
# is not complete are closed: those of impolite clients live longer than others'. The file
# descriptors fit into the usual limit of 1024.
MAX_CONNECTIONS = 500
MAX_BODIES_BYTES = 4 * DRAIN_BYTES
_MAX_HEAD_BYTES = 32 * 2**10
_BODY_CHUNK = 256 * 2**10
_HEAD_END = b"\r\n\r\n"


def serve(service: Service, *, host: str, port: int, threads: int) -> None:
    """Serve requests until SIGTERM or SIGINT, and then those that have begun to arrive."""
    logging.getLogger("waitress.queue").disabled = True  # the admission limits the queue
    adjustments = Adjustments(
        listen=f"{host}:{port}",
        threads=threads,
        ident=None,
        backlog=2048,
        connection_limit=2 * MAX_CONNECTIONS,
        max_request_header_size=_MAX_HEAD_BYTES,
        max_request_body_size=DRAIN_BYTES + 1,
        # In memory, because a container may have no other place.
        inbuf_overflow=MAX_BODIES_BYTES,
        outbuf_overflow=MAX_BODIES_BYTES,
        log_socket_errors=False,
    )
    application = Request.application(service.respond)
    _Server(application, adj=adjustments, sockinfo=adjustments.listen[0], map={}).run()


class _Request(HTTPRequestParser):
    error: Any

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.deadline = time.time() + DEADLINE_SECONDS

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if self.chunked:  # where it ends is not known beforehand, so nothing may come after it
            self.headers["CONNECTION"] = "close"
        if isinstance(self.error, RequestEntityTooLarge):
            self.error = _TooLarge()
        return int(consumed)


class _TooLarge:
    """The response to a body of which not even the rest can be discarded."""

    def to_response(self, _: object) -> tuple[str, list[tuple[str, str]], bytes]:
        message = f"a body has at most {DRAIN_BYTES:,} bytes; shrink the picture before you send it"
        reply = ErrorResponse.from_exception(BodyTooLarge(message))
        response = to_response(reply, reply.error.code)
        return response.status, list(response.headers.items()), response.get_data()


class _Channel(HTTPChannel):
    """A connection, which receives one request at a time.

    The next one waits in the kernel: responses that a client does not read must not pile up.
    """

    parser_class = _Request

    def recv(self, buffer_size: int) -> bytes:
        request = self.request
        if request is None or not request.headers_finished:
            start = request.header_plus if request else b""
            return bytes(super().recv(self._rest_of_head(start, buffer_size)))
        if not request.chunked:
            rest = request.content_length - request.body_bytes_received
            buffer_size = min(rest, _BODY_CHUNK)
        return bytes(super().recv(buffer_size))

    def _rest_of_head(self, start: bytes, buffer_size: int) -> int:
        """How many bytes to receive so that nothing after the head is among them."""
        try:
            head = start + self.socket.recv(buffer_size, socket.MSG_PEEK)
        except OSError:  # the client is gone; the caller sees it too
            return buffer_size
        end = head.find(_HEAD_END)
        return buffer_size if end < 0 else end + len(_HEAD_END) - len(start)

    @property
    def served(self) -> bool:
        """Whether a thread has, or will have, the request."""
        return bool(self.requests)

    @property
    def idle(self) -> bool:
        return self.request is None and not self.total_outbufs_len

    def overdue(self, now: float) -> bool:
        """Whether the client was silent for too long, or takes too long for a request."""
        deadline = self.last_activity + IDLE_SECONDS
        if self.request is not None:
            deadline = min(deadline, self.request.deadline)
        return bool(now > deadline)

    def body_bytes(self) -> int:
        unfinished = [self.request] if self.request is not None else []
        return sum(each.body_bytes_received for each in [*self.requests, *unfinished])


class _Server(TcpWSGIServer):
    channel_class = _Channel
    draining = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._drain)
        while not self.draining or self.active_channels:
            wasyncore.loop(timeout=1, use_poll=True, map=self._map, count=1)
            if self.draining and self.socket:
                wasyncore.dispatcher.close(self)  # no longer listens; the trigger stays
            self._close_connections(time.time())

    def maintenance(self, now: float) -> None:
        """Nothing: waitress closes a connection only when it can be written to."""

    def _drain(self, number: int, _: object) -> None:
        self.draining = True
        signal.signal(number, signal.SIG_DFL)  # the second one ends the process
        self.pull_trigger()

    def _close_connections(self, now: float) -> None:
        """Close overdue connections, and the oldest if there are too many."""
        channels = list(self.active_channels.values())  # the oldest first
        count, body_bytes = len(channels), sum(each.body_bytes() for each in channels)
        for channel in channels:
            if channel.served:
                continue
            too_many = count > MAX_CONNECTIONS or body_bytes > MAX_BODIES_BYTES
            if too_many or channel.overdue(now) or (self.draining and channel.idle):
                count -= 1
                body_bytes -= channel.body_bytes()
                channel.handle_close()
