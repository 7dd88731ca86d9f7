"""The replies of the function, and their conversion from HTTP responses."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from .errors import ApiError, UnexpectedReply

Reply = TypeVar("Reply")


@dataclass(frozen=True)
class Heatmap:
    """Where in the photo the model saw a label."""

    grid: list[list[float]]
    """Rows of values from 0 to 1, from the top."""
    left: float
    top: float
    right: float
    bottom: float
    """The part of the photo that the grid covers, in shares of its width and height."""
    overlay: bytes
    """A PNG to stretch over the photo, transparent where nothing was seen."""


@dataclass(frozen=True)
class Label:
    """A label, with its probability from 0 to 1."""

    label: str
    score: float
    heatmap: Heatmap | None = None
    """If it was asked for."""


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
    explains: bool
    """Whether it can say where it saw a label."""


def read_classification(response: httpx.Response) -> Classification:
    """The labels in a reply. Raises ApiError or UnexpectedReply."""
    return read(
        response,
        lambda reply: Classification(
            labels=[
                Label(label["label"], label["score"], _heatmap(label, reply["image"]))
                for label in reply["labels"]
            ],
            model=reply["model"]["name"],
            server_timing=response.headers.get("Server-Timing", ""),
        ),
    )


def _heatmap(label: Any, image: Any) -> Heatmap | None:
    if "heatmap" not in label:
        return None
    heatmap, box = label["heatmap"], label["heatmap"]["box"]
    return Heatmap(
        heatmap["grid"],
        left=box["left"] / image["width"],
        top=box["top"] / image["height"],
        right=box["right"] / image["width"],
        bottom=box["bottom"] / image["height"],
        overlay=base64.b64decode(heatmap["png"].removeprefix("data:image/png;base64,")),
    )


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
