"""Decode the images of a request in the decoder processes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from pictures import ClassifyError, Crop, DecoderPool, Picture
from service.errors import RequestError
from service.timings import Timings


def decode(
    images: Sequence[bytes | RequestError], pool: DecoderPool, crop: Crop, timings: Timings
) -> list[Picture | ClassifyError]:
    """Decode the images of one request; one that cannot be decoded is replaced by its error.

    The time in the queue counts as `wait`. With several decoders the images of a request are
    decoded side by side, so `decode` may exceed the elapsed time.
    """
    start, busy = time.perf_counter(), 0.0
    queued = [
        image if isinstance(image, RequestError) else pool.submit(image, crop) for image in images
    ]
    pictures: list[Picture | ClassifyError] = []
    for image in queued:
        if isinstance(image, RequestError):
            pictures.append(image)
        else:
            picture, seconds = image.result()
            pictures.append(picture)
            busy += seconds
    timings.add("wait", max(0.0, time.perf_counter() - start - busy))
    timings.add("decode", busy)
    return pictures
