"""Memory not taken, or given back to the system; malloc is told so where it is glibc's."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import re
import sys
from pathlib import Path

_MAPS = Path("/proc/self/maps")

# Names and numbers from glibc's malloc.h: https://man7.org/linux/man-pages/man3/mallopt.3.html
# One arena for all threads: with one each, what large pictures leave behind adds up. A block of
# over 2 MiB, such as the bytes of a photo or its pixels, goes back as soon as it is free, unless
# a gap among others had room for it. Of smaller ones 8 MiB may stay, for memory asked for anew
# costs a page fault every 4 KiB: with half of that a 12-megapixel JPEG takes 5 % longer. With
# 4 MiB for the one, the peak under load is 10 MB higher; with what malloc finds by itself, 60.
_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1
_MALLOC_OPTIONS = {_M_ARENA_MAX: 1, _M_MMAP_THRESHOLD: 2 * 2**20, _M_TRIM_THRESHOLD: 8 * 2**20}


def save_memory() -> None:
    """Keep a server of two processes small; to be called before it forks and has threads."""
    if libc := _glibc():
        for option, value in _MALLOC_OPTIONS.items():
            libc.mallopt(option, value)
    # The two share all that was imported until one of them writes to it; the garbage collector
    # would, for it marks what it looks at. And who forks then only waits: it needs no library.
    if hasattr(os, "register_at_fork"):  # not on Windows
        os.register_at_fork(before=gc.freeze)
        os.register_at_fork(after_in_parent=_release_code)


def release_network(path: Path) -> None:
    """Give back what only building an Interpreter needed; what is needed again is read again.

    The network's weights are in memory twice then: as they are in the file, and in the order in
    which the CPU takes them.
    """
    # What is shared with the file and never written to: anything else would be lost.
    _release(rb"r--s", re.escape(bytes(path.resolve())))
    _release_code()


def _release_code() -> None:
    """Give back the memory of the libraries' code; what runs again is read again.

    Code alone: in what else is mapped of a library, the loader has written addresses.
    """
    _release(rb"r-xp", rb"/.*")


def _release(permissions: bytes, path: bytes) -> None:
    """Give back the memory of mapped files whose permissions and path match these expressions."""
    libc = _glibc()
    if libc is None or not _MAPS.exists():
        return
    # proc_pid_maps(5): addresses, permissions, offset, device, inode and, of a file, its path.
    mapping = re.compile(
        rb"^([0-9a-f]+)-([0-9a-f]+) %b \S+ \S+ \S+ +%b$" % (permissions, path), re.MULTILINE
    )
    for match in mapping.finditer(_MAPS.read_bytes()):
        start, end = (int(address, 16) for address in match.groups())
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED)


def return_free_memory() -> None:
    """Give back what malloc keeps in pieces between those that are in use; takes a millisecond."""
    if libc := _glibc():
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return libc if hasattr(libc, "mallopt") else None
