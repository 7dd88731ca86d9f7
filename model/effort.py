"""What decoding a picture would take, told before it is decoded, and how much is too much."""

from __future__ import annotations

import re

from model.errors import TooManyPixels

#: The largest picture, width x height, unless the caller says otherwise.
MAX_PIXELS = 50_000_000

# ITU-T T.81 B.1.1.3. Each scan of a progressive JPEG is a pass over all its pixels, and a
# scan can be 12 bytes long; cameras and editors write some ten. Two thousand million pixels
# are about a second; even of a tiny picture a scan takes as long as half a million pixels.
_START_OF_SCAN = b"\xff\xda"
_END_OF_IMAGE = b"\xff\xd9"
# What follows 0xFF inside a scan is a stuffed 0 or a restart; before a marker it is padding.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
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
    # Counting the bytes that look like a scan is fast, and enough for nearly all.
    if data.count(_START_OF_SCAN) > most and (scans := _count_scans(data)) > most:
        raise TooManyPixels(
            f"the JPEG is stored in {scans:,} passes over {width}x{height} pixels, which would "
            "take too long to decode; save it anew"
        )


def _count_scans(data: bytes) -> int:
    """The scans of a JPEG's first picture, not those of thumbnails or of what is appended."""
    scans, position = 0, 2
    while marker := _MARKER.search(data, position):
        position = marker.end()
        if marker[0] == _END_OF_IMAGE:
            break
        scans += marker[0] == _START_OF_SCAN
        position += int.from_bytes(data[position : position + 2], "big")
    return scans
