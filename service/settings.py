"""The settings, read from the environment when the function starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from model import RESNET50, ModelUnavailable, available_cpus, find_model
from pictures import MAX_PIXELS

Positive = Annotated[int, msgspec.Meta(ge=1)]
ProjectNumber = Annotated[str, msgspec.Meta(pattern=r"\A([1-9][0-9]*)?\Z")]
ProjectId = Annotated[str, msgspec.Meta(pattern=r"\A([a-z][a-z0-9-]{4,28}[a-z0-9])?\Z")]


class Origins(tuple[str, ...]):
    """The origins of allowed web pages: scheme and host, as in the Origin header."""

    __slots__ = ()


class Keys(tuple[str, ...]):
    """API keys, of characters that are valid in a header."""

    __slots__ = ()


_FORMS = {Origins: re.compile(r"\*|https?://[^/\s]+"), Keys: re.compile(r"[!-~]+")}
_EXPECTED = {
    Path: "resnet50, efficientnet_lite2, or the path of a model's folder",
    bool: "true or false",
    Positive: "a whole number from 1 up, without separators",
    ProjectNumber: "nothing, or the number of a Firebase project (its settings show it)",
    ProjectId: "nothing, or the ID of a Firebase project, such as my-project",
    Origins: "*, nothing, or origins such as https://example.com with commas between them",
    Keys: "nothing, or keys of ASCII letters, digits and punctuation with commas between them",
}


class SettingsError(Exception):
    """A setting is invalid; the message names it and says what it must be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """One attribute for each setting; the environment variable is its name in capitals."""

    model: Path = RESNET50
    preload: bool = False
    num_threads: Positive = msgspec.field(default_factory=available_cpus)
    max_body_bytes: Positive = 10 * 2**20
    max_pixels: Positive = MAX_PIXELS
    max_images: Positive = 16
    max_waiting: Positive = 64
    cors_origins: Origins = Origins(("*",))
    api_keys: Keys = Keys()
    firebase_project: ProjectNumber = ""
    firebase_auth_project: ProjectId = ""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from `environment`, with defaults for missing ones.

    Raises SettingsError if a value is invalid.
    """
    try:
        return msgspec.convert(dict(environment), Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        # Without the value, because it may hold keys.
        name = str(error).partition("$.")[2].rstrip("`")
        kinds = {field.encode_name: field.type for field in msgspec.structs.fields(Settings)}
        raise SettingsError(f"{name} must be {_EXPECTED[kinds[name]]}") from error


def _decode(kind: type[Any], text: str) -> Any:
    """Convert a string to a type that msgspec does not know."""
    if kind is Path:
        try:
            return find_model(text)
        except ModelUnavailable as error:
            raise ValueError from error
    parts = [part.strip() for part in text.split(",")] if text else []
    if not all(_FORMS[kind].fullmatch(part) for part in parts):
        raise ValueError
    return kind(parts)
