"""From a decoded image in any colour mode to the RGB square that the network sees."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image

from pictures.errors import ImageCorrupt

Pixels = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]

# Pillow's `reducing_gap`: an image more than this many times larger than the result is first
# shrunk by averaging whole blocks of pixels, which is faster and looks the same.
_REDUCING_GAP = 3
_BAND_ROWS = 16


class Crop(msgspec.Struct, frozen=True):
    """How a picture of any size becomes a square: resize, then cut out the centre.

    These are torchvision's Resize(shorter_side) and CenterCrop(size).
    """

    size: int
    """Side of the square, in pixels."""
    shorter_side: int = msgspec.field(name="resize")
    """Length of the picture's shorter side after the resize, in pixels."""


def centre_square(image: Image.Image, crop: Crop) -> Image.Image:
    """The centre of `image` as `crop` says, as RGB. Raises ImageCorrupt for infinite values.

    One bilinear resize of the part that is kept; equal to resizing everything and cropping.
    """
    width, height = image.size
    side = min(width, height) * crop.size / crop.shorter_side
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    if convert := _mode_converter(image):
        image, box = _reduced(image, box, crop.size, convert)
    size = (crop.size, crop.size)
    bilinear = Image.Resampling.BILINEAR
    return _to_rgb(image.resize(size, bilinear, box=box, reducing_gap=_REDUCING_GAP))


def _reduced(
    image: Image.Image, box: Box, size: int, convert: Callable[[Image.Image], Image.Image]
) -> tuple[Image.Image, Box]:
    """What is in the box, each band of it made convert, and there the box.

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
        convert(image.crop((left, start, right, min(start + rows, bottom)))).reduce(factor)
        for start in range(top, bottom, rows)
    ]
    reduced = Image.new(bands[0].mode, (bands[0].width, sum(band.height for band in bands)))
    for number, band in enumerate(bands):
        reduced.paste(band, (0, number * _BAND_ROWS))
    x, y, side = (box[0] - left) / factor, (box[1] - top) / factor, (box[2] - box[0]) / factor
    return reduced, (x, y, x + side, y + side)


def _mode_converter(image: Image.Image) -> Callable[[Image.Image], Image.Image] | None:
    """How to bring bands of a picture into a mode whose values may be averaged; None: it is."""
    if image.mode.startswith("I;16"):
        transparent = image.info.get("transparency")
        return lambda band: Image.fromarray(_upper_bytes(np.asarray(band), transparent))
    if image.mode in ("I", "F"):
        low, high = cast("tuple[float, float]", image.getextrema())
        if not math.isfinite(low + high):
            raise ImageCorrupt("the image has values that are not finite")
        return lambda band: Image.fromarray(_normalized(np.asarray(band), low, high))
    if image.has_transparency_data:
        # Premultiplied: the colour of a transparent pixel does not count.
        return lambda band: band.convert("RGBA").convert("RGBa")
    if image.mode in ("1", "P"):
        return lambda band: band.convert("RGB")
    return None


def _upper_bytes(values: npt.NDArray[np.uint16], transparent: int | None) -> Pixels:
    """The upper halves of 16-bit values; the one that stands for transparency is white."""
    upper = (values >> 8).astype(np.uint8)
    return upper if transparent is None else np.where(values == transparent, 255, upper)


def _normalized(values: npt.NDArray[Any], low: float, high: float) -> Pixels:
    """Values without a fixed white (32-bit integers, floats) spread over 0 to 255."""
    with np.errstate(invalid="ignore"):  # of a NaN, which becomes 0, there is nothing to tell
        scaled = (values.astype(np.float64) - low) * (255 / max(high - low, 1e-12))
        return np.nan_to_num(scaled.round()).astype(np.uint8)


def _to_rgb(image: Image.Image) -> Image.Image:
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
