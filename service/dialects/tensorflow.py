"""TensorFlow Serving, and KServe v1 and Vertex AI, which took over its protocol.

Source: https://www.tensorflow.org/tfx/serving/api_rest
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from model import ModelCard
from service.dialects.dialect import Dialect, Json, error_text
from service.dialects.native import parse_images
from service.errors import BadJson
from service.json_body import JsonBody
from service.request import ClassifyRequest, Content, Parameters
from service.response import ErrorResponse, Limits, Outcome, Predictions, status_code
from service.routes import Route

_EXAMPLE = '{"instances": [{"b64": "<base64>"}], "parameters": {"top_k": 5, "min_score": 0}}'


class PredictRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A request with several images; an instance is `{"b64": …}` or `{"<input>": {"b64": …}}`."""

    instances: list[dict[str, msgspec.Raw]]
    parameters: Parameters | msgspec.UnsetType = msgspec.UNSET
    # There is one signature, but clients name it.
    signature_name: str = "serving_default"


class _Binary(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    b64: msgspec.Raw


class VersionStatus(msgspec.Struct, frozen=True):
    """The state of the model, for the clients of TensorFlow Serving."""

    version: str
    state: str = "AVAILABLE"


class ModelStatus(msgspec.Struct, frozen=True):
    """The reply about the model: `ready` for the clients of KServe."""

    name: str
    model_version_status: list[VersionStatus]
    ready: bool = True


class TensorFlow(Dialect):
    """`instances` get `predictions`; an error is a string that begins with the reason.

    If no image was classified, the reply is the error of the first one.
    """

    name = "tensorflow"
    route = Route(
        "POST", "/v1/models/{model}:predict", "predict", "Classify as TensorFlow Serving does"
    )
    status_route = Route(
        "GET", "/v1/models/{model}", "modelStatus", "Whether it can classify; loads the model"
    )

    def parse(self, content: Content, limits: Limits) -> ClassifyRequest:
        # TensorFlow Serving ignores the Content-Type; its documented examples send curl's default.
        body = JsonBody(content.data, max_images=limits.max_images, example=_EXAMPLE)
        request = body.decode(PredictRequest)
        encoded = [_encoded_image(instance) for instance in request.instances]
        return parse_images(encoded, request.parameters or Parameters(), content.query, limits)

    def reply(self, outcome: Outcome) -> Json:
        assert isinstance(outcome, Predictions)  # noqa: S101 - every request is a batch
        predictions = [
            self.error(each) if isinstance(each, ErrorResponse) else each
            for each in outcome.predictions
        ]
        failed = status_code(outcome) != HTTPStatus.OK
        return predictions[0] if failed else {"predictions": predictions}

    def error(self, error: ErrorResponse) -> Json:
        return error_text(error)

    def status(self, outcome: Outcome) -> int:
        return status_code(outcome)

    def model_status(self, card: ModelCard) -> ModelStatus:
        return ModelStatus(card.name, [VersionStatus(card.version)])


def _encoded_image(instance: dict[str, msgspec.Raw]) -> msgspec.Raw:
    """The base64 of an instance. Raises BadJson."""
    try:
        ((name, value),) = instance.items()
        encoded = value if name == "b64" else msgspec.json.decode(value, type=_Binary).b64
    except (ValueError, msgspec.MsgspecError) as error:
        names = ", ".join(instance) or "no fields"
        raise BadJson(f"an instance has {names}; send {_EXAMPLE}") from error
    if memoryview(encoded)[0] != ord('"'):
        raise BadJson(f"an instance has {name}, but not as base64; send {_EXAMPLE}")
    return encoded
