"""Pictures: from the bytes of an image file to upright RGB pixels. Knows no model and no HTTP.

The data goes one way: bytes -> `formats` -> `limits` -> `decode` -> `resize` -> pixels. Untrusted
pictures take these steps in a decoder process: `pool` -> `protocol` -> `sandbox`.
"""

from pictures.decode import Picture, read_picture
from pictures.errors import (
    ClassifyError,
    ImageCorrupt,
    ImageError,
    ImageTooCostly,
    TooManyPixels,
    UnsupportedImageFormat,
)
from pictures.formats import FORMATS, is_picture
from pictures.limits import MAX_PIXELS
from pictures.memory import configure_allocator
from pictures.pool import DecoderPool, Decoding
from pictures.resize import Crop, Pixels

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "ClassifyError",
    "Crop",
    "DecoderPool",
    "Decoding",
    "ImageCorrupt",
    "ImageError",
    "ImageTooCostly",
    "Picture",
    "Pixels",
    "TooManyPixels",
    "UnsupportedImageFormat",
    "configure_allocator",
    "is_picture",
    "read_picture",
]
