"""Lengths, offsets and sizes that are not what they say, and directories that never end."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

from tests.hostile import formats
from tests.hostile.cases import CLASSIFIED, CORRUPT, TOO_LARGE, Case, case
from tests.hostile.formats import (
    LONG,
    ROWS_PER_STRIP,
    STRIP_LENGTHS,
    STRIP_OFFSETS,
    UNDEFINED,
    bmp,
    gif,
    grey_tiff,
    jpeg,
    jpeg_segment,
    picture,
    png,
    png_chunk,
    saved,
    tiff,
    tiff_end,
    with_box_size,
)

EITHER = (CLASSIFIED, CORRUPT)
"""Where the pixels are whole, or nearly, and a decoder may or may not be content."""

_EXIF_DIRECTORY, _GPS_DIRECTORY = 0x8769, 0x8825


def cases() -> list[Case]:
    return [*_sizes(), *_lengths(), *_directories(), *_exif()]


def _cases(makers: dict[str, Callable[[], bytes]], *right: str) -> list[Case]:
    return [case(name, make, *right) for name, make in makers.items()]


def _sizes() -> list[Case]:
    empty = {
        f"{name} of {width}x{height}": lambda make=make, size=(width, height): make(*size)
        for name, make in _SIZED.items()
        for width, height in ((0, 0), (0, 64), (64, 0))
    }
    larger = {f"{name}, larger than its pixels": make for name, make in _LARGER.items()}
    return _cases(empty, CORRUPT) + _cases(larger, CORRUPT, TOO_LARGE)


_SIZED: dict[str, Callable[[int, int], bytes]] = {
    "JPEG": formats.jpeg_of_size,
    "PNG": png,
    "BMP": bmp,
    "TIFF": lambda width, height: _strip(grey_tiff(width, height), length=4096),
    "AVIF": lambda width, height: with_box_size(saved(picture(), "AVIF"), width, height),
    "HEIC": lambda width, height: with_box_size(formats.heic(), width, height),
}
_LARGER: dict[str, Callable[[], bytes]] = {
    "GIF": lambda: gif(640, 640, frame=formats.gif_frame(640, 640)),
    "BMP": lambda: bmp(640, 640, bytes(64 * 64 * 3)),
    "BMP of -2**31": lambda: bmp(64, -(2**31)),
    "TIFF": lambda: _strip(grey_tiff(640, 640), length=4096),
    "HEIC": lambda: with_box_size(formats.heic(), 640, 640),
    "HEIC of 2**32 - 1": lambda: with_box_size(formats.heic(), 2**32 - 1, 2**32 - 1),
}


def _lengths() -> list[Case]:
    whole = png(64, 64)
    pixels = whole.index(b"IDAT")
    webp = saved(picture(), "WEBP")
    avif = saved(picture(), "AVIF")
    start = _strip(grey_tiff(), length=4096)
    makers = {
        "JPEG segment of length 0": lambda: jpeg(jpeg_segment(0xE5, length=0)),
        "JPEG segment of length 1": lambda: jpeg(jpeg_segment(0xE5, length=1)),
        "JPEG segment longer than the file": lambda: jpeg(jpeg_segment(0xE5, length=65_535)),
        "JPEG with a second header": lambda: jpeg(jpeg()[2:]),
        "PNG pixels of 2 GB": lambda: _with(whole, pixels - 4, b"\x7f\xff\xff\xff"),
        "PNG pixels of length 0": lambda: _with(whole, pixels - 4, bytes(4)),
        "PNG checksum": lambda: _with(whole, len(whole) - 20, b"\0\0"),
        "PNG chunk of 4 GB": lambda: png(64, 64, before=png_chunk(b"abCd", length=2**32 - 1)),
        "PNG with a second header": lambda: png(64, 64, before=png(9, 9)[8:33]),
        "WebP of length 0": lambda: _with(webp, 4, bytes(4)),
        "WebP of 4 GB": lambda: _with(webp, 4, b"\xff" * 4),
        "WebP pixels of 4 GB": lambda: _with(webp, 16, b"\xff" * 4),
        "AVIF box of length 0": lambda: _with(avif, 0, bytes(4)),
        "AVIF box of 4 GB": lambda: _with(avif, 0, b"\xff" * 4),
        "TIFF strip beyond the end": lambda: _strip(grey_tiff(), length=4096, offset=10**9),
        "TIFF strip of length 0": lambda: _strip(grey_tiff(), length=0),
        "TIFF strip that is the header": lambda: _strip(grey_tiff(), length=len(start), offset=0),
        "TIFF of 65,535 entries": lambda: _with(start, 8, b"\xff\xff"),
        "BMP pixels beyond the end": lambda: _with(bmp(64, 64, bytes(12_288)), 10, b"\xff\xff\xff"),
        "BMP header of 4 GB": lambda: _with(bmp(64, 64, bytes(12_288)), 14, b"\xff" * 4),
    }
    return _cases(makers, *EITHER, "UNSUPPORTED_IMAGE_FORMAT")


def _with(data: bytes, at: int, other: bytes) -> bytes:
    return data[:at] + other + data[at + len(other) :]


def _strip(entries: formats.Entries, *, length: int, offset: int | None = None) -> bytes:
    """A grey TIFF of one strip, which lies behind its directory if not said otherwise."""
    behind = {STRIP_OFFSETS: (0, 0, 0), ROWS_PER_STRIP: (0, 0, 0), STRIP_LENGTHS: (0, 0, 0)}
    where = tiff_end({**entries, **behind}) if offset is None else offset
    strip = {
        STRIP_OFFSETS: (LONG, 1, where),
        ROWS_PER_STRIP: (LONG, 1, entries[formats.HEIGHT][2]),
        STRIP_LENGTHS: (LONG, 1, length),
    }
    return tiff({**entries, **strip}, bytes(64 * 64))


def _directories() -> list[Case]:
    """TIFF directories that lead to themselves or to nowhere; the first one has a picture."""
    first = 8
    makers = {
        "TIFF directory that follows itself": lambda: _followed_by(first),
        "TIFF directory followed by the end": lambda: _followed_by(2**32 - 1),
        "TIFF directories without end": _endless_directories,
        "TIFF whose first directory is its header": lambda: _with(_followed_by(0), 4, bytes(4)),
        "TIFF whose first directory is beyond it": lambda: _with(_followed_by(0), 4, b"\xff" * 4),
    }
    return _cases(makers, *EITHER)


def _followed_by(next_directory: int) -> bytes:
    data = _strip(grey_tiff(), length=4096)
    return _with(data, data.index(bytes(4096)) - 4, struct.pack("<I", next_directory))


def _endless_directories() -> bytes:
    """Two that follow one another."""
    data = _followed_by(0)
    second = data[8 : data.index(bytes(4096))]
    joined = _followed_by(len(data)) + second
    return joined[:-4] + struct.pack("<I", 8)


def _exif() -> list[Case]:
    """However the metadata is damaged, the pixels are not."""
    directories = {
        "that leads to itself": tiff({_EXIF_DIRECTORY: (LONG, 1, 8), _GPS_DIRECTORY: (LONG, 1, 8)}),
        "that follows itself": tiff({}, next_directory=8),
        "of a tag with 4 GB": tiff({0x9286: (UNDEFINED, 2**32 - 1, 8)}),
        "of overlapping tags": tiff(_overlapping(range(1_000, 5_000)), bytes(9_000)),
        "of a huge orientation": tiff({0x0112: (LONG, 1, 2**32 - 1)}),
        "of many orientations": tiff({0x0112: (LONG, 100, 8)}, bytes(400)),
        "of a negative orientation": tiff({0x0112: (9, 1, 2**32 - 1)}),
        "of text for an orientation": tiff({0x0112: (2, 4, 0x39393939)}),
        "of random bytes": bytes(range(256)),
        "of nothing": b"",
    }
    carriers: dict[str, Callable[[bytes], bytes]] = {
        "JPEG": lambda exif: jpeg(jpeg_segment(0xE1, b"Exif\0\0" + exif)),
        "PNG": lambda exif: png(64, 64, before=png_chunk(b"eXIf", exif)),
        "WebP": lambda exif: saved(picture(), "WEBP", exif=b"Exif\0\0" + exif),
    }
    return [
        case(f"{name} with EXIF {what}", lambda make=make, exif=exif: make(exif), CLASSIFIED)
        for name, make in carriers.items()
        for what, exif in directories.items()
    ]


def _overlapping(tags: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    return dict.fromkeys(tags, (UNDEFINED, 9000, 100))
