"""The paths of the API: the one table that serves requests and makes the OpenAPI document."""

from __future__ import annotations

from typing import NamedTuple

from service.errors import MethodNotAllowed, NoSuchPath
from service.response import Health, Labels, ModelReply


class Route(NamedTuple):
    """A method and a path, with the OpenAPI `operationId`, summary and reply."""

    method: str
    path: str
    operation: str
    summary: str
    reply: type | None = None
    """The type of a JSON reply, if it has one of the types in `service.response`."""


PAGE = Route("GET", "/", "page", "The web page: drop a photo, see its labels")
CLASSIFY = Route("POST", "/", "classify", "Classify one or more images")
MODEL = Route("GET", "/model", "model", "The model card, its licence, the limits", ModelReply)
LABELS = Route("GET", "/labels", "labels", "Every class, by index", Labels)
HEALTH = Route("GET", "/health", "health", "Whether it is up; never loads the model", Health)
READY = Route("GET", "/ready", "ready", "Whether it can classify; loads the model", Health)
OPENAPI = Route("GET", "/openapi.json", "openapi", "This document")

ROUTES = (PAGE, CLASSIFY, MODEL, LABELS, HEALTH, READY, OPENAPI)


def find_route(method: str, path: str) -> Route:
    """The route of a request; HEAD uses that of GET. Raises NoSuchPath or MethodNotAllowed."""
    routes = [route for route in ROUTES if route.path == path]
    if not routes:
        paths = ", ".join(dict.fromkeys(route.path for route in ROUTES))
        raise NoSuchPath(f"there is no {path}; use one of {paths}")
    for route in routes:
        if route.method == ("GET" if method == "HEAD" else method):
            return route
    allow = _allow([route.method for route in routes])
    raise MethodNotAllowed(f"{path} does not support {method}; use {allow}", allow=allow)


def _allow(methods: list[str]) -> str:
    """The value of Allow: HEAD works where GET does, OPTIONS everywhere."""
    return ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])
