"""One picture: from the bytes of a file to the pixels that the network sees.

The order keeps large photos cheap and hostile ones harmless: the first bytes decide the
format, the header gives the size, the size is checked, a JPEG is decoded at reduced size,
and only then are pixels decoded. All later work is on a square of the network's size.
"""

from __future__ import annotations

import ctypes
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import cast

import numpy as np
from PIL import Image, _imaging
from PIL.ImageFile import ImageFile

from pictures.budget import MemoryBudget
from pictures.errors import ImageCorrupt, ImageError
from pictures.formats import format_of
from pictures.limits import check_effort, check_header, decoding_bytes
from pictures.resize import Crop, Pixels, resized

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


@dataclass(frozen=True)
class Picture:
    """A decoded picture: `width` and `height` as a person sees it, and the network's view."""

    format: str
    width: int
    height: int
    pixels: Pixels
    """uint8 [height, width, 3] of the crop, RGB, upright."""


def read_picture(data: bytes, crop: Crop, *, max_pixels: int) -> Picture:
    """Decode a picture and bring it to the size of `crop`.

    `max_pixels` limits width x height. `Picture.pixels` is uint8 [crop.height, crop.width, 3].
    Raises UnsupportedImageFormat, TooManyPixels or ImageCorrupt.
    """
    name = format_of(data)
    check_header(data, name)
    with _decoder_errors(name):
        image = _open(data, name)
        width, height = image.size
        check_effort(image, data, max_pixels=max_pixels)
        # libjpeg decodes at 1/2, 1/4 or 1/8, five times as fast; other formats ignore it.
        image.draft(None, (crop.draft_side, crop.draft_side))
        with _DECODING.hold(decoding_bytes(image, name, pixels=width * height)):
            # The decoder gets all bytes at once: in Pillow's blocks of 64 KiB it would let go of
            # the interpreter lock, and wait for it again, fifty times in a large photo.
            image.decodermaxblock = len(data)
            image.load()
            orientation = _orientation(image)
            stored = crop.turned() if orientation in _ON_ITS_SIDE else crop
            kept = resized(image, stored)
            del image  # or its pixels would stay when what was held for them is given back
    if orientation in _UPRIGHT:
        kept = kept.transpose(_UPRIGHT[orientation])
    if orientation in _ON_ITS_SIDE:
        width, height = height, width
    return Picture(name, width, height, np.asarray(kept))


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
