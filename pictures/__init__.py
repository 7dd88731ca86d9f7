"""Pictures: from the bytes of an image file to an upright RGB square. Knows no network, no HTTP.

The data goes one way: bytes -> `formats` -> `limits` -> `decode` -> `resize` -> pixels.
"""

from pictures.decode import Picture, read_picture
from pictures.errors import (
    ClassifyError,
    ImageCorrupt,
    ImageError,
    TooManyPixels,
    UnsupportedImageFormat,
)
from pictures.formats import FORMATS
from pictures.limits import MAX_PIXELS
from pictures.memory import configure_allocator
from pictures.resize import Crop, Pixels

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "ClassifyError",
    "Crop",
    "ImageCorrupt",
    "ImageError",
    "Picture",
    "Pixels",
    "TooManyPixels",
    "UnsupportedImageFormat",
    "configure_allocator",
    "read_picture",
]
