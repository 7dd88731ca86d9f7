"""The OpenAPI document, generated from the routes and the types of requests and replies.

Client generators merge alternatives into one type in which everything is required, and look at the
first media type only. So each operation has one type of reply, and requests of one shape: several
images have a path of their own. The paths of other services' clients are not described.

Specification: https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from model import ModelUnavailable
from pictures import FORMATS, ClassifyError
from service.access import API_KEY_HEADER, APP_CHECK_HEADER
from service.dialects.native import ImageRequest, InstancesRequest
from service.dialects.tensorflow import ModelStatus, TensorFlow
from service.errors import ERRORS, INTERNAL, MethodNotAllowed
from service.request import Parameters
from service.response import (
    Classification,
    Embedding,
    ErrorResponse,
    ImageInfo,
    Limits,
    PredictedLabel,
)
from service.routes import CLASSIFY, PAGE, ROUTES, Route

Document = dict[str, Any]

_DESCRIPTION = f"""Classifies photos: ImageNet labels and probabilities.

Formats: {", ".join(FORMATS)}, detected from the bytes, never from a name or a Content-Type.
Errors have a stable `reason` for programs and a `message` for people.
Several images: `POST /v1/models/NAME:predict`.
The model's licence is separate from the code's: see `GET /model`."""

_SCHEMAS = "#/components/schemas"
_REQUESTS = [ImageRequest, InstancesRequest]
_REPLIES = [
    Classification,
    ModelStatus,
    *dict.fromkeys(route.reply for route in ROUTES if route.reply),
    ErrorResponse,
]
_BINARY = {"type": "string", "format": "binary"}

# The error of TensorFlow Serving's clients.
_PREDICT_ERROR = {
    "type": "object",
    "description": "An error: its reason, a colon, and a message.",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}

# A PNG of one grey pixel, so that the examples are valid requests.
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="
)

# Sample requests as an extension: the media types of raw bytes have no examples in OpenAPI.
_SAMPLES = {
    "bytes": "curl -H 'Content-Type: image/jpeg' --data-binary @photo.jpg URL",
    "a form": "curl -F photo=@photo.jpg -F top_k=3 URL",
    "JSON": (
        """printf '{"image": "%s"}' "$(base64 photo.jpg)" | tr -d '\\n' |\n"""
        "  curl -H 'Content-Type: application/json' --data-binary @- URL"
    ),
}

_TEXT = {"schema": {"type": "string"}}
_SUCCESS_HEADERS = {
    "Server-Timing": {
        **_TEXT,
        "description": "Milliseconds: read, wait, decode, load, infer, explain",
    }
}
_ERROR_HEADERS = {
    401: {
        "WWW-Authenticate": {
            **_TEXT,
            "description": "The kind of credentials that it lacks",
        }
    },
    405: {"Allow": {**_TEXT, "description": "The methods that the path supports"}},
    503: {"Retry-After": {**_TEXT, "description": "Seconds to wait, if waiting may help"}},
}
_SECURITY_SCHEMES = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": API_KEY_HEADER},
    "AppCheck": {"type": "apiKey", "in": "header", "name": APP_CHECK_HEADER},
    "IdToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}


def openapi_document(
    limits: Limits, *, model: str, security: Sequence[Mapping[str, Sequence[str]]]
) -> Document:
    """The OpenAPI document for these limits; `security` is that of classification."""
    schemas = _schemas(limits)
    paths: Document = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    classify = _classify(schemas[Parameters.__name__]["properties"])
    paths[CLASSIFY.path]["post"] |= classify | {"security": security}
    predict = {**_head(TensorFlow.route), **_predict(), "security": security}
    paths[TensorFlow.route.path.format(model=model)] = {"post": predict}
    status = _head(TensorFlow.status_route) | {"responses": _model_status()}
    paths[TensorFlow.status_route.path.format(model=model)] = {"get": status}
    return {
        "openapi": "3.1.1",
        "info": {"title": "classify", "version": "1.0.0", "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _head(route: Route) -> Document:
    return {"operationId": route.operation, "summary": route.summary}


def _operation(route: Route) -> Document:
    """The operation of a route, without what is special about a classification."""
    if route == PAGE:
        html = {"text/html": {"schema": {"type": "string"}}}
        return _head(route) | {"responses": {"200": {"description": "The page", "content": html}}}
    reply = _ref(route.reply) if route.reply else {"type": "object"}
    errors = _error_responses([ModelUnavailable, MethodNotAllowed])
    return _head(route) | {"responses": {"200": _response(route.summary, reply), **errors}}


def _classify(parameters: Document) -> Document:
    # The schemas are repeated, because openapi-generator names a type after the end of each
    # reference: one that ends in the parameter `embedding` would replace the type Embedding.
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "schema": schema,
                "description": "Overridden by the body.",
            }
            for name, schema in parameters.items()
        ],
        "requestBody": {"required": True, "content": _request_forms()},
        "responses": {
            "200": _response("Labels by descending score", _ref(Classification))
            | {"headers": _SUCCESS_HEADERS},
            **_error_responses(list(ERRORS)),
        },
        "x-codeSamples": [
            {"lang": "shell", "label": label, "source": source}
            for label, source in _SAMPLES.items()
        ],
    }


def _request_forms() -> Document:
    """One image in each form; the first is the one that client generators take."""
    form = {
        "type": "object",
        "description": (
            "An image as a file part, under any field name. The parameters of the query may also "
            "be text fields."
        ),
        "properties": {"image": _BINARY},
        "required": ["image"],
        "additionalProperties": {"type": "string"},
    }
    return {
        "multipart/form-data": {"schema": form},
        "application/json": {
            "schema": _ref(ImageRequest),
            "examples": {"one": {"value": {"image": _PIXEL, "top_k": 1}}},
        },
        "image/*": {"schema": _BINARY},
        "application/octet-stream": {"schema": _BINARY},
    }


def _predict() -> Document:
    example = {"instances": [{"b64": _PIXEL}], "parameters": {"top_k": 1}}
    content = {"schema": _ref(InstancesRequest), "examples": {"one": {"value": example}}}
    codes = {spec.code for spec in ERRORS.values()} | {INTERNAL.code}
    error = {"$ref": f"{_SCHEMAS}/PredictError"}
    return {
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "200": _response("The labels of each image", {"$ref": f"{_SCHEMAS}/PredictReply"})
            | {"headers": _SUCCESS_HEADERS},
            **{
                str(code): _response("An error", error) | {"headers": _ERROR_HEADERS.get(code, {})}
                for code in sorted(codes)
            },
        },
    }


def _model_status() -> Document:
    error = {"$ref": f"{_SCHEMAS}/PredictError"}
    return {
        "200": _response("The model is loaded", _ref(ModelStatus)),
        **{str(code): _response("An error", error) for code in (405, 500, 503)},
    }


def _response(description: str, schema: Document) -> Document:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _error_responses(errors: list[type[ClassifyError]]) -> Document:
    """The responses of these errors and INTERNAL by HTTP code, with an example for each reason."""
    messages = {ERRORS[error]: inspect.getdoc(error) for error in errors}
    messages[INTERNAL] = "The function failed; the error has been logged."
    responses = {}
    for code in sorted({spec.code for spec in messages}):
        specs = [spec for spec in messages if spec.code == code]
        response = _response(", ".join(spec.reason for spec in specs), _ref(ErrorResponse))
        response["headers"] = _ERROR_HEADERS.get(code, {})
        response["content"]["application/json"]["examples"] = {
            spec.reason: {"value": ErrorResponse.from_spec(spec, messages[spec] or "")}
            for spec in specs
        }
        responses[str(code)] = response
    return responses


def _ref(schema: type) -> Document:
    return {"$ref": f"{_SCHEMAS}/{schema.__name__}"}


def _schemas(limits: Limits) -> Document:
    _, schemas = msgspec.json.schema_components(
        [*_REQUESTS, *_REPLIES, Parameters], ref_template=_SCHEMAS + "/{name}"
    )
    schemas["PredictError"] = _PREDICT_ERROR
    # One type with optional fields, where a union would be merged into one with required fields.
    schemas["PredictResult"] = {
        "type": "object",
        "description": "The labels of an image, or the error that takes their place.",
        "properties": {
            "labels": {"type": "array", "items": _ref(PredictedLabel)},
            "image": _ref(ImageInfo),
            "embedding": _ref(Embedding),
            "error": {"type": "string"},
        },
    }
    schemas["PredictReply"] = {
        "type": "object",
        "description": "A result for each instance, in the order of the request.",
        "properties": {
            "predictions": {
                "type": "array",
                "items": {"$ref": f"{_SCHEMAS}/PredictResult"},
            }
        },
        "required": ["predictions"],
    }
    # Optional in the types, so that a missing field is reported as NO_IMAGE, not as BAD_JSON.
    schemas["ImageRequest"]["required"] = ["image"]
    schemas["Instance"]["required"] = ["b64"]
    schemas["InstancesRequest"]["properties"]["instances"] |= {
        "minItems": 1,
        "maxItems": limits.max_images,
    }
    for name in ("ImageRequest", "Parameters"):
        _simplify(schemas[name]["properties"], limits)
    # Dart's generator makes a class that is no valid Dart of an integer or a list.
    schemas["Input"]["properties"]["size"] = {"description": "One side, or height and width."}
    schemas["Embedding"]["properties"]["values"] = {
        "type": "string",
        "description": "float32, little-endian, in base64.",
    }
    return schemas


def _simplify(properties: Document, limits: Limits) -> None:
    """Give each parameter one type; the function accepts more than generators can express."""
    top_k = properties["top_k"]
    del top_k["multipleOf"]
    top_k |= {"type": "integer", "maximum": limits.max_top_k}
    for name, words in {"explain": "png", "embedding": "base64 or list"}.items():
        alternatives = properties[name].pop("anyOf")
        description = properties[name]["description"]
        properties[name] |= alternatives[0] | {
            "description": f"{description} Besides true and false, it may be {words}."
        }
