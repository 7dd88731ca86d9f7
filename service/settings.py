"""The settings of the function, read once from the environment when it starts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from model import RESNET50, available_cpus
from pictures import MAX_PIXELS

Positive = Annotated[int, msgspec.Meta(ge=1)]


class Origins(tuple[str, ...]):
    """Where web pages may be from: scheme and host, as browsers send them in Origin."""

    __slots__ = ()


class Keys(tuple[str, ...]):
    """API keys: what a header can carry."""

    __slots__ = ()


_FORMS = {Origins: re.compile(r"\*|https?://[^/\s]+"), Keys: re.compile(r"[!-~]+")}
_EXPECTED = {
    Path: "the path of a folder that exists",
    bool: "true or false",
    Positive: "a whole number from 1 up, without separators",
    Origins: "*, nothing, or origins such as https://example.com with commas between them",
    Keys: "nothing, or keys of ASCII letters, digits and punctuation with commas between them",
}


class SettingsError(Exception):
    """A setting cannot be read; the message names it and says what it must be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """One attribute a setting; the environment variable has its name in capitals."""

    model_dir: Path = RESNET50
    preload: bool = False
    num_threads: Positive = msgspec.field(default_factory=available_cpus)
    max_body_bytes: Positive = 10 * 2**20
    max_pixels: Positive = MAX_PIXELS
    max_images: Positive = 16
    max_waiting: Positive = 64
    cors_origins: Origins = Origins(("*",))
    api_keys: Keys = Keys()


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in `environment`; what it does not name has its default.

    Raises SettingsError, naming the setting, if one has a value that cannot be read.
    """
    try:
        return msgspec.convert(dict(environment), Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        # The value is not told: it may hold keys.
        name = str(error).partition("$.")[2].rstrip("`")
        kinds = {field.encode_name: field.type for field in msgspec.structs.fields(Settings)}
        raise SettingsError(f"{name} must be {_EXPECTED[kinds[name]]}") from error


def _decode(kind: type[Any], text: str) -> Any:
    """What msgspec cannot convert from a string by itself."""
    if kind is Path:
        # Path.is_dir() raises where a folder may not be looked into, and takes an empty path for
        # the folder one is in.
        if not os.path.isdir(text):  # noqa: PTH112
            raise ValueError
        return Path(text)
    parts = [part.strip() for part in text.split(",")] if text else []
    if not all(_FORMS[kind].fullmatch(part) for part in parts):
        raise ValueError
    return kind(parts)
