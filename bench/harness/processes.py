"""Servers as processes: started, waited for, watched with all their children, stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from bench.harness.client import OK, Client
from bench.harness.errors import Skipped

START_SECONDS = 120
POLL_SECONDS = 0.001
WATCH_SECONDS = 0.2


def program(environment: str, name: str = "python") -> str:
    """The path of a program in an environment of scripts/bench. Raises Skipped."""
    path = Path(environment, "bin", name).absolute()
    if not path.exists():
        raise Skipped(f"{environment} has no {name}; scripts/bench installs it")
    return str(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server process and its children; a `with` statement stops them."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        port: int,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        """Start `command`; `before` runs in the new process first."""
        self.port = port
        self.started = time.perf_counter()
        self._process = psutil.Popen(
            command,
            cwd=folder,
            env={**_inherited(), **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=before,
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        family = self._family()
        for process in family:
            with suppress(psutil.NoSuchProcess):  # children may end with their parent
                process.terminate()
        _, alive = psutil.wait_procs(family, timeout=10)
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()

    def first_response(
        self, request: bytes, *, given_up: Callable[[], bool] = lambda: False
    ) -> float:
        """Repeat the request until its status is 200; seconds since the start.

        Raises Skipped if the server ends, takes too long or is given up.
        """
        client = Client(self.port)
        while time.perf_counter() < self.started + START_SECONDS and self._process.poll() is None:
            if given_up():
                break
            try:
                if client.send(request).status == OK:
                    return time.perf_counter() - self.started
            except OSError:
                client.close()
            time.sleep(POLL_SECONDS)
        raise Skipped("the server ended, or took too long to classify its first photo")

    def cpu_seconds(self) -> float:
        """CPU time of all processes so far."""
        return sum(sum(process.cpu_times()[:2]) for process in self._family())

    def memory(self) -> float:
        """Megabytes of all processes, with shared memory counted once (PSS)."""
        return sum(_pss(process) for process in self._family()) / 1e6

    def _family(self) -> list[psutil.Process]:
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


class MemoryWatch:
    """Samples a server's memory while a `with` statement runs."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._start = time.perf_counter()
        self.points: list[tuple[float, float]] = []
        """Seconds from the start, megabytes."""

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.points.append((time.perf_counter() - self._start, self._server.memory()))
            if self._end.wait(WATCH_SECONDS):
                return


def _inherited() -> dict[str, str]:
    """The environment, without variables that change how Python or NumPy start."""
    changing = ("PYTHONDONTWRITEBYTECODE", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    return {name: value for name, value in os.environ.items() if name not in changing}


def _pss(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.NoSuchProcess:  # it ended after it was listed
        return 0.0
