"""Decode untrusted pictures in separate processes, which contain crashes and exploits."""

from __future__ import annotations

import logging
import math
import os
import queue
import signal
import socket
import struct
import threading
import time
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from pictures.decode import Picture
from pictures.errors import (
    ImageCorrupt,
    ImageError,
    ImageTooCostly,
    TooManyPixels,
    UnsupportedImageFormat,
)
from pictures.fork_server import Connection, ForkServer
from pictures.formats import format_of
from pictures.protocol import (
    REPLIES,
    ProtocolError,
    Refused,
    Request,
    receive,
    receive_bytes,
    send,
)
from pictures.resize import Crop
from pictures.sandbox import KILLED, OUT_OF_TIME, TIME_SIGNALS, clock_seconds

_log = logging.getLogger(__name__)

_ERRORS = {
    error.__name__: error
    for error in (ImageCorrupt, ImageTooCostly, TooManyPixels, UnsupportedImageFormat)
}


class Decoding(NamedTuple):
    """The result of decoding a picture."""

    picture: Picture | ImageError
    """The picture, or its error if it cannot be decoded."""
    seconds: float
    """Without the time in the queue."""


class DecoderPool:
    """Decoder processes, kept warm. Create it before the process has threads, because it forks.

    `count` pictures are decoded at once, the others wait in a FIFO queue. A decoder that
    crashed, was killed or ran out of memory is replaced. `max_pixels` limits width x height.
    """

    def __init__(self, count: int, *, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        # For decoders that outlive their own limit. A large picture is attempted, waits for those
        # before it, and is decoded.
        self._timeout_seconds = math.ceil((count + 1) * clock_seconds(max_pixels))
        self._fork_server = ForkServer(max_pixels=max_pixels)
        self._forking = threading.Lock()
        self._idle: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="decoder")
        weakref.finalize(self, _close, self._idle)

    def warm_up(self) -> None:
        """Fork a decoder now, so that the first picture does not wait for it."""
        self._idle.put(self._fork_decoder())

    def submit(self, data: bytes, crop: Crop) -> Future[Decoding]:
        """Decode a picture when a decoder is free."""
        return self._executor.submit(self._decode, data, crop)

    def _decode(self, data: bytes, crop: Crop) -> Decoding:
        start = time.perf_counter()
        picture: Picture | ImageError
        try:
            picture = self._picture(data, crop, format_of(data))
        except UnsupportedImageFormat as error:
            picture = error
        return Decoding(picture, time.perf_counter() - start)

    def _picture(self, data: bytes, crop: Crop, name: str) -> Picture | ImageError:
        decoder = self._take_decoder()
        reusable = False
        try:
            send(decoder.messages, Request(len(data), crop), data)
            picture = _receive(decoder, crop)
            reusable = not isinstance(picture, ImageTooCostly)
        except (EOFError, OSError, ProtocolError):
            return _error_of_exit(decoder.end(), data, name)
        else:
            return picture
        finally:
            if reusable:
                self._idle.put(decoder)
            else:
                decoder.close()

    def _take_decoder(self) -> Connection:
        with suppress(queue.Empty):
            while True:
                decoder = self._idle.get_nowait()
                if decoder.idle():
                    return decoder
                decoder.close()  # it was killed
        return self._fork_decoder()

    def _fork_decoder(self) -> Connection:
        with self._forking:
            try:
                decoder = self._fork_server.fork_decoder()
            except ConnectionError:  # it was killed; spawn, because this process now has threads
                self._fork_server = ForkServer(max_pixels=self._max_pixels, spawn=True)
                decoder = self._fork_server.fork_decoder()
        limit = struct.pack("ll", self._timeout_seconds, 0)  # a timeval
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            decoder.messages.setsockopt(socket.SOL_SOCKET, option, limit)
        return decoder


def _close(decoders: queue.SimpleQueue[Connection]) -> None:
    """End the decoders of a pool that is no longer used."""
    with suppress(queue.Empty):
        while True:
            decoders.get_nowait().close()


def _receive(decoder: Connection, crop: Crop) -> Picture | ImageError:
    """The answer of a decoder. Raises EOFError, OSError or ProtocolError if there is none."""
    reply = receive(decoder.messages, REPLIES)
    if isinstance(reply, Refused):
        if reply.error not in _ERRORS:
            raise ProtocolError(f"there is no error {reply.error}")
        return _ERRORS[reply.error](reply.message)
    shape = (crop.height, crop.width, 3)
    pixels = np.frombuffer(receive_bytes(decoder.messages, math.prod(shape)), np.uint8)
    return Picture(reply.format, reply.width, reply.height, pixels.reshape(shape))


def _error_of_exit(status: int, data: bytes, name: str) -> ImageError:
    """The error of a picture whose decoder ended, by the status of waitpid(2)."""
    code = os.waitstatus_to_exitcode(status)
    if -code in TIME_SIGNALS:
        return ImageTooCostly(OUT_OF_TIME)
    cause = signal.Signals(-code).name if code < 0 else f"exit status {code}"
    _log.error("a %s image of %d bytes ended its decoder: %s", name, len(data), cause)
    if -code == signal.SIGKILL:  # by the kernel, which had no memory left, or by `Connection.end`
        return ImageTooCostly(KILLED)
    return ImageCorrupt(f"the {name} image is damaged: its decoder crashed")
