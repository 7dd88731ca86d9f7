"""What can be wrong with a picture or with the model.

ClassifyError
├── ImageError
│   ├── ImageCorrupt
│   ├── TooManyPixels
│   └── UnsupportedImageFormat
└── ModelUnavailable
"""


class ClassifyError(Exception):
    """The root of everything that classify raises on purpose; str() is for people."""


class ImageError(ClassifyError):
    """This picture cannot be classified; another may."""


class ImageCorrupt(ImageError):
    """The bytes begin like a picture but cannot be decoded."""


class TooManyPixels(ImageError):
    """The picture is larger than the limit, which was checked before decoding it."""


class UnsupportedImageFormat(ImageError):
    """The bytes are not a picture in any of the formats that are read."""


class ModelUnavailable(ClassifyError):
    """The model is missing, damaged, not what its card says, or found no memory."""
