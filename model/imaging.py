"""One picture: from the bytes of a file to the pixels that the network sees.

The order keeps large photos cheap and hostile ones harmless: the first bytes decide the
format, the header gives the size, the size is checked, a JPEG is told to decode small,
and only then are pixels decoded. All later work is on a square of the network's size.
"""

from __future__ import annotations

import ctypes
import io
import logging
import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, _imaging
from PIL.ImageFile import ImageFile

from model.budget import MemoryBudget
from model.card import Input
from model.effort import check_effort, check_header, decoding_bytes
from model.errors import ImageCorrupt, ImageError
from model.formats import format_of

Pixels = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]

# What all pictures that are decoded whole may take together: a WebP of 2 megapixels, or an AVIF
# and two PNGs. A larger one is decoded while no other is.
_DECODING = MemoryBudget(36 * 10**6)

# Pillow's own limit is global for the process, and at first only warns; ours is for each
# picture. What it warns of in damaged metadata would be noise between the lines of the log; what
# it logs goes to those who ask for it, not to standard error.
Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings("ignore", module="PIL")
logging.getLogger("PIL").addHandler(logging.NullHandler())
# libtiff would write a line for each damaged row to standard error, between those of the log: for
# a TIFF of 12 kB 80 MB, in five seconds. Found through what is linked to it; where it is linked
# in another way, as on Windows, it goes on writing.
with suppress(AttributeError):
    ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)

# What decodes each format, imported at its first picture. `Image.open` would import all common
# formats for it, a twentieth of a cold start, to find out which it is; that is known by then.
_DECODERS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIC": ("pi_heif", "HeifImageFile"),
}

# EXIF 2.32, 4.6.4: what to do to the stored picture to see it upright.
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE = {5, 6, 7, 8}

# How many times larger than the result a picture may be when it is resized at last; of what
# is larger, whole squares are averaged first, which is faster and looks the same.
_REDUCING_GAP = 3
_BAND_ROWS = 16


@dataclass(frozen=True)
class Picture:
    """A decoded picture: `width` and `height` as a person sees it, and the network's view."""

    format: str
    width: int
    height: int
    pixels: Pixels
    """uint8 [size, size, 3], RGB, upright."""


def read_picture(data: bytes, spec: Input, *, max_pixels: int) -> Picture:
    """Decode a picture and cut from it the square that the network was trained on.

    `spec` is the model card's input; `max_pixels` limits width x height.
    Raises UnsupportedImageFormat, TooManyPixels or ImageCorrupt.
    """
    name = format_of(data)
    check_header(data, name)
    with _decoder_errors(name):
        image = _open(data, name)
        width, height = image.size
        check_effort(image, data, max_pixels=max_pixels)
        # libjpeg decodes at 1/2, 1/4 or 1/8, five times as fast; other formats ignore it.
        image.draft(None, (spec.resize, spec.resize))
        with _DECODING.hold(decoding_bytes(image, name, pixels=width * height)):
            # The decoder gets all bytes at once: in Pillow's blocks of 64 KiB it would let go of
            # the interpreter lock, and wait for it again, fifty times in a large photo.
            image.decodermaxblock = len(data)
            image.load()
            orientation = _orientation(image)
            square = _centre_square(image, spec)
            del image  # or its pixels would stay when what was held for them is given back
    if orientation in _UPRIGHT:
        square = square.transpose(_UPRIGHT[orientation])
    if orientation in _ON_ITS_SIDE:
        width, height = height, width
    return Picture(name, width, height, np.asarray(square))


def _open(data: bytes, name: str) -> ImageFile:
    """The picture with its header read and its pixels not yet decoded."""
    module, decoder = _DECODERS[name]
    try:
        return cast("ImageFile", getattr(import_module(module), decoder)(io.BytesIO(data)))
    except SyntaxError as error:
        raise ImageCorrupt(
            f"the {name} image is damaged, cut short or of a rare kind: its header cannot be read"
        ) from error


