"""Decode one picture: from the bytes of a file to the pixels of the network's input.

The order keeps large photos cheap and hostile ones harmless: find the format by the first bytes,
read the size from the header, check it, and only then decode pixels, a JPEG at reduced size. All
later work is on the few pixels of the network's input. Colour profiles are ignored, for the reasons
in docs/models.md, and so is the clean aperture of an AVIF, which Pillow does not tell.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from pictures.errors import ImageCorrupt, ImageError, UnsupportedImageFormat
from pictures.formats import format_of, is_lossless_jpeg
from pictures.limits import check_frame, check_size
from pictures.resize import Crop, Pixels, resized

# Pillow's own limit is global for the process, and at first only warns.
Image.MAX_IMAGE_PIXELS = None

#: The class that opens each format. `Image.open` would try several.
PLUGINS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIC": ("pi_heif", "HeifImageFile"),
}

# How to turn a stored picture upright, by its EXIF orientation (EXIF 2.32, 4.6.4).
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
# The tag for the kind of a frame, and its bit for a preview (TIFF 6.0, section 8).
_NEW_SUBFILE_TYPE, _REDUCED_RESOLUTION = 254, 1


@dataclass(frozen=True)
class Picture:
    """A decoded picture: its upright size, and the pixels of the network's input."""

    format: str
    width: int
    height: int
    pixels: Pixels
    """uint8 [height, width, 3] of the crop, RGB, upright."""


@dataclass(frozen=True)
class Opened:
    """A picture whose header was read and whose pixels are not yet decoded."""

    format: str
    width: int
    height: int
    image: ImageFile
    """At the size that it will be decoded at: smaller than `width` x `height` for a large JPEG."""

    def decode(self, crop: Crop) -> Picture:
        """Decode the pixels, then crop and resize them. Raises ImageCorrupt."""
        image, width, height = self.image, self.width, self.height
        with _decoder_errors(self.format):
            image.load()
            orientation = _orientation(image)
            kept = resized(image, crop.turned() if orientation in _ON_ITS_SIDE else crop)
        if orientation in _UPRIGHT:
            kept = kept.transpose(_UPRIGHT[orientation])
        if orientation in _ON_ITS_SIDE:
            width, height = height, width
        return Picture(self.format, width, height, np.asarray(kept))


def read_picture(data: bytes, crop: Crop, *, max_pixels: int) -> Picture:
    """Decode a trusted picture in this process; use `DecoderPool` for untrusted ones.

    `max_pixels` limits width x height. `Picture.pixels` is uint8 [crop.height, crop.width, 3].
    Raises UnsupportedImageFormat, TooManyPixels or ImageCorrupt.
    """
    return open_picture(data, crop, max_pixels=max_pixels).decode(crop)


def open_picture(data: bytes, crop: Crop, *, max_pixels: int) -> Opened:
    """Read the header. Raises UnsupportedImageFormat, TooManyPixels or ImageCorrupt."""
    name = format_of(data)
    check_frame(data, name, max_pixels=max_pixels)
    module, plugin = PLUGINS[name]
    with _decoder_errors(name):
        try:
            image: ImageFile = getattr(import_module(module), plugin)(io.BytesIO(data))
        except SyntaxError as error:
            raise ImageCorrupt(
                f"the {name} image is damaged, cut short or of a rare kind: its header cannot be "
                "read"
            ) from error
        if name == "TIFF":
            _check_first_frame(image)
    width, height = image.size
    check_size(width, height, max_pixels=max_pixels)
    if name != "JPEG" or not is_lossless_jpeg(data):
        # libjpeg decodes at 1/2, 1/4 or 1/8, five times as fast; other formats ignore it.
        image.draft(None, (crop.draft_side, crop.draft_side))
    image.decodermaxblock = len(data)  # all bytes at once: Pillow's blocks of 64 KiB cost time
    return Opened(name, width, height, image)


def _check_first_frame(tiff: ImageFile) -> None:
    """Raise UnsupportedImageFormat if the first frame is only a preview of another."""
    if tiff.getexif().get(_NEW_SUBFILE_TYPE, 0) & _REDUCED_RESOLUTION:
        raise UnsupportedImageFormat(
            "the TIFF image begins with a thumbnail, as DNG and other raw photos do: export the "
            "photo as a JPEG"
        )


def import_plugins() -> None:
    """Import the decoders of all formats, and what decoding imports lazily."""
    for module in ("PIL.ImageCms", *(module for module, _ in PLUGINS.values())):
        import_module(module)


@contextmanager
def _decoder_errors(name: str) -> Iterator[None]:
    """Convert the exceptions of decoders, which can be of any type, to ImageCorrupt."""
    try:
        yield
    except (ImageError, MemoryError):
        raise
    except Exception as error:
        cause = str(error).strip() or type(error).__name__
        raise ImageCorrupt(f"the {name} image is damaged or cut short: {cause}") from error


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) if it is missing or unreadable."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - however the metadata is damaged, the pixels are not
        return 1
