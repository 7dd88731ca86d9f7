"""The OpenAPI document, made from the types that decode requests and encode replies.

Specification: https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from model import ModelUnavailable
from model.imaging import FORMATS
from service.access import API_KEY_HEADER
from service.errors import INTERNAL, KINDS, Kind, MethodNotAllowed, NoSuchPath
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

# No request to a path and method of this document can get these.
_OF_ROUTING = (NoSuchPath, MethodNotAllowed)


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
    kinds = [kind for error, kind in KINDS.items() if error not in _OF_ROUTING]
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
            "200": _response("Labels by falling score", Classification, Predictions),
            **_failures([*kinds, INTERNAL], Failure, Predictions),
        },
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
            **_failures([KINDS[ModelUnavailable], INTERNAL], Failure),
        },
    }


def _response(description: str, *replies: type) -> Document:
    """A response that is one of the types given, or any object if none is."""
    schema = {"anyOf": [_ref(reply) for reply in replies]} if replies else {"type": "object"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _failures(kinds: list[Kind], *replies: type) -> Document:
    """The responses of errors by HTTP code, with an example for each reason."""
    responses = {}
    for code in sorted({kind.code for kind in kinds}):
        reasons = {kind.reason: kind for kind in kinds if kind.code == code}
        response = _response(", ".join(reasons), *replies)
        response["content"]["application/json"]["examples"] = {
            reason: {"value": failure_of(kind, "what is wrong, and what to do about it")}
            for reason, kind in reasons.items()
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
