"""The OpenAPI document, generated from the routes and the types of requests and replies.

Specification: https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from model import ModelUnavailable
from pictures import FORMATS, ClassifyError
from service.access import API_KEY_HEADER
from service.errors import ERRORS, INTERNAL, MethodNotAllowed
from service.request import ImageRequest, InstancesRequest, Parameters
from service.response import (
    Classification,
    ErrorResponse,
    Limits,
    ModelInfo,
    Prediction,
    Predictions,
)
from service.routes import CLASSIFY, PAGE, ROUTES, Route

Document = dict[str, Any]

_DESCRIPTION = f"""Classifies photos: ImageNet labels and probabilities.

Formats: {", ".join(FORMATS)}, detected from the bytes, never from a name or a Content-Type.
Errors have a stable `reason` for programs and a `message` for people.
The model's licence is separate from the code's: see `GET /model`."""

_SCHEMAS = "#/components/schemas"
_REQUESTS = [ImageRequest, InstancesRequest]
_REPLIES = [
    Classification,
    Prediction,
    *dict.fromkeys(route.reply for route in ROUTES if route.reply),
    ErrorResponse,
]
_BINARY = {"type": "string", "format": "binary"}

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
    "JSON, several": (
        """printf '{"instances": [{"b64": "%s"}]}' "$(base64 photo.jpg)" | tr -d '\\n' |\n"""
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
    401: {"WWW-Authenticate": {**_TEXT, "description": "The header that holds the key"}},
    405: {"Allow": {**_TEXT, "description": "The methods that the path supports"}},
    503: {"Retry-After": {**_TEXT, "description": "Seconds to wait, if OVERLOADED"}},
}


def openapi_document(limits: Limits, *, needs_api_key: bool) -> Document:
    """The OpenAPI document for these limits; `needs_api_key` is about `POST /`."""
    paths: Document = {}
    for route in ROUTES:
        operation = _operation(route, needs_api_key=needs_api_key)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.1",
        "info": {"title": "classify", "version": "1.0.0", "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": _schemas(limits),
            "securitySchemes": {
                "ApiKey": {"type": "apiKey", "in": "header", "name": API_KEY_HEADER}
            },
        },
    }


def _operation(route: Route, *, needs_api_key: bool) -> Document:
    head = {"operationId": route.operation, "summary": route.summary}
    if route == PAGE:
        html = {"text/html": {"schema": {"type": "string"}}}
        return head | {"responses": {"200": {"description": "The page", "content": html}}}
    if route == CLASSIFY:
        return head | _classify(needs_api_key=needs_api_key)
    replies = [route.reply] if route.reply else []
    errors = _error_responses([ModelUnavailable, MethodNotAllowed], ErrorResponse)
    return head | {"responses": {"200": _response(route.summary, *replies), **errors}}


def _classify(*, needs_api_key: bool) -> Document:
    return {
        "security": [{"ApiKey": []}] if needs_api_key else [],
        "parameters": [
            {
                "name": name,
                "in": "query",
                "schema": schema,
                "description": "Overridden by the body.",
            }
            for name, schema in _parameters().items()
        ],
        "requestBody": {"required": True, "content": _request_forms()},
        "responses": {
            "200": _response("Labels by descending score", Classification, Predictions)
            | {"headers": _SUCCESS_HEADERS},
            **_error_responses(list(ERRORS), ErrorResponse, Predictions),
        },
        "x-codeSamples": [
            {"lang": "shell", "label": label, "source": source}
            for label, source in _SAMPLES.items()
        ],
    }


def _request_forms() -> Document:
    form = {
        "type": "object",
        "description": "One or more images as file parts, under any field names.",
        "properties": {"image": _BINARY, **_parameters()},
        "required": ["image"],
        "additionalProperties": False,
    }
    one = {"image": _PIXEL, "top_k": 1}
    several = {"instances": [{"b64": _PIXEL}], "parameters": {"top_k": 1}}
    return {
        "application/json": {
            "schema": {"oneOf": [_ref(request) for request in _REQUESTS]},
            "examples": {"one": {"value": one}, "several": {"value": several}},
        },
        "multipart/form-data": {"schema": form},
        "image/*": {"schema": _BINARY},
        "application/octet-stream": {"schema": _BINARY},
    }


def _response(description: str, *replies: type) -> Document:
    """A response of one of these types, or of any object if none is given."""
    schema = {"anyOf": [_ref(reply) for reply in replies]} if replies else {"type": "object"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _error_responses(errors: list[type[ClassifyError]], *replies: type) -> Document:
    """The responses of these errors and INTERNAL by HTTP code, with an example for each reason."""
    messages = {ERRORS[error]: inspect.getdoc(error) for error in errors}
    messages[INTERNAL] = "The function failed; the error has been logged."
    responses = {}
    for code in sorted({spec.code for spec in messages}):
        specs = [spec for spec in messages if spec.code == code]
        response = _response(", ".join(spec.reason for spec in specs), *replies)
        response["headers"] = _ERROR_HEADERS.get(code, {})
        response["content"]["application/json"]["examples"] = {
            spec.reason: {"value": ErrorResponse.from_spec(spec, messages[spec] or "")}
            for spec in specs
        }
        responses[str(code)] = response
    return responses


def _parameters() -> Document:
    return {
        name: {"$ref": f"{_SCHEMAS}/Parameters/properties/{name}"}
        for name in Parameters.__struct_fields__
    }


def _ref(schema: type) -> Document:
    return {"$ref": f"{_SCHEMAS}/{schema.__name__}"}


def _schemas(limits: Limits) -> Document:
    _, schemas = msgspec.json.schema_components(
        [*_REQUESTS, *_REPLIES, Parameters], ref_template=_SCHEMAS + "/{name}"
    )
    # Its union is untagged, which msgspec cannot describe.
    schemas["Predictions"] = {
        "description": inspect.getdoc(Predictions),
        "type": "object",
        "properties": {
            "predictions": {
                "type": "array",
                "items": {"anyOf": [_ref(Prediction), _ref(ErrorResponse)]},
            },
            "model": _ref(ModelInfo),
        },
        "required": list(Predictions.__struct_fields__),
    }
    # Optional in the types, so that a missing field is reported as NO_IMAGE, not as BAD_JSON.
    schemas["ImageRequest"]["required"] = ["image"]
    schemas["Instance"]["required"] = ["b64"]
    schemas["InstancesRequest"]["properties"]["instances"] |= {
        "minItems": 1,
        "maxItems": limits.max_images,
    }
    for name in ("ImageRequest", "Parameters"):
        schemas[name]["properties"]["top_k"]["maximum"] = limits.max_top_k
    return schemas
