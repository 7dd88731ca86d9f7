"""Estimate what decoding would cost and reject what costs too much."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Literal

from PIL.ImageFile import ImageFile

from pictures.errors import ImageCorrupt, TooManyPixels
from pictures.heic import check_items

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

# Pillow reads the segments before the first scan, and the padding between them, in Python,
# and copies all EXIF so far for each that has more. A marker is two bytes of these; cameras
# write some ten, and up to 255 for a colour profile.
_MAX_HEADER_STEPS = 5_000

# TIFF 6.0, sections 8 and 15. A tile is decoded whole, however little of it is seen.
_TILE_WIDTH, _TILE_LENGTH = 322, 323
# Pillow reads the numbers of a directory in Python, and copies the strips that they stand for
# one by one. Bytes, such as a colour profile's, are read at once: types 1, 2, 6 and 7.
_MAX_STRIPS = 100_000
_BYTES_TYPES = {1, 2, 6, 7}
_BIG_TIFF = 43

# Pillow decodes run lengths of a BMP in Python, some ten times slower than all else.
_SLOWER = {"bmp_rle": 10}

# Bytes of memory that a pixel takes while it is decoded, at the highest (the high-water mark of
# a process that read a picture of 8 megapixels): Pillow's four, and what other libraries add,
# such as the two canvases of libwebp. Of a progressive JPEG all coefficients are kept, for each
# of three components two bytes.
_BYTES_PER_PIXEL = {"WEBP": 18, "AVIF": 10, "HEIC": 10, "BMP": 7}
_PILLOWS_BYTES_PER_PIXEL = 4
_PROGRESSIVE_BYTES_PER_PIXEL = 6


def check_header(data: bytes, name: str) -> None:
    """Raise ImageCorrupt if reading the header of the file would take too long, or crash.

    `name` is its format.
    """
    if name == "JPEG":
        _check_segments(data)
    if name == "TIFF":
        _check_directory(data)
    if name == "HEIC":
        check_items(data)


def _check_segments(data: bytes) -> None:
    steps, last = 0, 2
    for kind, start, end in _segments(data):
        steps += start - last
        if steps > _MAX_HEADER_STEPS:
            raise ImageCorrupt("the JPEG image has thousands of segments before its picture")
        if kind == _START_OF_SCAN:
            return
        last = end


def _check_directory(data: bytes) -> None:
    """Raise ImageCorrupt if an entry of a TIFF's first directory has too many numbers."""
    order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"

    def number(position: int, size: int) -> int:
        return int.from_bytes(data[position : position + size], order)

    # TIFF 6.0, section 2: offset and count of 4 and 2 bytes, entries of 12; all 8, 8 and 20 in
    # a BigTIFF. An entry is tag (2 bytes), type (2), then the count of its values.
    big = number(2, 2) == _BIG_TIFF
    word, header, entry = (8, 8, 20) if big else (4, 2, 12)
    directory = number(word, word)
    for index in range(min(number(directory, header), _MAX_STRIPS)):
        start = directory + header + index * entry
        if number(start + 2, 2) not in _BYTES_TYPES and number(start + 4, word) > _MAX_STRIPS:
            raise ImageCorrupt(f"the TIFF image has an entry of over {_MAX_STRIPS:,} numbers")


def check_effort(image: ImageFile, data: bytes, *, max_pixels: int) -> None:
    """Raise TooManyPixels if decoding would take too much memory or time.

    `image` is opened but not yet decoded, `data` the file that it was opened from.
    """
    width, height = image.size
    if width * height > max_pixels:
        raise TooManyPixels(
            f"the image is {width}x{height} pixels; at most {max_pixels:,} are accepted"
        )
    if image.tile and width * height * _SLOWER.get(image.tile[0].codec_name, 1) > max_pixels:
        raise TooManyPixels(f"{width}x{height} pixels are too many for a BMP of run lengths")
    if image.format == "TIFF":
        _check_tiles(image.tag_v2, max_pixels)  # type: ignore[attr-defined]  # a TiffImageFile
    if image.format == "JPEG":
        _check_scans(data, width, height)


def decoding_bytes(image: ImageFile, name: str, *, pixels: int) -> int:
    """About how many bytes of memory decoding takes at its highest.

    `image` is opened, and if it can be decoded small, it was told to; `name` is its format,
    `pixels` the width x height that its file has.
    """
    if name == "JPEG":
        coefficients = _PROGRESSIVE_BYTES_PER_PIXEL * pixels if "progressive" in image.info else 0
        return coefficients + _PILLOWS_BYTES_PER_PIXEL * image.width * image.height
    return pixels * _BYTES_PER_PIXEL.get(name, _PILLOWS_BYTES_PER_PIXEL)


def _check_tiles(tags: Mapping[int, Any], max_pixels: int) -> None:
    width, length = tags.get(_TILE_WIDTH, 0), tags.get(_TILE_LENGTH, 0)
    if width * length > max_pixels:
        raise TooManyPixels(f"the TIFF is stored in tiles of {width}x{length} pixels")


def _check_scans(data: bytes, width: int, height: int) -> None:
    most = _MAX_SCANNED_PIXELS // max(width * height, _LEAST_SCAN)
    if sum(1 for _ in islice(_scans(data), most + 1)) > most:
        raise TooManyPixels(
            f"the JPEG is stored in more than {most:,} passes over {width}x{height} pixels, which "
            "would take too long to decode; save it anew"
        )


def _scans(data: bytes) -> Iterator[None]:
    """Each scan of a JPEG's first picture, not those of thumbnails or of what is appended.

    A first scan that holds all components is the only one of a picture that is not
    progressive: libjpeg reads no further, so nor does this.
    """
    progressive, components = False, b""
    for kind, start, _ in _segments(data):
        if kind == _END_OF_IMAGE:
            return
        if kind in _START_OF_FRAME:
            # Length (2 bytes), precision (1), height (2), width (2), number of components (1).
            progressive, components = bool(kind & 0x02), data[start + 7 : start + 8]
        if kind == _START_OF_SCAN:
            yield
            if not progressive and data[start + 2 : start + 3] == components:
                return


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The marker of each segment of a JPEG, and from where to where in `data` the rest is."""
    position = 2
    while marker := _MARKER.search(data, position):
        start = marker.end()
        position = start + int.from_bytes(data[start : start + 2], "big")
        yield marker[1][0], start, position
