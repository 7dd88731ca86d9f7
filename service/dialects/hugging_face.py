"""Hugging Face: the task image-classification of its inference clients.

Source: https://huggingface.co/docs/inference-providers/tasks/image-classification
"""

from __future__ import annotations

from typing import Literal

import msgspec

from service.dialects.dialect import Dialect, Json, error_text
from service.errors import UnsupportedMediaType
from service.json_body import JsonBody
from service.request import (
    Base64,
    ClassifyRequest,
    Content,
    Parameters,
    TopK,
    attempt,
    classify_request,
    is_json,
    read_base64,
    read_bytes,
)
from service.response import Classification, ErrorResponse, Limits, Outcome
from service.routes import Route

_EXAMPLE = '{"inputs": "<base64>", "parameters": {"top_k": 5}}'
_QUERY = ("top_k", "min_score")


class InputsParameters(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The parameters of a Hugging Face classification."""

    top_k: TopK | None = None
    function_to_apply: Literal["softmax"] | None = None
    """The scores are probabilities already: no other function can be applied."""


class InputsRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A request with one image."""

    inputs: Base64 | msgspec.UnsetType = msgspec.UNSET
    parameters: InputsParameters = InputsParameters()


class ImageLabel(msgspec.Struct, frozen=True):
    """A label of a picture and its probability."""

    label: str
    score: float


class HuggingFace(Dialect):
    """Bytes or `inputs` get a list of labels; an error is a string that begins with the reason."""

    name = "hugging-face"
    route = Route(
        "POST", "/image-classification", "imageClassification", "Classify as Hugging Face does"
    )

    def parse(self, content: Content, limits: Limits) -> ClassifyRequest:
        if content.form is not None:
            raise UnsupportedMediaType(
                "a form is not supported here; send the bytes of an image, or application/json "
                f"with {_EXAMPLE}"
            )
        # The reply has no place for anything else.
        query = {name: content.query[name] for name in _QUERY if name in content.query}
        if not is_json(content.media_type):
            image = attempt(read_bytes, content.data, "the body")
            return classify_request([image], Parameters(), query, limits)
        body = JsonBody(content.data, max_images=1, example=_EXAMPLE)
        request = body.decode(InputsRequest)
        top_k = request.parameters.top_k
        parameters = Parameters(top_k=msgspec.UNSET if top_k is None else top_k)
        image = attempt(read_base64, request.inputs, "inputs")
        return classify_request([image], parameters, query, limits)

    def reply(self, outcome: Outcome) -> Json:
        assert isinstance(outcome, Classification)  # noqa: S101 - no request is a batch
        return [ImageLabel(each.label, each.score) for each in outcome.labels]

    def error(self, error: ErrorResponse) -> Json:
        return error_text(error)
