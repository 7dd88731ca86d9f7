"""Google Cloud Vision: `images:annotate` with the feature LABEL_DETECTION.

Source: https://cloud.google.com/vision/docs/reference/rest/v1/images/annotate
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from model import ScoredLabel
from service.dialects.dialect import Dialect, Json
from service.errors import NoImage, UnsupportedFeature
from service.json_body import JsonBody
from service.multipart import too_many_images
from service.request import (
    Base64,
    ClassifyRequest,
    Content,
    Image,
    Parameters,
    TopK,
    attempt,
    classify_request,
    read_base64,
)
from service.response import ErrorInfo, ErrorResponse, Limits, Outcome, Prediction, Predictions
from service.routes import Route

_EXAMPLE = (
    '{"requests": [{"image": {"content": "<base64>"}, '
    '"features": [{"type": "LABEL_DETECTION", "maxResults": 5}]}]}'
)
# https://cloud.google.com/vision/docs/reference/rest/v1/Feature
_DEFAULT_MAX_RESULTS = 10
# The numbers that Google's clients send for features:
# https://github.com/googleapis/googleapis/blob/master/google/cloud/vision/v1/image_annotator.proto
_FEATURES: dict[str | int, str] = {
    1: "FACE_DETECTION",
    2: "LANDMARK_DETECTION",
    3: "LOGO_DETECTION",
    4: "LABEL_DETECTION",
    5: "TEXT_DETECTION",
    6: "SAFE_SEARCH_DETECTION",
    7: "IMAGE_PROPERTIES",
    9: "CROP_HINTS",
    10: "WEB_DETECTION",
    11: "DOCUMENT_TEXT_DETECTION",
    12: "PRODUCT_SEARCH",
    19: "OBJECT_LOCALIZATION",
}
# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
RPC_CODES = {
    "INVALID_ARGUMENT": 3,
    "NOT_FOUND": 5,
    "FAILED_PRECONDITION": 9,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}


class Feature(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="camel"):
    """What to find out about an image; there is one `model`, whatever its name."""

    type: str | int = "TYPE_UNSPECIFIED"
    max_results: TopK = 0
    model: str = ""


class Source(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An image in base64; `source` stands for an address, which is not supported."""

    content: Base64 | msgspec.UnsetType = msgspec.UNSET
    source: dict[str, msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET


class AnnotateImageRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="camel"):
    """One image, and what to find out about it."""

    image: Source = Source()
    features: list[Feature] = []
    image_context: dict[str, msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET


class AnnotateRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A request with several images; `parent` and `labels` are for billing at Google."""

    requests: list[AnnotateImageRequest]
    parent: str = ""
    labels: dict[str, str] = {}


class LabelAnnotation(msgspec.Struct, frozen=True):
    """A label and its probability. There is no `mid`, because the labels are WordNet's."""

    description: str
    score: float


class Vision(Dialect):
    """Each of `requests` gets an object with `labelAnnotations` or `error`."""

    name = "vision"
    route = Route("POST", "/v1/images:annotate", "annotate", "Classify as Google Vision does")

    def parse(self, content: Content, limits: Limits) -> ClassifyRequest:
        body = JsonBody(content.data, max_images=limits.max_images, example=_EXAMPLE)
        requests = body.decode(AnnotateRequest).requests
        if not requests:
            raise NoImage(f"requests is empty; send {_EXAMPLE}")
        if len(requests) > limits.max_images:
            raise too_many_images(limits.max_images)
        images: list[Image] = [
            attempt(_read_image, request, f"requests[{number}]")
            for number, request in enumerate(requests)
        ]
        parsed = classify_request(images, Parameters(), {}, limits, batch=True)
        return replace(parsed, top_k=[_top_k(request, limits) for request in requests])

    def reply(self, outcome: Outcome) -> Json:
        assert isinstance(outcome, Predictions)  # noqa: S101 - every request is a batch
        return {"responses": [_response(each) for each in outcome.predictions]}

    def error(self, error: ErrorResponse) -> Json:
        return {"error": _status(error.error, error.error.code)}


def _read_image(request: AnnotateImageRequest, field: str) -> bytes:
    """The image of a request. Raises RequestError."""
    types = [str(_FEATURES.get(each.type, each.type)) for each in request.features]
    unsupported = [name for name in types if name != "LABEL_DETECTION"]
    if unsupported or not types:
        named = ", ".join(unsupported) or "a request without features"
        raise UnsupportedFeature(
            f"{field}.features: {named} is not supported; send LABEL_DETECTION alone"
        )
    if not isinstance(request.image.source, msgspec.UnsetType):
        names = ", ".join(request.image.source) or "source"
        raise UnsupportedFeature(
            f"{field}.image.source: {names} is not supported; send the bytes of the image as "
            "base64 in content"
        )
    if request.image_context:
        raise UnsupportedFeature(f"{field}.imageContext is not supported; leave it out")
    return read_base64(request.image.content, f"{field}.image.content")


def _top_k(request: AnnotateImageRequest, limits: Limits) -> int:
    """The largest maxResults of the features; Google's service caps it as well."""
    largest = max((int(feature.max_results) for feature in request.features), default=0)
    return min(largest or _DEFAULT_MAX_RESULTS, limits.max_top_k)


def _response(prediction: Prediction | ErrorResponse) -> Json:
    if isinstance(prediction, ErrorResponse):
        return {"error": _status(prediction.error, RPC_CODES[prediction.error.status])}
    return {"labelAnnotations": [_annotation(label) for label in prediction.labels]}


def _annotation(label: ScoredLabel) -> LabelAnnotation:
    return LabelAnnotation(label.label, label.score)


def _status(error: ErrorInfo, code: int) -> Json:
    """A google.rpc.Status; `code` is that of HTTP for a whole request, of gRPC for an image.

    Source: https://google.aip.dev/193
    """
    return {
        "code": code,
        "status": error.status,
        "message": error.message,
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": error.reason,
                "domain": "classify",
            }
        ],
    }
