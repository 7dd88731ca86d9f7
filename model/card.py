"""The model card, model.json. docs/models.md describes the format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from model.errors import ModelUnavailable
from pictures import Crop

CARD_FILE = "model.json"

MoreOutputs = list[Literal["features", "class_weights"]]
#: The outputs of a network that gives more than its scores, in their order after the scores.
MORE_OUTPUTS: MoreOutputs = ["features", "class_weights"]

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
# Not tuple[float, float, float]: see pictures.resize.
PerChannel = Annotated[tuple[float, ...], msgspec.Meta(min_length=3, max_length=3)]
Deviations = Annotated[
    tuple[Annotated[float, msgspec.Meta(gt=0)], ...], msgspec.Meta(min_length=3, max_length=3)
]


class Input(Crop, frozen=True, forbid_unknown_fields=True):
    """The conversion of a picture to the input tensor, [1, height, width, 3], RGB.

    The network expects (pixel - mean) / std, with pixels of 0 to 255; an int8 or uint8 input gets
    it quantized with the scale and zero point of the tensor.
    """

    mean: PerChannel = (0.0, 0.0, 0.0)
    """Of red, green and blue, 0 to 255."""
    std: Deviations = (1.0, 1.0, 1.0)
    """Standard deviation of red, green and blue, in the same unit."""


class Accuracy(msgspec.Struct, frozen=True):
    """Accuracy as shares from 0 to 1, and the data that it was measured on."""

    top_1: Share
    top_5: Share
    measured_on: str


class Source(msgspec.Struct, frozen=True):
    """The origin of the weights."""

    title: str
    url: str
    sha256: str
    paper: str | None = None


class Licence(msgspec.Struct, frozen=True):
    """The licence of the model."""

    name: str
    commercial_use: bool
    file: str | None = None
    url: str | None = None
    notice: str | None = None


class Change(msgspec.Struct, frozen=True):
    """A change to the original weights."""

    date: str
    nature: str


class Example(msgspec.Struct, frozen=True):
    """A photo and its first label, with which deploy.sh checks a deployment."""

    photo: str
    """Its path in the repository."""
    label: str


class ModelCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The properties of a model, from `model.json`."""

    name: str
    version: str
    architecture: str
    file: str
    """The TFLite file, beside the card."""
    sha256: str
    """Of that file, in hexadecimal."""
    labels: str
    """The file of labels, beside the card."""
    classes: Annotated[int, msgspec.Meta(ge=1)]
    input: Input
    output: Literal["logits", "probabilities", "sigmoid"]
    """The kind of the output: scores before the softmax, probabilities that sum to 1, or an
    independent probability for each class."""
    licence: Licence
    more_outputs: MoreOutputs = []
    """The outputs after the scores: none, or the last feature map, [1, rows, columns, channels],
    and the weights that the last layer multiplies its mean by, [classes, channels]. Heat maps and
    embeddings need them; `python -m tools.features` adds them."""
    format_version: Literal[1] = 1
    """Of this format, the card's."""
    temperature: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    """Divisor of the logits before the softmax, which calibrates the scores (Guo et al.,
    arXiv:1706.04599). `python -m tools.evaluate` finds it."""
    preprocessing: str | None = None
    accuracy: Accuracy | None = None
    source: Source | None = None
    example: Example | None = None
    changes: list[Change] = []

    def __post_init__(self) -> None:
        if self.more_outputs not in ([], MORE_OUTPUTS):
            raise ValueError(
                f"more_outputs is {self.more_outputs}: set it to {MORE_OUTPUTS}, or leave it out"
            )
        if self.temperature != 1 and self.output != "logits":
            raise ValueError(
                f"temperature is {self.temperature}, but output is {self.output}, and only logits "
                "are divided by it: leave temperature out"
            )


def read_card(folder: Path) -> ModelCard:
    """Read the card in `folder`. Raises ModelUnavailable if it is missing or invalid."""
    path = folder / CARD_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=ModelCard)
    except OSError as error:
        raise ModelUnavailable(
            f"the model card {path.name} cannot be read: {error.strerror}; "
            "a model's folder holds a file of that name"
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ModelUnavailable(
            f"the model card {path.name} is not valid: {error}; see docs/models.md for its fields"
        ) from error


def write_card(folder: Path, card: ModelCard) -> None:
    """Write the card into `folder`, indented, without unset fields."""
    text = msgspec.json.encode(_without_nulls(msgspec.to_builtins(card)))
    (folder / CARD_FILE).write_bytes(msgspec.json.format(text, indent=2) + b"\n")


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(item) for key, item in value.items() if item is not None}