@contextmanager
def _decoder_errors(name: str) -> Iterator[None]:
    """Turn what a decoder raises, which is nearly every type there is, into ImageCorrupt."""
    try:
        yield
    except (ImageError, MemoryError):
        raise
    except Exception as error:
        raise ImageCorrupt(
            f"the {name} image is damaged or cut short: {error or type(error).__name__}"
        ) from error


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none or it is unreadable."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - however the metadata is damaged, the pixels are not
        return 1


def _centre_square(image: Image.Image, spec: Input) -> Image.Image:
    """Resize the short side to `spec.resize` and cut `spec.size` from the centre, as RGB."""
    width, height = image.size
    side = min(width, height) * spec.size / spec.resize
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    if averageable := _averageable(image):
        image, box = _reduced(image, box, spec.size, averageable)
    size = (spec.size, spec.size)
    bilinear = Image.Resampling.BILINEAR
    return _flat(image.resize(size, bilinear, box=box, reducing_gap=_REDUCING_GAP))


def _reduced(
    image: Image.Image, box: Box, size: int, averageable: Callable[[Image.Image], Image.Image]
) -> tuple[Image.Image, Box]:
    """What is in the box, each band of it made averageable, and there the box.

    Reduced as `Image.resize` with a reducing gap does by itself, but band by band, so that no
    second copy of a large picture is ever in memory.
    """
    scale = (box[2] - box[0]) / size
    factor = max(1, int(scale / _REDUCING_GAP))
    # Half a pixel of the result lies on each side of the box: its bilinear filter sees them.
    left, top = (max(0, int(edge - scale / 2)) for edge in box[:2])
    right, bottom = (
        min(end, math.ceil(edge + scale / 2)) for edge, end in zip(box[2:], image.size, strict=True)
    )
    rows = factor * _BAND_ROWS
    bands = [
        averageable(image.crop((left, start, right, min(start + rows, bottom)))).reduce(factor)
        for start in range(top, bottom, rows)
    ]
    reduced = Image.new(bands[0].mode, (bands[0].width, sum(band.height for band in bands)))
    for number, band in enumerate(bands):
        reduced.paste(band, (0, number * _BAND_ROWS))
    x, y, side = (box[0] - left) / factor, (box[1] - top) / factor, (box[2] - box[0]) / factor
    return reduced, (x, y, x + side, y + side)


def _averageable(image: Image.Image) -> Callable[[Image.Image], Image.Image] | None:
    """How to bring bands of a picture into a mode whose values may be averaged; None: it is."""
    if image.mode.startswith("I;16"):
        transparent = image.info.get("transparency")
        return lambda band: Image.fromarray(_to_8_bits(np.asarray(band), transparent))
    if image.mode in ("I", "F"):
        low, high = cast("tuple[float, float]", image.getextrema())
        if not math.isfinite(low + high):
            raise ImageCorrupt("the image has values that are not finite")
        return lambda band: Image.fromarray(_stretched(np.asarray(band), low, high))
    if image.has_transparency_data:
        # Premultiplied: the colour of a transparent pixel does not count.
        return lambda band: band.convert("RGBA").convert("RGBa")
    if image.mode in ("1", "P"):
        return lambda band: band.convert("RGB")
    return None


def _to_8_bits(values: npt.NDArray[np.uint16], transparent: int | None) -> Pixels:
    """The upper halves of 16-bit values; the one that stands for transparency is white."""
    upper = (values >> 8).astype(np.uint8)
    return upper if transparent is None else np.where(values == transparent, 255, upper)


def _stretched(values: npt.NDArray[Any], low: float, high: float) -> Pixels:
    """Values without a fixed white (32-bit integers, floats) spread over 0 to 255."""
    with np.errstate(invalid="ignore"):  # of a NaN, which becomes 0, there is nothing to tell
        scaled = (values.astype(np.float64) - low) * (255 / max(high - low, 1e-12))
        return np.nan_to_num(scaled.round()).astype(np.uint8)


def _flat(image: Image.Image) -> Image.Image:
    """The picture in RGB, transparency laid on white."""
    if image.mode == "RGBa":
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode == "LAB":
        return _lab_to_rgb(image)
    return image.convert("RGB")


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    """Colours of a TIFF in L*a*b*, which only a colour profile converts."""
    from PIL import ImageCms  # noqa: PLC0415 - rare, and would add to every cold start

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
    return transform.apply(image)
