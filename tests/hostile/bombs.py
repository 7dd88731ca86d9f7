"""Small files that ask for much time or memory."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from PIL import Image

from pictures import MAX_PIXELS
from tests.hostile import formats
from tests.hostile.cases import CLASSIFIED, CORRUPT, COSTLY, TOO_LARGE, Case, case
from tests.hostile.formats import (
    DEFLATE,
    LONG,
    ROWS_PER_STRIP,
    STRIP_LENGTHS,
    STRIP_OFFSETS,
    TILE_HEIGHT,
    TILE_LENGTHS,
    TILE_OFFSETS,
    TILE_WIDTH,
    UNDEFINED,
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
)

SIDE = 7_000  # as a square just below MAX_PIXELS
OVER = 7_200  # and just above
BODY = 10_000_000  # what a request may hold, nearly
# What takes time in proportion to its length tells as much in a quarter of it.
QUARTER = BODY // 4

# What a picture of MAX_PIXELS takes at most: WebP's decoder keeps three copies, four bytes a
# pixel each.
AT_THE_LIMIT = 900

# A screen of one pixel, a frame of 65535x65535, and disposal method 3: GIF89a, 18 to 23.
GIF_OF_43_BYTES = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f9040d000000002c00000000ffffffff0002024401003b"
)

ANY = (CLASSIFIED, CORRUPT, TOO_LARGE, COSTLY)
"""Where either answer will do, so long as there is one soon."""


def cases() -> list[Case]:
    return [*_sizes(), *_shapes(), *_run_lengths(), *_passes(), *_pieces(), *_metadata()]


def _sizes() -> list[Case]:
    """Pictures with more pixels than the limit, or just as many."""
    above = {
        "PNG": lambda: png(30_000, 30_000, depth=1),
        "PNG, 2**31 - 1 wide and high": lambda: _header_only(2**31 - 1),
        "GIF": lambda: gif(65_535, 65_535),
        "GIF, its frame alone": lambda: gif(8, 8, frame=formats.gif_frame(65_535, 65_535)),
        "GIF of 43 bytes": lambda: GIF_OF_43_BYTES,
        "TIFF": lambda: _one_strip(60_000, 60_000),
        "WebP": _webp_canvas,
        "AVIF": lambda: formats.with_box_size(saved(picture(), "AVIF"), OVER, OVER),
        "BMP": lambda: formats.bmp_rle(60_000, 60_000, b"\0\1"),
        "JPEG": lambda: formats.jpeg_of_size(65_500, 65_500),
    }
    at_the_limit: dict[str, Callable[[], bytes]] = {
        "PNG": lambda: png(SIDE, SIDE, colour=formats.RGB_ALPHA, depth=16),
        "GIF": lambda: saved(Image.new("P", (SIDE, SIDE)), "GIF"),
        "WebP": lambda: _flat("WEBP", SIDE, method=0),
        "AVIF": lambda: _flat("AVIF", SIDE, speed=10),
        "JPEG": lambda: _flat("JPEG", SIDE, quality=10),
    }
    return [
        *(
            case(f"{name} above the limit", make, TOO_LARGE, CORRUPT, COSTLY)
            for name, make in above.items()
        ),
        *(
            case(f"{name} at the limit", make, CLASSIFIED, megabytes=AT_THE_LIMIT)
            for name, make in at_the_limit.items()
        ),
        # libavif scales what its boxes say is of another size, and has a limit of its own.
        case("AVIF that claims to be small", _small_avif, *ANY, megabytes=AT_THE_LIMIT),
    ]


def _small_avif() -> bytes:
    return formats.with_box_size(_flat("AVIF", OVER, speed=10), 64, 64)


def _header_only(side: int) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return formats.PNG_SIGNATURE + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"x" * 100)


def _flat(file_format: str, side: int, **options: object) -> bytes:
    return saved(Image.new("RGB", (side, side), "teal"), file_format, **options)


def _webp_canvas() -> bytes:
    """An animation on the largest canvas there is, its frames small."""
    frames = [picture(), picture().rotate(90)]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    canvas = data.index(b"VP8X") + 12
    return data[:canvas] + b"\xff\x3f\0" * 2 + data[canvas + 6 :]


def _shapes() -> list[Case]:
    """As many pixels as are allowed, in one row or one column."""
    return [
        case("one row", lambda: png(MAX_PIXELS, 1), CLASSIFIED, megabytes=400),
        case("one column", lambda: png(1, MAX_PIXELS), CLASSIFIED, TOO_LARGE, megabytes=600),
        case(
            "two columns with transparency",
            lambda: png(2, MAX_PIXELS // 2, colour=formats.RGB_ALPHA),
            *(CLASSIFIED, TOO_LARGE),
            megabytes=600,
        ),
    ]


def _run_lengths() -> list[Case]:
    """BMPs whose codes stand for many pixels each; Pillow unpacks them in Python."""
    codes = {
        "row ends alone": (1_000, 12_500, b"\1\1\0\0" * 12_500),
        "one row end": (MAX_PIXELS // 4, 1, b"\1\1\0\0"),
        "jumps": (MAX_PIXELS, 1, b"\0\2\xff\xff"),
        "jumps to nowhere": (1_000, 50_000, b"\0\2\0\0" * (QUARTER // 4)),
        "runs longer than a row": (1, MAX_PIXELS, b"\2\1" * (QUARTER // 2)),
        "runs of one": (1_000, 50_000, b"\1\1" * (QUARTER // 2)),
    }
    return [
        case(f"BMP: {name}", lambda of=of: formats.bmp_rle(*of), *ANY, megabytes=600)
        for name, of in codes.items()
    ]


def _passes() -> list[Case]:
    """Pixels to be gone over again and again, and frames without end."""
    return [
        case("JPEG of 5,000 scans", lambda: scans(5_000), CLASSIFIED),
        case("large JPEG of 5,000 scans", lambda: scans(5_000, side=3_000), COSTLY, megabytes=400),
        case("GIF of endless frames", lambda: _repeated_frames(gif(8, 8), b","), CLASSIFIED),
        case("WebP of endless frames", _webp_frames, CLASSIFIED),
        case("PNG of endless frames", _apng_frames, CLASSIFIED),
    ]


def scans(count: int, *, side: int = 64) -> bytes:
    """A progressive JPEG whose last scan is there so many times."""
    data = saved(picture(side=side), "JPEG", progressive=True, quality=5)
    start, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    return data[:start] + data[start:end] * count + data[end:]


def _repeated_frames(data: bytes, frame_start: bytes) -> bytes:
    start = data.index(frame_start, 19)
    return data[:start] + data[start:-1] * (BODY // (len(data) - start))


def _webp_frames() -> bytes:
    frames = [picture(), picture().rotate(90)]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    start, end = data.index(b"ANMF"), data.rindex(b"ANMF")
    return formats.riff(data[12:start] + data[start:end] * (BODY // (end - start)))


def _apng_frames() -> bytes:
    """An animation that announces two thousand million frames and has 65,000."""
    animation = png_chunk(b"acTL", struct.pack(">II", 2**31, 0))
    frames = [struct.pack(">IIIIIHHBB", n, 64, 64, 0, 0, 1, 1, 0, 0) for n in range(65_000)]
    return png(64, 64, before=animation + b"".join(png_chunk(b"fcTL", frame) for frame in frames))


def _pieces() -> list[Case]:
    """TIFFs of many pieces, or of pieces larger than the picture."""
    return [
        case("TIFF of 2.4 million strips", lambda: _strips(2_400_000), *ANY, megabytes=600),
        case("TIFF of a million packed strips", lambda: _packed_strips(10**6), *ANY, megabytes=400),
        case("TIFF with a tile of 2 GB", lambda: one_tile(32_768, 65_280), *ANY),
        case("TIFF with a tile of 256 MB", lambda: one_tile(16_384, 16_384), *ANY, megabytes=300),
    ]


def _one_strip(width: int, height: int) -> bytes:
    strip = {STRIP_OFFSETS: (LONG, 1, 8), STRIP_LENGTHS: (LONG, 1, 64)}
    return tiff(grey_tiff(width, height) | strip)


def _strips(count: int) -> bytes:
    """A row each, all of them the same twenty bytes."""
    entries = grey_tiff(20, count) | {ROWS_PER_STRIP: (LONG, 1, 1)}
    offsets = tiff_end(entries | {STRIP_OFFSETS: (0, 0, 0)})
    return tiff(entries | {STRIP_OFFSETS: (LONG, count, offsets)}, bytes(4 * count))


def _packed_strips(count: int) -> bytes:
    entries = grey_tiff(20, count, DEFLATE) | {ROWS_PER_STRIP: (LONG, 1, 1)}
    offsets = tiff_end(entries | {STRIP_OFFSETS: (0, 0, 0), STRIP_LENGTHS: (0, 0, 0)})
    row = zlib.compress(bytes(20))
    where = {
        STRIP_OFFSETS: (LONG, count, offsets),
        STRIP_LENGTHS: (LONG, count, offsets + 4 * count),
    }
    tables = struct.pack("<I", offsets + 8 * count) * count + struct.pack("<I", len(row)) * count
    return tiff(entries | where, tables + row)


def one_tile(width: int, height: int) -> bytes:
    """A picture of 64 x 64 in the corner of a tile of another size."""
    pixels = formats.zeros_deflated(width * height)
    tile = {TILE_WIDTH: (LONG, 1, width), TILE_HEIGHT: (LONG, 1, height)}
    entries = grey_tiff(compression=DEFLATE) | tile
    start = tiff_end(entries | {TILE_OFFSETS: (0, 0, 0), TILE_LENGTHS: (0, 0, 0)})
    where = {TILE_OFFSETS: (LONG, 1, start), TILE_LENGTHS: (LONG, 1, len(pixels))}
    return tiff(entries | where, pixels)


def _metadata() -> list[Case]:
    """Little of the picture, much about it."""
    exif = jpeg_segment(0xE1, b"Exif\0\0x")
    comment = jpeg_segment(0xFE)
    profile = b"bomb\0\0" + formats.zeros_deflated(10**8)
    text = b"bomb\0\0" + formats.zeros_deflated(10**6)
    unknown = png_chunk(b"abCd")
    many: dict[str, Callable[[], bytes]] = {
        "JPEG: EXIF in endless parts": lambda: jpeg(exif * (BODY // len(exif))),
        "JPEG: endless comments": lambda: jpeg(comment * (QUARTER // len(comment))),
        "JPEG: endless fill bytes": lambda: jpeg(b"\xff" * QUARTER),
        "JPEG: a colour profile in many parts": lambda: jpeg(_jpeg_profile()),
        "PNG: a colour profile of 100 MB": lambda: png(64, 64, before=png_chunk(b"iCCP", profile)),
        "PNG: texts of 100 MB": lambda: png(64, 64, before=png_chunk(b"zTXt", text) * 100),
        "PNG: endless chunks": lambda: png(64, 64, before=unknown * (QUARTER // len(unknown))),
        "PNG: EXIF of 60,000 huge tags": lambda: png(64, 64, before=png_chunk(b"eXIf", _tags())),
        "TIFF: 60,000 huge tags": lambda: _tags(grey_tiff() | {STRIP_OFFSETS: (LONG, 1, 8)}),
        "GIF: an endless comment": lambda: gif(
            8, 8, before=b"!\xfe" + b"\1x" * (BODY // 2) + b"\0"
        ),
        "GIF: endless extensions": lambda: gif(8, 8, before=b"!\xfe\0" * (BODY // 3)),
        "GIF: endless bytes between blocks": lambda: gif(8, 8, before=bytes(BODY)),
    }
    return [case(name, make, *ANY, megabytes=600) for name, make in many.items()]


def _jpeg_profile() -> bytes:
    part = jpeg_segment(0xE2, b"ICC_PROFILE\0\1\xff" + bytes(65_000))
    return part * (BODY // len(part))


def _tags(entries: formats.Entries | None = None) -> bytes:
    """Each tag has the same nine million bytes for its value."""
    tags = {1_000 + number: (UNDEFINED, 9_000_000, 100) for number in range(60_000)}
    return tiff((entries or {}) | tags, bytes(9_000_000))
