"""What decoding a picture would take, told before it is decoded, and how much is too much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from model.errors import TooManyPixels

#: The largest picture, width x height, unless the caller says otherwise.
MAX_PIXELS = 50_000_000

# ITU-T T.81, B.1.1.3 for the markers. A progressive JPEG is stored in scans, each a pass over
# all its pixels; cameras and editors write some ten, but one can be 12 bytes long. Two thousand
# million pixels are about a second; of a tiny picture a scan takes as long as half a million.
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
# What follows 0xFF inside a scan is a stuffed 0 or a restart; before a marker it is padding.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
_MAX_SCANNED_PIXELS = 2_000_000_000
_LEAST_SCAN = 500_000


def check_effort(data: bytes, name: str, size: tuple[int, int], max_pixels: int) -> None:
    """Raise TooManyPixels if decoding would take too much memory or time.

    `name` is the format of the file `data`, `size` its width and height by its header.
    """
    width, height = size
    if width * height > max_pixels:
        raise TooManyPixels(
            f"the image is {width}x{height} pixels; at most {max_pixels:,} are accepted"
        )
    if name == "JPEG":
        _check_scans(data, width, height)


def _check_scans(data: bytes, width: int, height: int) -> None:
    most = _MAX_SCANNED_PIXELS // max(width * height, _LEAST_SCAN)
    scans = sum(1 for _ in islice(_scans(data), most + 1))
    if scans > most:
        raise TooManyPixels(
            f"the JPEG is stored in more than {most:,} passes over {width}x{height} pixels, which "
            "would take too long to decode; save it anew"
        )


def _scans(data: bytes) -> Iterator[None]:
    """Each scan of a JPEG's first picture, not those of thumbnails or of what is appended.

    A first scan that holds all components is the only one of a picture that is not
    progressive: libjpeg reads no further, so nor does this.
    """
    position, progressive, components = 2, False, b""
    while marker := _MARKER.search(data, position):
        kind, segment = marker[1][0], data[marker.end() : marker.end() + 8]
        if kind == _END_OF_IMAGE:
            return
        if kind in _START_OF_FRAME:
            # Length (2 bytes), precision (1), height (2), width (2), number of components (1).
            progressive, components = bool(kind & 0x02), segment[7:8]
        if kind == _START_OF_SCAN:
            yield
            if not progressive and segment[2:3] == components:
                return
        position = marker.end() + int.from_bytes(segment[:2], "big")
