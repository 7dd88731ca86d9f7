"""A process that forks decoders and sees no picture, so that every decoder starts clean.

It is forked while the server starts: before there are threads, and with everything imported, which
all these processes share. Forking a decoder from it takes a few milliseconds.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, NoReturn

from pictures import sandbox
from pictures.decode import import_plugins

_STATUS_BYTES = 4


class Connection(NamedTuple):
    """The server's ends of what it shares with a decoder."""

    messages: socket.socket
    """Requests and replies of `pictures.protocol`."""
    status: int
    """The pipe through which the exit status comes."""

    def exit_status(self) -> int:
        """Wait for the decoder's end; its status as in waitpid(2), 0 if the fork server ended."""
        return int.from_bytes(os.read(self.status, _STATUS_BYTES), sys.byteorder)

    def close(self) -> None:
        """Close both ends; the decoder ends when it has decoded its picture."""
        self.messages.close()
        os.close(self.status)


class ForkServer:
    """Starts the fork server; create it before the process has threads."""

    def __init__(self, *, max_pixels: int) -> None:
        ours, theirs = socket.socketpair()
        self.process = os.fork()
        if self.process == 0:
            _live(_serve, theirs.fileno(), max_pixels)
        theirs.close()
        self._control = ours
        weakref.finalize(self, _end, ours, self.process, os.getpid())

    def fork_decoder(self) -> Connection:
        """A new decoder. Raises OSError if the fork server has ended."""
        ours, theirs = socket.socketpair()
        status, status_end = os.pipe()
        connection = Connection(ours, status)
        try:
            socket.send_fds(self._control, [b"f"], [theirs.fileno(), status_end])
        except OSError:
            connection.close()
            raise
        finally:
            theirs.close()
            os.close(status_end)
        return connection


def _end(control: socket.socket, process: int, parent: int) -> None:
    """End the fork server, which lives as long as one process holds its control socket."""
    control.close()
    if os.getpid() == parent:
        with suppress(ChildProcessError):  # gunicorn's master reaps all its children
            os.waitpid(process, 0)


def _live(life: Callable[[socket.socket, int], None], connection: int, max_pixels: int) -> NoReturn:
    """Run the life of a process that was just forked; it keeps no file but its connection."""
    status = 1
    try:
        gc.freeze()  # a collection would unshare copy-on-write pages, and close others' files
        os.dup2(connection, sandbox.CONNECTION)
        os.closerange(sandbox.CONNECTION + 1, os.sysconf("SC_OPEN_MAX"))
        life(socket.socket(fileno=sandbox.CONNECTION), max_pixels)
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may return into the code of the parent
        traceback.print_exc()
    finally:
        os._exit(status)


def _serve(control: socket.socket, max_pixels: int) -> None:
    """Fork a decoder for each message, and pass on how it ended."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # requests are answered while the server shuts down
    sandbox.die_with_parent()
    import_plugins()
    status_pipes: dict[int, int] = {}

    def report(*_: object) -> None:
        with suppress(ChildProcessError):  # there is no decoder
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                process, status = ended
                pipe = status_pipes.pop(process)
                with suppress(BrokenPipeError):  # the server has closed the connection
                    os.write(pipe, status.to_bytes(_STATUS_BYTES, sys.byteorder))
                os.close(pipe)

    signal.signal(signal.SIGCHLD, report)
    while files := socket.recv_fds(control, 1, 2)[1]:
        connection, pipe = files
        # A decoder that ends at once must not be reported before its pipe is known.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        process = os.fork()
        if process == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            _live(sandbox.run, connection, max_pixels)
        status_pipes[process] = pipe
        os.close(connection)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
