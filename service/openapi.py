"""The OpenAPI document, made from the types that decode requests and encode replies.

Specification: https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from model import ModelUnavailable
from pictures import FORMATS, ClassifyError
from service.access import API_KEY_HEADER
from service.errors import INTERNAL, KINDS, MethodNotAllowed
from service.intake import ImageRequest, InstancesRequest, Parameters
from service.replies import (
    Classification,
    Failure,
    Health,
    Labels,
    Limits,
    ModelInfo,
    ModelReply,
    Prediction,
    Predictions,
    failure_of,
)

Document = dict[str, Any]

_DESCRIPTION = f"""Tells what is in a photo: ImageNet labels and probabilities.

Formats: {", ".join(FORMATS)}. What the bytes are decides, never a name or a Content-Type.
Errors have a stable `reason` for programs and a `message` for people.
The model has terms of its own, which `GET /model` tells."""

_SCHEMAS = "#/components/schemas"
_REQUESTS = [ImageRequest, InstancesRequest]
_REPLIES = [Classification, Prediction, ModelReply, Labels, Health, Failure]
_BINARY = {"type": "string", "format": "binary"}

# A PNG of one grey pixel, so that the examples are requests that work.
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="
)

_PAGE = {
    "operationId": "page",
    "summary": "A page for people: drop a photo, see what it is",
    "responses": {
        "200": {"description": "The page", "content": {"text/html": {"schema": {"type": "string"}}}}
    },
}

# A request of each form, which media types of bytes leave no other place for.
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
    "Server-Timing": {**_TEXT, "description": "Milliseconds: read, wait, decode, load, infer"}
}
_ERROR_HEADERS = {
    401: {"WWW-Authenticate": {**_TEXT, "description": "Which header is to hold the key"}},
    405: {"Allow": {**_TEXT, "description": "The methods that the path answers"}},
    503: {"Retry-After": {**_TEXT, "description": "Seconds to wait, if OVERLOADED"}},
}


def document(limits: Limits, *, needs_api_key: bool) -> Document:
    """The document of a function with these limits; its `POST /` may need an API key."""
    return {
        "openapi": "3.1.1",
        "info": {"title": "classify", "version": "1.0.0", "description": _DESCRIPTION},
        "paths": {
            "/": {"get": _PAGE, "post": _classify(needs_api_key=needs_api_key)},
            "/model": {
                "get": _get("model", "What the model is, its terms, the limits", ModelReply)
            },
            "/labels": {"get": _get("labels", "Every class, by index", Labels)},
            "/health": {"get": _get("health", "Whether it is up; never loads the model", Health)},
            "/ready": {"get": _get("ready", "Whether it can classify; loads the model", Health)},
            "/openapi.json": {"get": _get("openapi", "This document")},
        },
        "components": {
            "schemas": _schemas(limits),
            "securitySchemes": {
                "ApiKey": {"type": "apiKey", "in": "header", "name": API_KEY_HEADER}
            },
        },
    }


def _classify(*, needs_api_key: bool) -> Document:
    return {
        "operationId": "classify",
        "summary": "Tell what is in one or more images",
        "security": [{"ApiKey": []}] if needs_api_key else [],
        "parameters": [
            {"name": name, "in": "query", "schema": schema, "description": "The body's wins."}
            for name, schema in _parameters().items()
        ],
        "requestBody": {"required": True, "content": _request_forms()},
        "responses": {
            "200": _response("Labels by falling score", Classification, Predictions)
            | {"headers": _SUCCESS_HEADERS},
            **_failures(list(KINDS), Failure, Predictions),
        },
        "x-codeSamples": [
            {"lang": "shell", "label": label, "source": source}
            for label, source in _SAMPLES.items()
        ],
    }


def _request_forms() -> Document:
    form = {
        "type": "object",
        "description": "Images as file parts: more than one, and under other names, if you like.",
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


def _get(name: str, summary: str, reply: type | None = None) -> Document:
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": _response(summary, *([reply] if reply else [])),
            **_failures([ModelUnavailable, MethodNotAllowed], Failure),
        },
    }


def _response(description: str, *replies: type) -> Document:
    """A response that is one of the types given, or any object if none is."""
    schema = {"anyOf": [_ref(reply) for reply in replies]} if replies else {"type": "object"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _failures(errors: list[type[ClassifyError]], *replies: type) -> Document:
    """The responses of these errors and INTERNAL by HTTP code, each reason with an example."""
    messages = {KINDS[error]: inspect.getdoc(error) for error in errors}
    messages[INTERNAL] = "The function failed; this has been logged."
    responses = {}
    for code in sorted({kind.code for kind in messages}):
        kinds = [kind for kind in messages if kind.code == code]
        response = _response(", ".join(kind.reason for kind in kinds), *replies)
        response["headers"] = _ERROR_HEADERS.get(code, {})
        response["content"]["application/json"]["examples"] = {
            kind.reason: {"value": failure_of(kind, messages[kind] or "")} for kind in kinds
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
    # Its union has no tag, which msgspec cannot describe.
    schemas["Predictions"] = {
        "description": inspect.getdoc(Predictions),
        "type": "object",
        "properties": {
            "predictions": {
                "type": "array",
                "items": {"anyOf": [_ref(Prediction), _ref(Failure)]},
            },
            "model": _ref(ModelInfo),
        },
        "required": list(Predictions.__struct_fields__),
    }
    # What the types leave open because another error than theirs is to tell of it.
    schemas["ImageRequest"]["required"] = ["image"]
    schemas["Instance"]["required"] = ["b64"]
    schemas["InstancesRequest"]["properties"]["instances"] |= {
        "minItems": 1,
        "maxItems": limits.max_images,
    }
    for name in ("ImageRequest", "Parameters"):
        schemas[name]["properties"]["top_k"]["maximum"] = limits.max_top_k
    return schemas
