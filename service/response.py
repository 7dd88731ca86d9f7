"""What is answered: the types of the replies, and how they become HTTP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from flask import Response

from model import Label, ModelCard, ScoredLabel
from pictures import ClassifyError
from service.errors import INTERNAL, KINDS, BadApiKey, Kind, MethodNotAllowed, Overloaded


class ImageInfo(msgspec.Struct, frozen=True):
    """What was found about a picture; width and height as a person sees it."""

    format: str
    width: int
    height: int


class ModelInfo(msgspec.Struct, frozen=True):
    """Which model answered; `GET /model` tells all about it."""

    name: str
    version: str


class ErrorInfo(msgspec.Struct, frozen=True):
    """An error; `reason` is stable and for programs, `message` is for people."""

    code: int
    status: str
    reason: str
    message: str


class Failure(msgspec.Struct, frozen=True):
    """The reply to a request that failed, and an image's place in a batch where it did."""

    error: ErrorInfo


class Prediction(msgspec.Struct, frozen=True):
    """What a picture shows: its labels by falling score."""

    labels: list[ScoredLabel]
    image: ImageInfo


class Classification(Prediction, frozen=True):
    """The reply to a request with one picture."""

    model: ModelInfo


class Predictions(msgspec.Struct, frozen=True):
    """The reply to a request with several pictures, in the order sent."""

    predictions: list[Prediction | Failure]
    model: ModelInfo


class Limits(msgspec.Struct, frozen=True):
    """What a request may hold, as this function is set."""

    max_body_bytes: int
    max_pixels: int
    max_images: int
    max_top_k: int


class ModelReply(ModelCard, frozen=True, kw_only=True):
    """The reply of `GET /model`: the card, and the limits in force."""

    limits: Limits


class Labels(msgspec.Struct, frozen=True):
    """The reply of `GET /labels`: every class, by index."""

    labels: list[Label]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The reply of `GET /health` and `GET /ready`."""

    status: str = "ok"
    model_loaded: bool


#: What a handler may answer: anything that msgspec writes as a JSON object.
Reply = msgspec.Struct | dict[str, Any]


def failure(error: Exception) -> Failure:
    """The reply that tells of `error`: the one place where errors become words.

    An error that is no ClassifyError is a defect of ours, of which a caller learns nothing.
    """
    if isinstance(error, ClassifyError):
        return failure_of(KINDS[type(error)], str(error))
    return failure_of(INTERNAL, "the function failed; this has been logged")


def failure_of(kind: Kind, message: str) -> Failure:
    """The reply that tells of an error of this kind."""
    return Failure(ErrorInfo(kind.code, kind.status, kind.reason, message))


def error_headers(error: ClassifyError) -> dict[str, str]:
    """The headers that go with an error's status: RFC 9110 sections 10.2 and 11.6."""
    match error:
        case MethodNotAllowed():
            return {"Allow": error.allow}
        case Overloaded():
            return {"Retry-After": str(error.retry_after)}
        case BadApiKey():
            return {"WWW-Authenticate": 'ApiKey realm="classify"'}
        case _:
            return {}


def code_of(reply: Reply) -> int:
    """The HTTP status: 200, or the first error's where no image was classified."""
    if isinstance(reply, Failure):
        return reply.error.code
    if isinstance(reply, Predictions):
        first = reply.predictions[0]
        if isinstance(first, Failure) and all(isinstance(p, Failure) for p in reply.predictions):
            return first.error.code
    return HTTPStatus.OK


def response_of(reply: Reply) -> Response:
    """The reply as an HTTP response of JSON in UTF-8."""
    return Response(msgspec.json.encode(reply), status=code_of(reply), mimetype="application/json")
