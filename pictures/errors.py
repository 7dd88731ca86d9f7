"""The errors of a picture, and the root of all errors.

ClassifyError
└── ImageError
    ├── ImageCorrupt
    ├── ImageTooCostly
    ├── TooManyPixels
    └── UnsupportedImageFormat
"""


class ClassifyError(Exception):
    """The root of every error that classify raises on purpose; str() is the message for people."""


class ImageError(ClassifyError):
    """This picture cannot be classified; another may."""


class ImageCorrupt(ImageError):
    """The bytes begin like a picture but cannot be decoded."""


class ImageTooCostly(ImageError):
    """Decoding the picture took more memory or time than one picture may take."""


class TooManyPixels(ImageError):
    """The picture has more pixels than MAX_PIXELS; it was not decoded."""


class UnsupportedImageFormat(ImageError):
    """The bytes are not a picture in any of the supported formats."""
