"""Find models: folders beside this module, or any other folder."""

from __future__ import annotations

import os
from pathlib import Path

from model.card import CARD_FILE
from model.errors import ModelUnavailable

_SHIPPED = Path(__file__).parent

#: The default model.
RESNET50 = _SHIPPED / "resnet50"


def shipped_models() -> list[str]:
    """The names of the models that ship with the code."""
    return sorted(card.parent.name for card in _SHIPPED.glob(f"*/{CARD_FILE}"))


def find_model(name: str) -> Path:
    """The folder of a model: one that ships, by its name, or any other, by its path.

    Raises ModelUnavailable if there is no such folder.
    """
    if name in shipped_models():
        return _SHIPPED / name
    # Path.is_dir() raises if a parent folder is not accessible, and accepts an empty path.
    if os.path.isdir(name):  # noqa: PTH112
        return Path(name)
    raise ModelUnavailable(
        f"there is no model {name!r}: give the path of a folder, or one of "
        + ", ".join(shipped_models())
    )
