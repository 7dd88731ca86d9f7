"""The replies of the API, and their conversion to HTTP responses."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from werkzeug import Response

from model import Label, ModelCard, ScoredLabel
from pictures import ClassifyError
from service.errors import (
    ERRORS,
    INTERNAL,
    BadApiKey,
    BadToken,
    ErrorSpec,
    KeyServerUnavailable,
    MethodNotAllowed,
    Overloaded,
)

_MAX_MESSAGE = 1000


class ImageInfo(msgspec.Struct, frozen=True):
    """The format of a picture, and its size after applying the EXIF orientation."""

    format: str
    width: int
    height: int


class ModelInfo(msgspec.Struct, frozen=True):
    """The model that made the predictions; `GET /model` returns its full card."""

    name: str
    version: str


class ErrorInfo(msgspec.Struct, frozen=True):
    """An error: `reason` is stable and for programs, `message` is for people."""

    code: int
    status: str
    reason: str
    message: str


class ErrorResponse(msgspec.Struct, frozen=True):
    """The reply to a failed request, or the place of a failed image in a batch."""

    error: ErrorInfo

    @classmethod
    def from_exception(cls, error: Exception) -> ErrorResponse:
        """Convert an exception to an error response; unexpected ones reveal nothing."""
        if isinstance(error, ClassifyError):
            return cls.from_spec(ERRORS[type(error)], _shortened(str(error)))
        return cls.from_spec(INTERNAL, "the function failed; the error has been logged")

    @classmethod
    def from_spec(cls, spec: ErrorSpec, message: str) -> ErrorResponse:
        return cls(ErrorInfo(*spec, message))


def _shortened(message: str) -> str:
    """A message without the end of a long name that the client sent."""
    return message if len(message) <= _MAX_MESSAGE else f"{message[:_MAX_MESSAGE]}..."


class Box(msgspec.Struct, frozen=True):
    """A part of the upright picture, in its pixels."""

    left: float
    top: float
    right: float
    bottom: float


class Heatmap(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the network saw a class."""

    grid: list[list[float]]
    """Rows from top to bottom, of values from left to right: 0 for no heat, 1 for most."""
    box: Box
    """The part of the picture that the grid covers; the network does not see the rest."""
    png: str | msgspec.UnsetType = msgspec.UNSET
    """An overlay for the whole upright picture as a data URL."""


class PredictedLabel(ScoredLabel, frozen=True):
    """One class and its probability, with `explain` also where it was seen."""

    heatmap: Heatmap | msgspec.UnsetType = msgspec.UNSET


class Space(msgspec.Struct, frozen=True):
    """The space of an embedding: the name of the model, and the sha256 of its file."""

    model: str
    sha256: str


class Embedding(msgspec.Struct, frozen=True):
    """A vector of unit length; vectors of different spaces must not be compared."""

    values: str | list[float]
    """float32, little-endian, in base64; or a list of numbers."""
    dimensions: int
    space: Space


class Prediction(msgspec.Struct, frozen=True):
    """The labels of a picture, by descending score."""

    labels: list[PredictedLabel]
    image: ImageInfo
    embedding: Embedding | msgspec.UnsetType = msgspec.UNSET


class Classification(msgspec.Struct, frozen=True):
    """The reply to a request with one picture: its prediction, and the model."""

    labels: list[PredictedLabel]
    image: ImageInfo
    model: ModelInfo
    embedding: Embedding | msgspec.UnsetType = msgspec.UNSET


class Predictions(msgspec.Struct, frozen=True):
    """The reply to a request with several pictures, in the order of the request."""

    predictions: list[Prediction | ErrorResponse]
    model: ModelInfo


class Limits(msgspec.Struct, frozen=True):
    """The limits of a request, from the settings and the model."""

    max_body_bytes: int
    max_pixels: int
    max_images: int
    max_top_k: int


class ModelReply(ModelCard, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The reply of `GET /model`: the model card, and the limits in force."""

    limits: Limits


class Labels(msgspec.Struct, frozen=True):
    """The reply of `GET /labels`: every class, by index."""

    labels: list[Label]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The reply of `GET /health` and `GET /ready`."""

    status: str = "ok"
    model_loaded: bool


#: What a classification results in.
Outcome = Classification | Predictions
#: What a handler returns; msgspec encodes it as a JSON object.
Reply = msgspec.Struct | dict[str, Any]


def error_headers(error: ClassifyError) -> dict[str, str]:
    """The headers that an error's status requires: RFC 9110 sections 10.2 and 11.6."""
    match error:
        case MethodNotAllowed():
            return {"Allow": error.allow}
        case Overloaded() | KeyServerUnavailable():
            return {"Retry-After": str(error.retry_after)}
        case BadApiKey():
            return {"WWW-Authenticate": 'ApiKey realm="classify"'}
        case BadToken():
            return {"WWW-Authenticate": 'Bearer realm="classify"'}
        case _:
            return {}


def status_code(reply: Reply) -> int:
    """The HTTP status: 200, or that of the first error if no image was classified."""
    if isinstance(reply, ErrorResponse):
        return reply.error.code
    if isinstance(reply, Predictions):
        errors = [each for each in reply.predictions if isinstance(each, ErrorResponse)]
        if len(errors) == len(reply.predictions):
            return errors[0].error.code
    return HTTPStatus.OK


def to_response(reply: object, status: int) -> Response:
    """The reply as an HTTP response: JSON in UTF-8."""
    return Response(msgspec.json.encode(reply), status=status, mimetype="application/json")
