"""The paths of the API, from which requests are served and the OpenAPI document is made.

The other dialects add theirs: service/dialects.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from service.errors import MethodNotAllowed, NoSuchPath
from service.response import Health, Labels, ModelReply


class Route(NamedTuple):
    """A method and a path, with the OpenAPI `operationId`, summary and reply.

    `{model}` in a path stands for the name of the model.
    """

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


def find_routes(routes: Collection[Route], path: str) -> list[Route]:
    """The routes of a path. Raises NoSuchPath."""
    found = [route for route in routes if _model_in(route, path) is not None]
    if not found:
        paths = ", ".join(dict.fromkeys(route.path for route in routes))
        raise NoSuchPath(f"there is no {path}; use one of {paths}")
    return found


def choose_route(routes: Collection[Route], method: str, path: str) -> Route:
    """The one of a path's routes that has the method; HEAD has that of GET.

    Raises MethodNotAllowed.
    """
    for route in routes:
        if route.method == ("GET" if method == "HEAD" else method):
            return route
    allow = _allow([route.method for route in routes])
    raise MethodNotAllowed(f"{path} does not support {method}; use {allow}", allow=allow)


def check_model(route: Route, path: str, name: str) -> None:
    """Raise NoSuchPath if the path of a request names another model than `name`."""
    if _model_in(route, path) not in ("", name):
        raise NoSuchPath(
            f"there is no {path}, because this function serves the model {name}; "
            f"use {route.path.replace('{model}', name)}"
        )


def _model_in(route: Route, path: str) -> str | None:
    """The name of the model in the path, "" if the route has none, None if it does not match."""
    if "{model}" not in route.path:
        return "" if path == route.path else None
    start, _, end = route.path.partition("{model}")
    name = path[len(start) : len(path) - len(end)]
    if path == f"{start}{name}{end}" and re.fullmatch(r"[^/:]+", name):
        return name
    return None


def _allow(methods: list[str]) -> str:
    """The value of Allow: HEAD works where GET does, OPTIONS everywhere."""
    return ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])
