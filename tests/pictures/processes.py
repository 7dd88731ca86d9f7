"""The processes of a pool, by proc(5)."""

import time
from pathlib import Path


def children_of(process):
    return set(Path(f"/proc/{process}/task/{process}/children").read_text().split())


def decoders(pool):
    """The processes of the pool's decoders: the children of its fork server."""
    return children_of(pool._fork_server.process)


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(process):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False
