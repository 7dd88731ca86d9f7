"""The settings of the function, read once from the environment when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from model import RESNET50, available_cpus

Positive = Annotated[int, msgspec.Meta(ge=1)]


class SettingsError(Exception):
    """A setting cannot be read; the message names it."""


class CommaSeparated(tuple[str, ...]):
    """Strings written as one, with commas between them."""

    __slots__ = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """One attribute a setting; the environment variable has its name in capitals."""

    model_dir: Path = RESNET50
    preload: bool = False
    num_threads: Positive = msgspec.field(default_factory=available_cpus)
    max_body_bytes: Positive = 10 * 2**20
    max_pixels: Positive = 50_000_000
    max_images: Positive = 16
    max_waiting: Positive = 64
    cors_origins: CommaSeparated = CommaSeparated(("*",))
    api_keys: CommaSeparated = CommaSeparated()


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in `environment`; what it does not name has its default.

    Raises SettingsError, naming the setting, if one has a value that cannot be read.
    """
    try:
        return msgspec.convert(dict(environment), Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        problem, _, name = str(error).partition(" - at `$.")
        raise SettingsError(f"{name.rstrip('`')}: {problem}") from error


def _decode(kind: type[Any], value: Any) -> Any:
    """What msgspec cannot convert from a string by itself."""
    if kind is CommaSeparated:
        return CommaSeparated(part.strip() for part in value.split(",") if part.strip())
    return kind(value)
