"""A process that forks decoders. It never handles a picture, so every decoder starts clean.

It is forked while the server starts, because forking is unsafe once there are threads. It imports
all that decoders need, so that they share the memory. Forking one takes a few milliseconds.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import select
import signal
import socket
import sys
import tempfile
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, NoReturn

from pictures import sandbox
from pictures.decode import import_plugins
from pictures.memory import configure_allocator

_NUMBER_BYTES = 4
_GRACE_MILLISECONDS = 1000


class Connection(NamedTuple):
    """A decoder as seen by the server: a socket, a pipe, and the process id."""

    messages: socket.socket
    """Requests and replies of `pictures.protocol`."""
    status: int
    """The pipe that delivers the exit status."""
    process: int

    def idle(self) -> bool:
        """Whether the decoder waits for a picture. If not, it has ended or is compromised."""
        return not _readable(self.messages.fileno(), 0)

    def end(self) -> int:
        """The status of waitpid(2); kills the decoder if it does not end within a second.

        Raises ConnectionError if the fork server has ended, and all its decoders with it.
        """
        if not _readable(self.status, _GRACE_MILLISECONDS):
            os.kill(self.process, signal.SIGKILL)
        return _read_number(self.status)

    def close(self) -> None:
        """Close the socket and the pipe; the decoder ends after its current picture."""
        self.messages.close()
        os.close(self.status)


class ForkServer:
    """Starts the fork server. Create it before the process has threads, or with `spawn`.

    `spawn` starts a new interpreter, which takes longer and shares no memory.
    """

    def __init__(self, *, max_pixels: int, spawn: bool = False) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            start = _spawn if spawn else _fork
            self.process = start(theirs.fileno(), max_pixels)
        self._control = ours
        weakref.finalize(self, _end, ours, self.process, os.getpid())

    def fork_decoder(self) -> Connection:
        """Fork a decoder. Raises OSError; a ConnectionError if the fork server has ended."""
        ours, theirs = socket.socketpair()
        status, status_end = os.pipe()
        try:
            with theirs, os.fdopen(status_end, "wb"):
                socket.send_fds(self._control, [b"f"], [theirs.fileno(), status_end])
            return Connection(ours, status, _read_process(status))
        except OSError:
            ours.close()
            os.close(status)
            raise


def serve_spawned(max_pixels: int) -> NoReturn:
    """Run the fork server in a new interpreter."""
    configure_allocator()
    _run_child(_serve, sandbox.CONNECTION, max_pixels, last_file=sandbox.CONNECTION)


def _fork(connection: int, max_pixels: int) -> int:
    process = os.fork()
    if process == 0:
        _run_child(_serve, connection, max_pixels, last_file=sandbox.CONNECTION)
    return process


def _spawn(connection: int, max_pixels: int) -> int:
    code = f"from pictures.fork_server import serve_spawned; serve_spawned({max_pixels})"
    path = os.pathsep.join(sys.path)
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", code],
        os.environ | {"PYTHONPATH": path},
        file_actions=[(os.POSIX_SPAWN_DUP2, connection, sandbox.CONNECTION)],
    )


def _end(control: socket.socket, process: int, parent: int) -> None:
    """Close the control socket: the fork server ends when no process holds it."""
    control.close()
    if os.getpid() == parent:
        with suppress(ChildProcessError):  # gunicorn's master reaps all its children
            os.waitpid(process, 0)


def _run_child(
    main: Callable[[socket.socket, int], None], connection: int, max_pixels: int, *, last_file: int
) -> NoReturn:
    """Run `main` in a new process, then exit. Closes all files above `last_file`."""
    status = 1
    try:
        gc.freeze()  # a collection would unshare copy-on-write pages, and close others' files
        faulthandler.disable()  # the number of its file is about to be reused
        os.dup2(connection, sandbox.CONNECTION)
        os.closerange(last_file + 1, os.sysconf("SC_OPEN_MAX"))
        main(socket.socket(fileno=sandbox.CONNECTION), max_pixels)
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may return into the code of the parent
        traceback.print_exc()
    finally:
        os._exit(status)


def _serve(control: socket.socket, max_pixels: int) -> None:
    """Fork a decoder for each message, and report its exit status."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # requests are answered while the server shuts down
    sandbox.die_with_parent()
    os.dup2(_empty_file(), sandbox.LOCK)
    import_plugins()
    child_ended = _wakeup_at(signal.SIGCHLD)
    poll = select.poll()
    for file in (control.fileno(), child_ended):
        poll.register(file, select.POLLIN)
    status_pipes: dict[int, int] = {}
    while True:
        ready = [file for file, _ in poll.poll()]
        if child_ended in ready:
            os.read(child_ended, select.PIPE_BUF)
            _report_statuses(status_pipes)
        if control.fileno() in ready:
            files = socket.recv_fds(control, 1, 2)[1]
            if not files:
                return
            connection, pipe = files
            process = _fork_decoder(connection, max_pixels)
            _write_number(pipe, process)
            if process:
                status_pipes[process] = pipe
            else:
                os.close(pipe)
            os.close(connection)


def _wakeup_at(number: int) -> int:
    """A pipe that the signal makes readable, even if it arrives just before poll(2)."""
    wakeup, end = os.pipe()
    os.set_blocking(end, False)
    signal.set_wakeup_fd(end, warn_on_full_buffer=False)
    signal.signal(number, lambda *_: None)
    return wakeup


def _report_statuses(status_pipes: dict[int, int]) -> None:
    with suppress(ChildProcessError):  # there is no decoder
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            process, status = ended
            pipe = status_pipes.pop(process)
            _write_number(pipe, status)
            os.close(pipe)


def _fork_decoder(connection: int, max_pixels: int) -> int:
    """Fork a decoder; its process id, or 0 if the system refuses."""
    try:
        process = os.fork()
    except OSError:
        return 0
    if process == 0:
        _run_child(sandbox.run, connection, max_pixels, last_file=sandbox.LOCK)
    return process


def _empty_file() -> int:
    """A file in memory, because every file system may be read-only; on macOS, a real one."""
    if sys.platform == "linux":
        return os.memfd_create("lock")
    return os.dup(tempfile.TemporaryFile().fileno())


def _readable(file: int, milliseconds: int) -> bool:
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(milliseconds))


def _write_number(pipe: int, number: int) -> None:
    with suppress(BrokenPipeError):  # the server has closed the connection
        os.write(pipe, number.to_bytes(_NUMBER_BYTES, sys.byteorder))


def _read_number(pipe: int) -> int:
    """Raises ConnectionError if the fork server has ended."""
    data = os.read(pipe, _NUMBER_BYTES)
    if not data:
        raise ConnectionResetError("the fork server has ended: its decoders ended with it")
    return int.from_bytes(data, sys.byteorder)


def _read_process(pipe: int) -> int:
    process = _read_number(pipe)
    if process == 0:
        raise BlockingIOError("the system refuses another decoder: raise its limit of processes")
    return process
