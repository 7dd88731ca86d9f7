"""The decode queue: FIFO, with as many requests decoded at a time as there are threads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pictures import ClassifyError, Crop, ImageError, Picture, read_picture
from service.errors import RequestError
from service.timings import Timings


class Decoder:
    """Decodes the images of up to `num_threads` requests at a time.

    A process that forks must do so before the first call, which starts a thread.
    """

    def __init__(self, *, num_threads: int, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._executor = ThreadPoolExecutor(num_threads, thread_name_prefix="decode")

    def decode(
        self, images: Sequence[bytes | RequestError], crop: Crop, timings: Timings
    ) -> list[Picture | ClassifyError]:
        """Decode the images of one request, one after the other.

        An image that cannot be decoded is replaced by its error. The time in the queue counts
        as `wait`.
        """
        queued = time.perf_counter()

        def run() -> list[Picture | ClassifyError]:
            timings.add("wait", time.perf_counter() - queued)
            with timings.measure("decode"):
                return [self._read(image, crop) for image in images]

        return self._executor.submit(run).result()

    def _read(self, image: bytes | RequestError, crop: Crop) -> Picture | ClassifyError:
        if isinstance(image, RequestError):
            return image
        try:
            return read_picture(image, crop, max_pixels=self._max_pixels)
        except ImageError as error:
            return error
