"""The replies of the function, and their conversion from HTTP responses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from .errors import ApiError, UnexpectedReply

Reply = TypeVar("Reply")


@dataclass(frozen=True)
class Label:
    """A label, with its probability from 0 to 1."""

    label: str
    score: float


@dataclass(frozen=True)
class Classification:
    """The labels of a photo, by descending score."""

    labels: list[Label]
    model: str
    server_timing: str
    """Milliseconds of each part, as in the header Server-Timing; empty if a proxy drops it."""


@dataclass(frozen=True)
class Model:
    """The model that answers."""

    name: str
    version: str
    licence: str
    commercial_use: bool


def read(response: httpx.Response, convert: Callable[[Any], Reply]) -> Reply:
    """The converted JSON of a successful reply; raises ApiError or UnexpectedReply otherwise."""
    try:
        body = response.json()
        if response.is_success:
            return convert(body)
        reason, message = body["error"]["reason"], body["error"]["message"]
        error = ApiError.by_reason.get(reason, ApiError)(response.status_code, reason, message)
    except (LookupError, TypeError, ValueError) as problem:
        raise UnexpectedReply(response.status_code) from problem
    raise error
