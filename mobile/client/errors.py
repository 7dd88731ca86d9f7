"""The errors of the client; those of the API have the names that service/errors.py gives them.

ClassifyError
├── BadAddress
├── Unreachable
│   ├── ConnectionBroken
│   ├── NoNetwork
│   ├── NotListening
│   └── TimedOut
├── UnexpectedReply
└── ApiError
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
    ├── FeaturesUnavailable
    ├── ImageError
    │   ├── ImageCorrupt
    │   ├── ImageTooCostly
    │   ├── TooManyPixels
    │   └── UnsupportedImageFormat
    ├── Internal
    ├── KeyServerUnavailable
    ├── ModelUnavailable
    └── Overloaded
"""

from __future__ import annotations

import re
from typing import ClassVar


class ClassifyError(Exception):
    """The photo was not classified."""


class BadAddress(ClassifyError):
    """The address is not a URL of http or https."""


class Unreachable(ClassifyError):
    """The function cannot be reached."""


class ConnectionBroken(Unreachable):
    """The connection broke before the reply was complete."""


class NoNetwork(Unreachable):
    """There is no network, or no host of this name."""


class NotListening(Unreachable):
    """The host is there, but accepts no connection at this address."""


class TimedOut(Unreachable):
    """The function took longer than the timeout."""


class UnexpectedReply(ClassifyError):
    """The reply is not from the API: a captive portal's, a platform's or another server's."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the reply, with status {status}, is not from the function")
        self.status = status


class ApiError(ClassifyError):
    """An error of the API; the subclass says which, and this class itself is for unknown ones."""

    by_reason: ClassVar[dict[str, type[ApiError]]] = {}

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason

    def __init_subclass__(cls) -> None:
        reason = re.sub("(?<!^)(?=[A-Z])", "_", cls.__name__).upper()
        ApiError.by_reason[reason] = cls


class RequestError(ApiError):
    """The request must be changed before it can succeed."""


class BadApiKey(RequestError):
    """The key is missing or wrong."""


class BadBase64(RequestError):
    """An image is not valid base64."""


class BadJson(RequestError):
    """The body is not JSON or does not have the documented shape."""


class BadMultipart(RequestError):
    """The body is not valid multipart/form-data."""


class BadParameter(RequestError):
    """A parameter has a value that is not allowed."""


class BadToken(RequestError):
    """The function asks for a token of its own app, or for a key."""


class BodyIncomplete(RequestError):
    """The photo ended early or took too long to arrive."""


class BodyTooLarge(RequestError):
    """The photo has more bytes than the function accepts."""


class MethodNotAllowed(RequestError):
    """The path exists but does not support this method."""


class NoImage(RequestError):
    """The photo has no bytes."""


class NoSuchPath(RequestError):
    """The path does not exist."""


class TooManyImages(RequestError):
    """The request has more images than the function accepts."""


class UnknownField(RequestError):
    """The request has a field that the API does not define."""


class UnsupportedFeature(RequestError):
    """The request asks for a feature of the imitated service that this function lacks."""


class UnsupportedMediaType(RequestError):
    """The Content-Type or Content-Encoding is not supported."""


class FeaturesUnavailable(ApiError):
    """The model has no features to explain or compare photos with."""


class ImageError(ApiError):
    """The photo itself is the problem."""


class ImageCorrupt(ImageError):
    """The photo is damaged."""


class ImageTooCostly(ImageError):
    """The photo takes too much time or memory to decode."""


class TooManyPixels(ImageError):
    """The photo has more pixels than the function accepts."""


class UnsupportedImageFormat(ImageError):
    """The bytes are not a photo in a supported format."""


class Internal(ApiError):
    """The function has a defect."""


class KeyServerUnavailable(ApiError):
    """The function cannot verify tokens at the moment."""


class ModelUnavailable(ApiError):
    """The function has no model to classify with."""


class Overloaded(ApiError):
    """Too many requests are waiting."""
