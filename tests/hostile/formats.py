"""The parts that picture files are made of: to build hostile ones, and to know where to cut."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain, repeat
from pathlib import Path

from PIL import Image

DATA = Path(__file__).parents[1] / "data"

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# W3C PNG, table 11.1: colour types, and how many samples a pixel of each has.
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
_SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}

# TIFF 6.0, section 8.
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_LENGTHS = 273, 277, 278, 279
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_LENGTHS = 322, 323, 324, 325
SHORT, LONG, UNDEFINED = 3, 4, 7
UNCOMPRESSED, DEFLATE = 1, 8

_BLOCK = 2**20
_JPEG_MARKER = re.compile(rb"\xff[\xc0-\xfe]")
# ISO/IEC 14496-12: boxes that hold boxes; `meta` has a version before them.
_CONTAINER_BOXES = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"dinf": 0}


@cache
def picture(mode: str = "RGB", side: int = 64) -> Image.Image:
    """A small picture with every tone in it."""
    radial, linear = Image.radial_gradient("L"), Image.linear_gradient("L")
    colours = Image.merge("RGB", (radial, linear, linear.rotate(90)))
    return colours.resize((side, side)).convert(mode)


def saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def zeros_deflated(count: int) -> bytes:
    """So many zero bytes compressed, without ever holding them."""
    packer = zlib.compressobj(1)
    whole, rest = divmod(count, _BLOCK)
    blocks = (packer.compress(bytes(size)) for size in chain(repeat(_BLOCK, whole), [rest]))
    return b"".join(blocks) + packer.flush()


def png_chunk(kind: bytes, data: bytes = b"", *, length: int | None = None) -> bytes:
    """A chunk that says it has `length` bytes: as many as it has, if left out."""
    size = struct.pack(">I", len(data) if length is None else length)
    return size + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, *, depth: int = 8, colour: int = GREY, before: bytes = b""
) -> bytes:
    """A black PNG; `before` is put in front of its pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    row = 1 + (width * depth * _SAMPLES[colour] + 7) // 8
    palette = png_chunk(b"PLTE", bytes(768)) if colour == PALETTE else b""
    return b"".join(
        (
            PNG_SIGNATURE,
            png_chunk(b"IHDR", header),
            palette,
            before,
            png_chunk(b"IDAT", zeros_deflated(row * height)),
            png_chunk(b"IEND"),
        )
    )


def jpeg_segment(marker: int, data: bytes = b"", *, length: int | None = None) -> bytes:
    size = len(data) + 2 if length is None else length
    return struct.pack(">BBH", 0xFF, marker, size) + data


def jpeg(*segments: bytes, **options: object) -> bytes:
    """A JPEG with these segments behind its first marker."""
    data = saved(picture(), "JPEG", **options)
    return data[:2] + b"".join(segments) + data[2:]


def jpeg_of_size(width: int, height: int) -> bytes:
    """A JPEG whose header claims another size than it has pixels for."""
    data = jpeg()
    frame = data.index(b"\xff\xc0") + 5
    return data[:frame] + struct.pack(">HH", height, width) + data[frame + 4 :]


def gif(width: int, height: int, *, before: bytes = b"", frame: bytes | None = None) -> bytes:
    """A GIF of one black frame, or of those given; `before` is put in front of them."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0)
    return head + b"\0\0\0\xff\xff\xff" + before + (gif_frame() if frame is None else frame) + b";"


def gif_frame(width: int = 8, height: int = 8) -> bytes:
    """A frame that claims this size and has 8 x 8 pixels."""
    pixels = saved(Image.new("P", (8, 8)), "GIF")
    start = pixels.index(b",")
    return b"," + struct.pack("<HHHH", 0, 0, width, height) + pixels[start + 9 : -1]


def bmp_rle(width: int, height: int, codes: bytes, *, bits: int = 8) -> bytes:
    """A BMP compressed by run lengths: BITMAPINFOHEADER, BI_RLE8 or BI_RLE4."""
    start = 14 + 40 + 1024
    compression = {8: 1, 4: 2}[bits]
    head = struct.pack("<2sIHHI", b"BM", start + len(codes), 0, 0, start)
    head += struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, 256, 0)
    return head + bytes(1024) + codes


def bmp(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A BMP of 24 bits without compression."""
    head = struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54)
    return head + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + pixels


Entries = Mapping[int, tuple[int, int, int]]
"""By tag: type, count, and the value or where it lies."""


def tiff(entries: Entries, data: bytes = b"", *, next_directory: int = 0) -> bytes:
    """A TIFF with one directory, and behind it `data`: at `tiff_end(entries)`."""
    directory = b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in entries.items())
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    return head + directory + struct.pack("<I", next_directory) + data


def tiff_end(entries: Entries) -> int:
    return 10 + 12 * len(entries) + 4


def grey_tiff(
    width: int = 64, height: int = 64, compression: int = UNCOMPRESSED
) -> dict[int, tuple[int, int, int]]:
    """What every TIFF in grey says first."""
    return {
        WIDTH: (LONG, 1, width),
        HEIGHT: (LONG, 1, height),
        BITS: (SHORT, 1, 8),
        COMPRESSION: (SHORT, 1, compression),
        PHOTOMETRIC: (SHORT, 1, 1),
        SAMPLES: (SHORT, 1, 1),
    }


def riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def heic(name: str = "chelsea") -> bytes:
    return (DATA / f"{name}.heic").read_bytes()


def with_box_size(data: bytes, width: int, height: int) -> bytes:
    """An AVIF or HEIC whose boxes (`ispe`) claim another size than its picture has."""
    claim = re.compile(rb"(?<=ispe\0{4}).{8}", re.DOTALL)
    return claim.sub(lambda _: struct.pack(">II", width, height), data)


def jpeg_markers(data: bytes) -> list[int]:
    """Where each marker begins, those within the pixels too."""
    return [match.start() for match in _JPEG_MARKER.finditer(data)]


def png_chunks(data: bytes) -> Iterator[int]:
    at = len(PNG_SIGNATURE)
    while at < len(data):
        yield at
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def riff_chunks(data: bytes) -> Iterator[int]:
    at = 12
    while at < len(data):
        yield at
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[int]:
    """Where each box begins, those within others too."""
    end = len(data) if end is None else end
    while start < end:
        yield start
        size = int.from_bytes(data[start : start + 4], "big")
        inside = _CONTAINER_BOXES.get(data[start + 4 : start + 8])
        if inside is not None:
            yield from boxes(data, start + 8 + inside, start + size)
        start += size


def tiff_entries(data: bytes) -> Iterator[int]:
    """Where each entry of the first directory begins (little-endian files)."""
    start = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[start : start + 2], "little")
    yield from range(start + 2, start + 2 + 12 * count, 12)
