"""The errors of the API, and the table that maps each to its HTTP code and reason.

Messages are written where errors are raised.

ClassifyError (in pictures.errors)
├── RequestError
│   ├── BadApiKey
│   ├── BadBase64
│   ├── BadJson
│   ├── BadMultipart
│   ├── BadParameter
│   ├── BadToken
│   ├── BodyIncomplete
│   ├── BodyTooLarge
│   ├── MethodNotAllowed
│   ├── NoImage
│   ├── NoSuchPath
│   ├── TooManyImages
│   ├── UnknownField
│   ├── UnsupportedFeature
│   └── UnsupportedMediaType
├── KeyServerUnavailable
├── Overloaded
├── ImageError (in pictures.errors)
│   ├── ImageCorrupt
│   ├── ImageTooCostly
│   ├── TooManyPixels
│   └── UnsupportedImageFormat
├── FeaturesUnavailable (in model.errors)
└── ModelUnavailable (in model.errors)
"""

from __future__ import annotations

from typing import NamedTuple

from model import FeaturesUnavailable, ModelUnavailable
from pictures import (
    ClassifyError,
    ImageCorrupt,
    ImageTooCostly,
    TooManyPixels,
    UnsupportedImageFormat,
)


class RequestError(ClassifyError):
    """The request must be changed before it can succeed."""


class BadApiKey(RequestError):
    """The header X-API-Key is missing or wrong."""


class BadBase64(RequestError):
    """An image is not valid base64."""


class BadJson(RequestError):
    """The body is not JSON or does not have the documented shape."""


class BadMultipart(RequestError):
    """The body is not valid multipart/form-data."""


class BadParameter(RequestError):
    """A parameter has a value that is not allowed."""


class BadToken(RequestError):
    """A Firebase token is missing, expired, of another project or forged."""


class BodyIncomplete(RequestError):
    """The body ended early or took too long to arrive."""


class BodyTooLarge(RequestError):
    """The body is larger than MAX_BODY_BYTES."""


class MethodNotAllowed(RequestError):
    """The path exists but does not support this method."""

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message)
        self.allow = allow


class NoImage(RequestError):
    """The request has no image."""


class NoSuchPath(RequestError):
    """The path does not exist."""


class TooManyImages(RequestError):
    """The request has more images than MAX_IMAGES."""


class UnknownField(RequestError):
    """The request has a field that the API does not define, often a misspelt one."""


class UnsupportedFeature(RequestError):
    """The request asks for a feature of the imitated service that this function lacks."""


class UnsupportedMediaType(RequestError):
    """The Content-Type or Content-Encoding is not supported."""


class KeyServerUnavailable(ClassifyError):
    """The keys that verify Firebase's tokens cannot be fetched; the client may retry."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Overloaded(ClassifyError):
    """Too many requests are waiting; the client may retry."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ErrorSpec(NamedTuple):
    """How the API reports an error: HTTP code, Google API status, stable reason.

    The statuses are those of google.rpc.Code: https://cloud.google.com/apis/design/errors
    """

    code: int
    status: str
    reason: str


ERRORS: dict[type[ClassifyError], ErrorSpec] = {
    BadJson: ErrorSpec(400, "INVALID_ARGUMENT", "BAD_JSON"),
    UnknownField: ErrorSpec(400, "INVALID_ARGUMENT", "UNKNOWN_FIELD"),
    BadParameter: ErrorSpec(400, "INVALID_ARGUMENT", "BAD_PARAMETER"),
    BadBase64: ErrorSpec(400, "INVALID_ARGUMENT", "BAD_BASE64"),
    NoImage: ErrorSpec(400, "INVALID_ARGUMENT", "NO_IMAGE"),
    TooManyImages: ErrorSpec(400, "INVALID_ARGUMENT", "TOO_MANY_IMAGES"),
    BadMultipart: ErrorSpec(400, "INVALID_ARGUMENT", "BAD_MULTIPART"),
    UnsupportedFeature: ErrorSpec(400, "INVALID_ARGUMENT", "UNSUPPORTED_FEATURE"),
    BodyIncomplete: ErrorSpec(400, "INVALID_ARGUMENT", "BODY_INCOMPLETE"),
    ImageCorrupt: ErrorSpec(400, "INVALID_ARGUMENT", "IMAGE_CORRUPT"),
    FeaturesUnavailable: ErrorSpec(400, "FAILED_PRECONDITION", "FEATURES_UNAVAILABLE"),
    BadApiKey: ErrorSpec(401, "UNAUTHENTICATED", "BAD_API_KEY"),
    BadToken: ErrorSpec(401, "UNAUTHENTICATED", "BAD_TOKEN"),
    NoSuchPath: ErrorSpec(404, "NOT_FOUND", "NO_SUCH_PATH"),
    MethodNotAllowed: ErrorSpec(405, "INVALID_ARGUMENT", "METHOD_NOT_ALLOWED"),
    BodyTooLarge: ErrorSpec(413, "INVALID_ARGUMENT", "BODY_TOO_LARGE"),
    ImageTooCostly: ErrorSpec(413, "INVALID_ARGUMENT", "IMAGE_TOO_COSTLY"),
    TooManyPixels: ErrorSpec(413, "INVALID_ARGUMENT", "TOO_MANY_PIXELS"),
    UnsupportedMediaType: ErrorSpec(415, "INVALID_ARGUMENT", "UNSUPPORTED_MEDIA_TYPE"),
    UnsupportedImageFormat: ErrorSpec(415, "INVALID_ARGUMENT", "UNSUPPORTED_IMAGE_FORMAT"),
    KeyServerUnavailable: ErrorSpec(503, "UNAVAILABLE", "KEY_SERVER_UNAVAILABLE"),
    Overloaded: ErrorSpec(503, "UNAVAILABLE", "OVERLOADED"),
    ModelUnavailable: ErrorSpec(503, "UNAVAILABLE", "MODEL_UNAVAILABLE"),
}

#: Any other exception, which is a defect of the function.
INTERNAL = ErrorSpec(500, "INTERNAL", "INTERNAL")
