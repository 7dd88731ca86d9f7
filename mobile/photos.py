"""A picked photo, made ready to be sent and shown."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

#: Pixels of the shorter side when sent: twice that of the network's resize.
SHORT_SIDE = 512
_QUALITY = 90
# Pillow scales these to 8 bits by cutting off.
_DEEP_MODES = {"I", "F", "I;16", "I;16B", "I;16L", "I;16N"}
#: Brands of an ISO base media file that is a HEIC: ISO/IEC 23008-12, annex B.
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1"}


@dataclass(frozen=True)
class Photo:
    """A photo as it is sent."""

    data: bytes
    """The bytes of the file."""
    aspect: float | None
    """Width by height; None for a file that Flutter cannot draw."""


def prepare(data: bytes) -> Photo:
    """Turn a photo upright, and shrink it to a JPEG.

    A file that Pillow cannot read is sent as it is: the function reads more formats, and says
    what is wrong with a damaged one.
    """
    try:
        return _shrunk(data)
    except Exception:  # noqa: BLE001 - Pillow's plugins raise anything
        return Photo(data, aspect=None)


def format_name(data: bytes) -> str:
    """The format of a file that cannot be drawn, or nothing if it is unknown."""
    return "HEIC" if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS else ""


def _shrunk(data: bytes) -> Photo:
    with Image.open(io.BytesIO(data)) as image:
        if image.mode in _DEEP_MODES:
            raise ValueError(image.mode)
        # A JPEG is decoded at a fraction of its size, which must not be below the target.
        image.draft("RGB", (2 * SHORT_SIDE, 2 * SHORT_SIDE))
        upright = _on_white(ImageOps.exif_transpose(image))
    scale = SHORT_SIDE / min(upright.size)
    if scale < 1:
        width, height = upright.size
        upright = upright.resize((round(width * scale), round(height * scale)))
    output = io.BytesIO()
    upright.save(output, "JPEG", quality=_QUALITY)
    return Photo(output.getvalue(), upright.width / upright.height)


def _on_white(image: Image.Image) -> Image.Image:
    """RGB: JPEG has no transparency, and the function lays it on white too."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
