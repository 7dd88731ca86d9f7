"""Reduce the memory footprint of a server that forks and decodes pictures (glibc only)."""

from __future__ import annotations

import ctypes
import gc
import os
import sys

# Names and numbers from glibc's malloc.h: https://man7.org/linux/man-pages/man3/mallopt.3.html
# One arena for all threads: with one each, the memory that large pictures leave behind adds up.
# A freed block of over 2 MiB, such as a photo's bytes or pixels, goes back to the system at once;
# of smaller blocks up to 8 MiB stay, because memory that is asked for again costs a page fault
# every 4 KiB. docs/performance.md has the measurements.
_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1
_MALLOC_OPTIONS = {_M_ARENA_MAX: 1, _M_MMAP_THRESHOLD: 2 * 2**20, _M_TRIM_THRESHOLD: 8 * 2**20}


def configure_allocator() -> None:
    """Set malloc's options and keep forks small; call it before threads and forks."""
    if libc := _glibc():
        for option, value in _MALLOC_OPTIONS.items():
            libc.mallopt(option, value)
        # The collector marks the objects that it visits, which unshares copy-on-write pages.
        os.register_at_fork(before=gc.freeze)


def return_free_memory() -> None:
    """Return the free blocks inside malloc's heap to the system; takes about a millisecond."""
    if libc := _glibc():
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return libc if hasattr(libc, "mallopt") else None
