"""One picture: from the bytes of a file to the pixels that the network sees.

The order keeps large photos cheap and hostile ones harmless: the first bytes decide the
format, the header gives the size, the size is checked, a JPEG is told to decode small,
and only then are pixels decoded. All later work is on a square of the network's size.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageCms

from model.card import Input
from model.errors import ImageCorrupt, ImageError, TooManyPixels, UnsupportedImageFormat

Pixels = npt.NDArray[np.uint8]

#: The formats that are read. Most of Pillow's security holes were in the others.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIC")

# Our own limit replaces Pillow's, which is global, and at first only warns.
Image.MAX_IMAGE_PIXELS = None

# How the files begin. JPEG: ITU-T T.81 B.1.1.3; PNG: W3C PNG 5.2; GIF: GIF89a 17;
# BMP: BITMAPFILEHEADER; TIFF: TIFF 6.0 section 2, and 43 for BigTIFF.
_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}
# Brands of the `ftyp` box: AV1 Image File Format 6; ISO/IEC 23008-12 annex B.
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1"}

# Pillow loads all its plugins to find one that it has not loaded; these are imported by
# name, at their first picture.
_PLUGINS = {
    "WEBP": "PIL.WebPImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
    "HEIC": "pi_heif.HeifImagePlugin",
}

# EXIF 2.32, tag 0x0112: what to do to the stored picture to see it upright.
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
    """uint8 [size, size, 3], RGB, upright."""


def read_picture(data: bytes, spec: Input, *, max_pixels: int) -> Picture:
    """Decode a picture and cut from it the square that the network was trained on.

    `spec` is the model card's input; `max_pixels` limits width x height.
    Raises UnsupportedImageFormat, TooManyPixels or ImageCorrupt.
    """
    name = _format_of(data)
    with _decoder_errors(name), _open(data, name) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise TooManyPixels(
                f"the image is {width}x{height} pixels; at most {max_pixels:,} are accepted"
            )
        # libjpeg decodes at 1/2, 1/4 or 1/8, five times as fast; other formats ignore it.
        image.draft(None, (spec.resize, spec.resize))
        image.load()
        orientation = _orientation(image)
        square = _flat(_centre_square(_resamplable(image), spec))
    if orientation in _UPRIGHT:
        square = square.transpose(_UPRIGHT[orientation])
    if orientation in _ON_ITS_SIDE:
        width, height = height, width
    return Picture(name, width, height, np.asarray(square))


def _format_of(data: bytes) -> str:
    """The format by the file's first bytes. Raises UnsupportedImageFormat."""
    for signature, name in _SIGNATURES.items():
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        box = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
        brands = {box[i : i + 4] for i in range(0, len(box), 4)}
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if brands & _HEIC_BRANDS:
            return "HEIC"
    raise UnsupportedImageFormat(
        f"the bytes are not an image in a supported format ({', '.join(FORMATS)}); "
        f"they begin with {data[:12]!r}"
    )


def _open(data: bytes, name: str) -> Image.Image:
    """The picture with its header read and its pixels not yet decoded."""
    if name in _PLUGINS:
        importlib.import_module(_PLUGINS[name])
    return Image.open(io.BytesIO(data), formats=["HEIF" if name == "HEIC" else name])


@contextmanager
def _decoder_errors(name: str) -> Iterator[None]:
    """Turn what a decoder raises, which is nearly every type there is, into ImageCorrupt."""
    try:
        yield
    except (ImageError, MemoryError):
        raise
    except Exception as error:
        raise ImageCorrupt(f"the {name} image is damaged or cut short: {error}") from error


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none or it is unreadable."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - however the metadata is damaged, the pixels are not
        return 1


def _resamplable(image: Image.Image) -> Image.Image:
    """The picture in a mode whose values may be averaged, with transparency as a channel."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        return Image.fromarray(_stretched(np.asarray(image, np.float64)))
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("1", "P"):
        return image.convert("RGB")
    return image


def _stretched(values: npt.NDArray[np.float64]) -> Pixels:
    """Values without a fixed white (32-bit integers, floats) spread over 0 to 255."""
    low, high = values.min(), values.max()
    scaled: Pixels = np.round((values - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)
    return scaled


def _centre_square(image: Image.Image, spec: Input) -> Image.Image:
    """Resize the short side to `spec.resize` and cut `spec.size` from the centre, in one step."""
    width, height = image.size
    side = min(width, height) * spec.size / spec.resize
    left, top = (width - side) / 2, (height - side) / 2
    return image.resize(
        (spec.size, spec.size),
        Image.Resampling.BILINEAR,
        box=(left, top, left + side, top + side),
        # Average whole blocks first where the picture is much larger: no visible difference.
        reducing_gap=3.0,
    )


def _flat(image: Image.Image) -> Image.Image:
    """The picture in RGB, transparency laid on white."""
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    if image.mode == "LAB":
        return _lab_to_rgb(image)
    return image.convert("RGB")


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    """Colours of a TIFF in L*a*b*, which only a colour profile converts."""
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
    return transform.apply(image)
