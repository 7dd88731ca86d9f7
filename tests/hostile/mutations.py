"""Good files made bad, the same way for the same random numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.hostile import formats
from tests.hostile.formats import picture, saved

_MOST_CHANGES = 8
_LONGEST_SPAN = 64
# Where lengths and counts break: none, few, the edges of signed and unsigned numbers.
_EDGES = [
    edge.to_bytes(size, order)
    for size in (1, 2, 4)
    for edge in (0, 1, 2 ** (8 * size - 1) - 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1)
    for order in ("big", "little")
]


def good_pictures() -> list[bytes]:
    """One small file of every format, and of those that are decoded in different ways."""
    frames = {"save_all": True, "append_images": [picture().rotate(90)]}
    exif = formats.tiff({0x0112: (formats.SHORT, 1, 6)})
    return [
        formats.jpeg(exif=b"Exif\0\0" + exif),
        formats.jpeg(progressive=True),
        saved(picture("CMYK"), "JPEG"),
        saved(picture(), "MPO", **frames),
        saved(picture("RGBA"), "PNG", exif=exif),
        saved(picture("P"), "PNG"),
        saved(picture(), "PNG", **frames),
        saved(picture("P"), "GIF", save_all=True, append_images=[picture("P").rotate(90)]),
        saved(picture(), "BMP"),
        formats.bmp_rle(64, 64, b"\x40\x07\0\0" * 64 + b"\0\1"),
        saved(picture(), "TIFF"),
        *(saved(picture(), "TIFF", compression=name) for name in ("tiff_lzw", "jpeg", "zstd")),
        saved(picture(), "TIFF", compression="tiff_deflate", tiffinfo={formats.ROWS_PER_STRIP: 8}),
        saved(picture("1"), "TIFF", compression="group4"),
        saved(picture(), "WEBP", exif=exif),
        saved(picture("RGBA"), "WEBP", lossless=True),
        saved(picture(), "WEBP", **frames),
        saved(picture(), "AVIF", exif=exif),
        formats.heic(),
        formats.heic("chelsea_rotated"),  # with EXIF
    ]


def mutated(data: bytes, random: Random) -> bytes:
    """The file with one or a few changes."""
    changed = bytearray(data)
    for _ in range(random.randint(1, _MOST_CHANGES)):
        random.choice(_CHANGES)(changed, random)
    return bytes(changed)


def _flip(data: bytearray, random: Random) -> None:
    for at in _somewhere(data, random):
        data[at] ^= 1 << random.randrange(8)


def _overwrite(data: bytearray, random: Random) -> None:
    for at in _somewhere(data, random):
        edge = random.choice(_EDGES)
        data[at : at + len(edge)] = edge


def _cut(data: bytearray, random: Random) -> None:
    for at in _somewhere(data, random):
        del data[at:]


def _remove(data: bytearray, random: Random) -> None:
    for at in _somewhere(data, random):
        del data[at : at + random.randint(1, _LONGEST_SPAN)]


def _repeat(data: bytearray, random: Random) -> None:
    for at in _somewhere(data, random):
        span = data[at : at + random.randint(1, _LONGEST_SPAN)]
        data[at:at] = span * random.randint(1, 20)


def _insert(data: bytearray, random: Random) -> None:
    for at in _somewhere(data, random):
        data[at:at] = random.randbytes(random.randint(1, _LONGEST_SPAN))


# What breaks a file wholly, a cut, is rarer than what leaves the most of it.
_CHANGES: Sequence[Callable[[bytearray, Random], None]] = (
    *[_flip] * 4,
    *[_overwrite] * 4,
    *[_remove, _repeat, _insert] * 2,
    _cut,
)


def _somewhere(data: bytearray, random: Random) -> list[int]:
    """A place, the beginning being likelier; none in what is empty."""
    if not data:
        return []
    near = random.random() < 0.5  # headers lie there
    return [random.randrange(min(len(data), 512) if near else len(data))]
