"""Everything a caller can be told is wrong, and the one table that says how.

ClassifyError (in model.errors)
├── RequestError
│   ├── BadApiKey
│   ├── BadBase64
│   ├── BadJson
│   ├── BadMultipart
│   ├── BadParameter
│   ├── BodyIncomplete
│   ├── BodyTooLarge
│   ├── MethodNotAllowed
│   ├── NoImage
│   ├── NoSuchPath
│   ├── TooManyImages
│   ├── UnknownField
│   └── UnsupportedMediaType
├── Overloaded
├── ImageError (in model.errors)
│   ├── ImageCorrupt
│   ├── TooManyPixels
│   └── UnsupportedImageFormat
└── ModelUnavailable (in model.errors)
"""

from __future__ import annotations

from typing import NamedTuple

from model import ModelUnavailable
from pictures import ClassifyError, ImageCorrupt, TooManyPixels, UnsupportedImageFormat


class RequestError(ClassifyError):
    """The request must be changed before it can succeed."""


class BadApiKey(RequestError):
    """X-API-Key is missing or is none of the keys."""


class BadBase64(RequestError):
    """An image is not base64."""


class BadJson(RequestError):
    """The body is not JSON, or not of the documented shape."""


class BadMultipart(RequestError):
    """The body is not the multipart/form-data that its Content-Type announces."""


class BadParameter(RequestError):
    """top_k or min_score is not a number in its range."""


class BodyIncomplete(RequestError):
    """The body ended before its Content-Length."""


class BodyTooLarge(RequestError):
    """The body is larger than MAX_BODY_BYTES."""


class MethodNotAllowed(RequestError):
    """The path is known but does not answer this method."""

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message)
        self.allow = allow


class NoImage(RequestError):
    """The request carries no image."""


class NoSuchPath(RequestError):
    """The path is none of the function's."""


class TooManyImages(RequestError):
    """More images than MAX_IMAGES."""


class UnknownField(RequestError):
    """A field that the contract does not have, often a misspelt one."""


class UnsupportedMediaType(RequestError):
    """The Content-Type or Content-Encoding is not one that carries images here."""


class Overloaded(ClassifyError):
    """Too many requests are waiting already; the caller may try again."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Kind(NamedTuple):
    """How an error is told: HTTP code, Google API status, and the stable reason.

    The statuses are google.rpc.Code's: https://cloud.google.com/apis/design/errors
    """

    code: int
    status: str
    reason: str


KINDS: dict[type[ClassifyError], Kind] = {
    BadJson: Kind(400, "INVALID_ARGUMENT", "BAD_JSON"),
    UnknownField: Kind(400, "INVALID_ARGUMENT", "UNKNOWN_FIELD"),
    BadParameter: Kind(400, "INVALID_ARGUMENT", "BAD_PARAMETER"),
    BadBase64: Kind(400, "INVALID_ARGUMENT", "BAD_BASE64"),
    NoImage: Kind(400, "INVALID_ARGUMENT", "NO_IMAGE"),
    TooManyImages: Kind(400, "INVALID_ARGUMENT", "TOO_MANY_IMAGES"),
    BadMultipart: Kind(400, "INVALID_ARGUMENT", "BAD_MULTIPART"),
    BodyIncomplete: Kind(400, "INVALID_ARGUMENT", "BODY_INCOMPLETE"),
    ImageCorrupt: Kind(400, "INVALID_ARGUMENT", "IMAGE_CORRUPT"),
    BadApiKey: Kind(401, "UNAUTHENTICATED", "BAD_API_KEY"),
    NoSuchPath: Kind(404, "NOT_FOUND", "NO_SUCH_PATH"),
    MethodNotAllowed: Kind(405, "INVALID_ARGUMENT", "METHOD_NOT_ALLOWED"),
    BodyTooLarge: Kind(413, "INVALID_ARGUMENT", "BODY_TOO_LARGE"),
    TooManyPixels: Kind(413, "INVALID_ARGUMENT", "TOO_MANY_PIXELS"),
    UnsupportedMediaType: Kind(415, "INVALID_ARGUMENT", "UNSUPPORTED_MEDIA_TYPE"),
    UnsupportedImageFormat: Kind(415, "INVALID_ARGUMENT", "UNSUPPORTED_IMAGE_FORMAT"),
    Overloaded: Kind(503, "UNAVAILABLE", "OVERLOADED"),
    ModelUnavailable: Kind(503, "UNAVAILABLE", "MODEL_UNAVAILABLE"),
}

#: What a caller is told of an error that is none of the above: a defect of ours.
INTERNAL = Kind(500, "INTERNAL", "INTERNAL")
