"""What the model is: its card (model.json) and the names of its classes (labels.tsv)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from model.errors import ModelUnavailable
from pictures import Crop

CARD_FILE = "model.json"


class Accuracy(msgspec.Struct, frozen=True):
    """Shares from 0 to 1, and what they were measured on."""

    top_1: float
    top_5: float
    measured_on: str


class Source(msgspec.Struct, frozen=True):
    """Where the weights come from."""

    title: str
    url: str
    paper: str
    sha256: str


class Licence(msgspec.Struct, frozen=True):
    """On what terms the model may be used."""

    name: str
    commercial_use: bool
    file: str | None = None
    url: str | None = None
    notice: str | None = None


class Change(msgspec.Struct, frozen=True):
    """What was done to the original weights, and when."""

    date: str
    nature: str


class ModelCard(msgspec.Struct, frozen=True):
    """All that a user of the model should know of it; read from `model.json`."""

    name: str
    version: str
    architecture: str
    file: str
    sha256: str
    labels: str
    classes: int
    input: Crop
    """How a picture becomes the input tensor, uint8 or int8 [1, size, size, 3]."""
    output: Literal["logits", "probabilities"]
    licence: Licence
    preprocessing: str | None = None
    accuracy: Accuracy | None = None
    source: Source | None = None
    changes: list[Change] = []


class Label(msgspec.Struct, frozen=True):
    """One class: its index in the network's output, WordNet id (wnid) and name."""

    index: int
    wnid: str
    label: str


def read_card(folder: Path) -> ModelCard:
    """The card in `folder`. Raises ModelUnavailable if there is none or it is not one."""
    path = folder / CARD_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=ModelCard)
    except OSError as error:
        raise ModelUnavailable(
            f"the model card {path.name} cannot be read: {error.strerror}"
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ModelUnavailable(f"the model card {path.name} is not valid: {error}") from error


def read_labels(path: Path, *, classes: int) -> list[Label]:
    """The classes by index, from a file of tab-separated index, wnid and label.

    Raises ModelUnavailable if there are not `classes` of them, numbered from 0.
    """
    try:
        labels = _parse_labels(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelUnavailable(
            f"the labels {path.name} cannot be read: {error.strerror}"
        ) from error
    except ValueError as error:
        raise ModelUnavailable(
            f"the labels {path.name} are not tab-separated index, wnid and label: {error}"
        ) from error
    if [label.index for label in labels] != list(range(classes)):
        raise ModelUnavailable(f"{path.name} does not number its labels from 0 to {classes - 1}")
    return labels


def _parse_labels(text: str) -> list[Label]:
    header, *rows = (line.split("\t") for line in text.splitlines())
    if header != ["index", "wnid", "label"]:
        raise ValueError(f"the first line is {header}")
    return [Label(int(index), wnid, label) for index, wnid, label in rows]
