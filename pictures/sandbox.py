"""The decoder process: decodes untrusted pictures under limits that the kernel enforces.

Beyond the memory limit, allocations fail; beyond a time limit, the process ends. The limits are
those of setrlimit(2), setitimer(2) and prctl(2). gVisor, in which Cloud Run may run a container,
has them too: `setableLimits` in its pkg/sentry/syscalls/linux/sys_rlimit.go, and
https://gvisor.dev/docs/user_guide/compatibility/.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import logging
import os
import resource
import signal
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import cast

from pictures.decode import Picture, open_picture
from pictures.errors import ImageError, ImageTooCostly
from pictures.memory import return_free_memory
from pictures.protocol import REQUESTS, Decoded, Refused, Request, receive, receive_bytes, send
from pictures.resize import Crop

_log = logging.getLogger(__name__)

#: The file descriptors of a decoder besides the three standard ones: its connection to the server,
#: and the file that decoders of large pictures lock.
CONNECTION, LOCK = 3, 4

# Peak bytes a pixel in the format that takes the most: WebP, for which libwebp adds two canvases.
_BYTES_PER_PIXEL = 17
_BASE_BYTES = 64 * 2**20
# Pictures that take more memory than this many pixels are decoded one at a time: two of the largest
# would not fit into the memory of an instance. A large JPEG is decoded small and does not count.
_LARGE_PIXELS = 1_000_000
# CPU time to read any header, and to decode a pixel: many times what a photo takes. The clock may
# show more, because other processes use the CPUs as well, and go first.
_HEADER_SECONDS = 1.0
_SECONDS_PER_PIXEL = 0.1e-6
_CLOCK_PER_CPU_SECOND = 10

# Below the server, so that inferences, whose threads wait for each other, are not interrupted:
# 16 clients get 3 % more answers than at equal priority.
_NICENESS = 10

# prctl(2): numbers from linux/prctl.h.
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38

_TOO_COSTLY = "decoding the picture takes too much {}: re-save it as a plain JPEG, or shrink it"
OUT_OF_MEMORY, OUT_OF_TIME = _TOO_COSTLY.format("memory"), _TOO_COSTLY.format("time")
KILLED = _TOO_COSTLY.format("memory or time")
#: The signals by which the kernel ends a decoder that is out of time.
TIME_SIGNALS = {signal.SIGPROF, signal.SIGALRM}


def run(connection: socket.socket, max_pixels: int) -> None:
    """Run a decoder: confine it, then serve its connection."""
    silence = os.open(os.devnull, os.O_RDWR)
    _confine(max_pixels)
    for stream in range(CONNECTION):  # libraries print warnings about damaged pictures
        os.dup2(silence, stream)
    os.closerange(LOCK + 1, silence + 1)
    # No new file and no socket, not even in place of a closed one.
    _limit(resource.RLIMIT_NOFILE, 0)
    warnings.simplefilter("ignore")  # Pillow warns of what it repairs
    serve(connection, max_pixels)


def serve(connection: socket.socket, max_pixels: int) -> None:
    """Decode the pictures that come through `connection` until it is closed."""
    while True:
        try:
            request = receive(connection, REQUESTS)
            data = receive_bytes(connection, request.size)
        except EOFError:
            return
        reply, pixels = _decode(data, request, max_pixels)
        send(connection, reply, pixels)
        del data, pixels
        # A JPEG leaves little behind, because it is decoded small.
        if isinstance(reply, Refused) or reply.format != "JPEG":
            return_free_memory()


def _decode(data: bytes, request: Request, max_pixels: int) -> tuple[Decoded | Refused, bytes]:
    try:
        for pixels, turn in ((_LARGE_PIXELS, nullcontext()), (max_pixels, _turn_of_large())):
            with suppress(MemoryError), turn:
                picture = _attempt(data, request.crop, max_pixels, memory_pixels=pixels)
                reply = Decoded(picture.format, picture.width, picture.height)
                return reply, picture.pixels.tobytes()
    except ImageError as error:
        return Refused(type(error).__name__, str(error)), b""
    finally:
        _limit_seconds(0)
    return Refused(ImageTooCostly.__name__, OUT_OF_MEMORY), b""


def _attempt(data: bytes, crop: Crop, max_pixels: int, *, memory_pixels: int) -> Picture:
    """Decode with the memory that `memory_pixels` pixels take. Raises ImageError, MemoryError."""
    _errno().value = 0
    _limit_memory(memory_pixels)
    _limit_seconds(_HEADER_SECONDS)
    try:
        opened = open_picture(data, crop, max_pixels=max_pixels)
        if opened.image.width * opened.image.height > memory_pixels:
            raise MemoryError
        _limit_seconds(_decoding_seconds(opened.width * opened.height))
        return opened.decode(crop)
    except ImageError as error:
        if _errno().value == errno.ENOMEM:
            raise MemoryError from error
        raise


@contextmanager
def _turn_of_large() -> Iterator[None]:
    """Wait until no other decoder is decoding a large picture."""
    _limit_seconds(0)
    fcntl.lockf(LOCK, fcntl.LOCK_EX)  # the kernel unlocks it when the process ends
    try:
        yield
    finally:
        fcntl.lockf(LOCK, fcntl.LOCK_UN)


def _decoding_seconds(pixels: int) -> float:
    return _HEADER_SECONDS + _SECONDS_PER_PIXEL * pixels


def clock_seconds(pixels: int) -> float:
    """The longest that decoding a picture of this size may take by the clock."""
    return (_HEADER_SECONDS + _decoding_seconds(pixels)) * _CLOCK_PER_CPU_SECOND


def _errno() -> ctypes.c_int:
    """The C library's error number, in which malloc(3) leaves ENOMEM.

    Image libraries report a failed allocation in various ways, some as a damaged picture.
    """
    name = "__errno_location" if sys.platform == "linux" else "__error"
    location = getattr(ctypes.CDLL(None), name)
    location.restype = ctypes.POINTER(ctypes.c_int)
    return cast("ctypes.c_int", location().contents)


def _limit_seconds(seconds: float) -> None:
    """End the process when it has used this much CPU time from now on; 0 lifts the limit."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * _CLOCK_PER_CPU_SECOND)


def _limit_memory(pixels: int) -> None:
    """Allow the memory that a picture of this many pixels takes, until the next call."""
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    if most != resource.RLIM_INFINITY:  # as on macOS
        resource.setrlimit(resource.RLIMIT_AS, (min(_memory_limit(pixels), most), most))


def _memory_limit(pixels: int) -> int:
    return _initial_address_space() + _BASE_BYTES + _BYTES_PER_PIXEL * pixels


def _confine(max_pixels: int) -> None:
    """Limit the process, irrevocably, to what decoding a picture of `max_pixels` takes."""
    for number in (*TIME_SIGNALS, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent()
    with suppress(OSError):  # proc(5): if the system runs out of memory, it kills a decoder first
        Path("/proc/self/oom_score_adj").write_text("1000")
    os.nice(_NICENESS)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if sys.platform == "linux":  # macOS does not enforce it
        _limit(resource.RLIMIT_AS, _memory_limit(max_pixels))
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)


def _limit(name: int, limit: int) -> None:
    try:
        resource.setrlimit(name, (limit, limit))
    except (OSError, ValueError) as error:
        _log.warning("a decoder runs without limit %d of setrlimit: %s", name, error)


@cache
def _initial_address_space() -> int:
    """The address space of the process in bytes before its first picture, by proc(5)."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent ends, even if that is killed."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0)
