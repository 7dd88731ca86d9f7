"""The allocator's options: resident memory as the kernel reports it for a new process."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the options are glibc's")

LARGE_BLOCKS = """
import ctypes, sys
from pathlib import Path
from pictures import configure_allocator

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def use_and_free(size):
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    libc.free(block)

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
if sys.argv[1] == "saving":
    configure_allocator()
before = resident()
for _ in range(3):  # malloc learns from the first to keep the others
    use_and_free(5 * 2**20)
print(resident() - before)
"""


def kept(how):
    command = [sys.executable, "-c", LARGE_BLOCKS, how]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_large_blocks_go_back_when_they_are_free():
    assert kept("saving") < 2**20 < kept("as it is")


FORK = """
import gc, os
from pictures import configure_allocator

configure_allocator()
os._exit(0) if os.fork() else print(gc.get_freeze_count())
"""


def test_the_collector_leaves_alone_what_processes_share():
    output = subprocess.run([sys.executable, "-c", FORK], check=True, capture_output=True).stdout
    assert int(output) > 10_000
