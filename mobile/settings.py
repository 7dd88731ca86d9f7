"""The settings of the app, kept between starts."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

import flet as ft

#: The default function; set your URL before you build the app.
DEFAULT_URL = os.environ.get("CLASSIFY_URL", "http://localhost:8080")
#: The numbers of labels that can be chosen.
TOP_K = range(1, 11)

_STORE_KEY = "classify.settings"


@dataclass(frozen=True)
class Settings:
    """What is needed to ask a function."""

    url: str = DEFAULT_URL
    key: str = ""
    """The API key, or nothing."""
    top_k: int = 5
    """The number of labels."""


async def load_settings() -> Settings:
    """The saved settings, or the defaults."""
    kept = await ft.SharedPreferences().get(_STORE_KEY)
    try:
        return Settings(**json.loads(str(kept))) if kept else Settings()
    except (TypeError, ValueError):  # of another version of the app
        return Settings()


async def save_settings(settings: Settings) -> None:
    await ft.SharedPreferences().set(_STORE_KEY, json.dumps(asdict(settings)))
