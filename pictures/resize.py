"""From a decoded image in any colour mode to the RGB pixels that the network sees."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, cast

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


Side = Annotated[int, msgspec.Meta(ge=1, le=4096)]
# Not tuple[Side, Side]: beside a limited int, it crashes msgspec 0.22.0 when a value is decoded.
Sides = Annotated[tuple[Side, ...], msgspec.Meta(min_length=2, max_length=2)]


class Crop(msgspec.Struct, frozen=True):
    """How a picture of any size becomes the pixels of a network's input."""

    size: Side | Sides
    """The input's side, or its height and width, in pixels."""
    shorter_side: Side | None = msgspec.field(name="resize", default=None)
    """Length that the picture's shorter side is resized to before the centre is cut out.

    None keeps all that fits: no margin is cut off. (For a square this is torchvision's
    Resize(shorter_side) and CenterCrop(size).) If height and width differ, the picture is resized
    until it covers both with the same margin.
    """
    fit: Literal["crop", "stretch"] = "crop"
    """Cut out the centre, or stretch the whole picture regardless of its proportions."""

    def __post_init__(self) -> None:
        shortest = min(self.height, self.width)
        if self.shorter_side is None:
            return
        if self.fit == "stretch":
            raise ValueError(
                f"resize is {self.shorter_side}, but fit is stretch, which keeps the whole "
                "picture: leave resize out, or set fit to crop"
            )
        if self.shorter_side < shortest:
            raise ValueError(
                f"resize is {self.shorter_side}, less than the size {shortest} to be cut out: set "
                f"resize to {shortest} or more, or leave it out"
            )

    @property
    def height(self) -> int:
        """Height of the input, in pixels."""
        return self.size if isinstance(self.size, int) else self.size[0]

    @property
    def width(self) -> int:
        """Width of the input, in pixels."""
        return self.size if isinstance(self.size, int) else self.size[1]

    @property
    def draft_side(self) -> int:
        """The shorter side, in pixels, down to which decoding at reduced size loses nothing."""
        shortest = min(self.height, self.width)
        return math.ceil(max(self.height, self.width) * (self.shorter_side or shortest) / shortest)

    def turned(self) -> Crop:
        """This crop for a picture that is stored on its side."""
        return msgspec.structs.replace(self, size=(self.width, self.height))

    def box(self, width: int, height: int) -> Box:
        """The part of a `width` x `height` picture that is kept, in its pixels."""
        if self.fit == "stretch":
            return (0, 0, width, height)
        shortest = min(self.height, self.width)
        kept = shortest / (self.shorter_side or shortest)
        scale = min(width / self.width, height / self.height) * kept
        kept_width, kept_height = self.width * scale, self.height * scale
        left, top = (width - kept_width) / 2, (height - kept_height) / 2
        return (left, top, left + kept_width, top + kept_height)


def resized(image: Image.Image, crop: Crop) -> Image.Image:
    """Resize `image` as `crop` says, as RGB. Raises ImageCorrupt for infinite values.

    One bilinear resize of the part that is kept; equal to resizing everything and cropping.
    """
    size, box = (crop.width, crop.height), crop.box(*image.size)
    if convert := _mode_converter(image):
        image, box = _reduced(image, box, size, convert)
    bilinear = Image.Resampling.BILINEAR
    return _to_rgb(image.resize(size, bilinear, box=box, reducing_gap=_REDUCING_GAP))


def _reduced(
    image: Image.Image,
    box: Box,
    size: tuple[int, int],
    convert: Callable[[Image.Image], Image.Image],
) -> tuple[Image.Image, Box]:
    """Convert and shrink the part of the image in the box; also returns the box in the result.

    Shrinks as `Image.resize` does with a reducing gap, but band by band, so that no second copy of
    a large picture is in memory.
    """
    scales = [(box[axis + 2] - box[axis]) / size[axis] for axis in (0, 1)]
    across, down = (max(1, int(scale / _REDUCING_GAP)) for scale in scales)
    # Half a pixel of the result lies on each side of the box: its bilinear filter sees them.
    left, top = (max(0, int(box[axis] - scales[axis] / 2)) for axis in (0, 1))
    right, bottom = (
        min(image.size[axis], math.ceil(box[axis + 2] + scales[axis] / 2)) for axis in (0, 1)
    )
    rows = down * _BAND_ROWS
    bands = [
        convert(image.crop((left, start, right, min(start + rows, bottom)))).reduce((across, down))
        for start in range(top, bottom, rows)
    ]
    reduced = Image.new(bands[0].mode, (bands[0].width, sum(band.height for band in bands)))
    for number, band in enumerate(bands):
        reduced.paste(band, (0, number * _BAND_ROWS))
    return reduced, (
        (box[0] - left) / across,
        (box[1] - top) / down,
        (box[2] - left) / across,
        (box[3] - top) / down,
    )


def _mode_converter(image: Image.Image) -> Callable[[Image.Image], Image.Image] | None:
    """A function that converts bands to a mode whose values can be averaged; None if it has one."""
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
    """The upper bytes of 16-bit values; the transparent value becomes white."""
    upper = (values >> 8).astype(np.uint8)
    return upper if transparent is None else np.where(values == transparent, 255, upper)


def _normalized(values: npt.NDArray[Any], low: float, high: float) -> Pixels:
    """Spread values without a fixed white (32-bit integers, floats) over 0 to 255."""
    with np.errstate(invalid="ignore"):  # a NaN becomes 0
        scaled = (values.astype(np.float64) - low) * (255 / max(high - low, 1e-12))
        return np.nan_to_num(scaled.round()).astype(np.uint8)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert to RGB, on a white background."""
    if image.mode == "RGBa":
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode == "LAB":
        return _lab_to_rgb(image)
    return image.convert("RGB")


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    """Convert the L*a*b* of a TIFF, which takes a colour profile."""
    from PIL import ImageCms  # noqa: PLC0415 - rare, and would add to every cold start

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
    return transform.apply(image)
