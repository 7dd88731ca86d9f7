"""Decode strangers' pictures in processes of their own, where they can harm nothing else."""

from __future__ import annotations

import logging
import math
import os
import queue
import signal
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
from pictures.protocol import REPLIES, Refused, Request, receive, receive_bytes, send
from pictures.resize import Crop
from pictures.sandbox import OUT_OF_TIME, TIME_SIGNALS

_log = logging.getLogger(__name__)

_ERRORS = {
    error.__name__: error
    for error in (ImageCorrupt, ImageTooCostly, TooManyPixels, UnsupportedImageFormat)
}


class Decoding(NamedTuple):
    """The result of decoding a picture."""

    picture: Picture | ImageError
    """Its pixels are uint8 [height, width, 3]; the error, if it cannot be decoded."""
    seconds: float
    """Without the time in the queue."""


class DecoderPool:
    """Decoder processes, kept warm. Create it before the process has threads, because it forks.

    `count` pictures are decoded at once, the others wait in a FIFO queue. A decoder that a picture
    has ended, or that ran out of memory, is replaced. `max_pixels` limits width x height.
    """

    def __init__(self, count: int, *, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._fork_server = ForkServer(max_pixels=max_pixels)
        self._idle: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="decoder")
        weakref.finalize(self, _close, self._idle)

    def submit(self, data: bytes, crop: Crop) -> Future[Decoding]:
        """Decode a picture when a decoder is free."""
        return self._executor.submit(self._decode, data, crop)

    def _decode(self, data: bytes, crop: Crop) -> Decoding:
        start = time.perf_counter()
        decoder = self._send(data, crop)
        picture: Picture | ImageError
        try:
            picture = _receive(decoder, crop)
            reusable = not isinstance(picture, ImageTooCostly)
        except (EOFError, ConnectionError):
            picture = _reason_of_end(decoder.exit_status(), data)
            reusable = False
        if reusable:
            self._idle.put(decoder)
        else:
            decoder.close()
        return Decoding(picture, time.perf_counter() - start)

    def _send(self, data: bytes, crop: Crop) -> Connection:
        """The decoder that has got the picture."""
        request = Request(len(data), crop)
        while True:
            try:
                decoder = self._idle.get_nowait()
            except queue.Empty:
                decoder = self._fork_decoder()
            try:
                send(decoder.messages, request, data)
            except ConnectionError:  # it ended before it had the picture: it was killed
                decoder.close()
            else:
                return decoder

    def _fork_decoder(self) -> Connection:
        try:
            return self._fork_server.fork_decoder()
        except ConnectionError:  # it was killed
            self._fork_server = ForkServer(max_pixels=self._max_pixels)
            return self._fork_server.fork_decoder()


def _close(decoders: queue.SimpleQueue[Connection]) -> None:
    """End the decoders of a pool that is no longer used."""
    with suppress(queue.Empty):
        while True:
            decoders.get_nowait().close()


def _receive(decoder: Connection, crop: Crop) -> Picture | ImageError:
    """The answer of a decoder. Raises EOFError or ConnectionError if it ended."""
    reply = receive(decoder.messages, REPLIES)
    if isinstance(reply, Refused):
        return _ERRORS[reply.error](reply.message)
    shape = (crop.height, crop.width, 3)
    pixels = np.frombuffer(receive_bytes(decoder.messages, math.prod(shape)), np.uint8)
    return Picture(reply.format, reply.width, reply.height, pixels.reshape(shape))


def _reason_of_end(status: int, data: bytes) -> ImageError:
    """The error of a picture whose decoder ended with this status of waitpid(2)."""
    code = os.waitstatus_to_exitcode(status)
    if -code in TIME_SIGNALS:
        return ImageTooCostly(OUT_OF_TIME)
    name = format_of(data)
    cause = signal.Signals(-code).name if code < 0 else f"exit status {code}"
    _log.error("a %s image of %d bytes ended its decoder: %s", name, len(data), cause)
    return ImageCorrupt(f"the {name} image is damaged: its decoder crashed")
