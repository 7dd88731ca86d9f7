"""A trained network as its framework runs it, before it is converted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from model import Input

FloatArray = npt.NDArray[np.float32]
OutputKind = Literal["logits", "probabilities", "sigmoid"]

_PROBES = 4
_DIMENSIONS = 4
_COLOURS = 3


class ImportFailed(Exception):
    """The source cannot become a model of this function; the message says what to do."""


def picture_size(
    name: str, shape: Sequence[object], size: Sequence[int] | None
) -> int | tuple[int, int]:
    """Side, or height and width, of the pictures of an input [n, height, width, 3].

    `size` is what the options say, for an input that leaves them open. Raises ImportFailed if the
    input has another shape.
    """
    open_to = [size[0], size[-1]] if size else [None, None]
    sides = [
        given if isinstance(given, int) else chosen
        for given, chosen in zip(shape[1:3], open_to, strict=False)
    ]
    batch = shape[0] if shape and isinstance(shape[0], int) else 1
    if len(shape) != _DIMENSIONS or batch != 1 or shape[3] != _COLOURS or None in sides:
        raise ImportFailed(
            f"{name} takes {list(shape)}, not pictures of one size and three colours: add --size "
            "if it takes any size, or export the network again for one picture"
        )
    return input_size(*sides)


def input_size(height: int, width: int) -> int | tuple[int, int]:
    """As `Input.size` has it: one side for a square."""
    return height if height == width else (height, width)


@dataclass(frozen=True)
class Original:
    """A network and what is known of how it was trained."""

    name: str
    architecture: str
    input: Input
    """The preprocessing of its training."""
    run: Callable[[FloatArray], FloatArray]
    """From normalized pictures, [n, height, width, 3], to scores, [n, classes]."""
    convert: Callable[[], bytes]
    """The same as a TFLite file that takes float32 [1, height, width, 3]."""


def noise(spec: Input) -> FloatArray:
    """A few normalized pictures of noise, [n, height, width, 3]; always the same."""
    pictures = np.random.default_rng(0).normal(size=(_PROBES, spec.height, spec.width, 3))
    return pictures.astype(np.float32)


def scores_for_noise(original: Original, *, classes: int) -> FloatArray:
    """The pictures of `noise` as the network scores them, [n, classes].

    Raises ImportFailed if the network does not give one score for each class.
    """
    spec = original.input
    try:
        scores = original.run(noise(spec))
    except Exception as error:
        raise ImportFailed(
            f"{original.name} cannot be run on pictures of {spec.width}x{spec.height}: {error}; "
            "check --size"
        ) from error
    if scores.ndim != 2:  # noqa: PLR2004 - pictures, classes
        raise ImportFailed(
            f"{original.name} gives {[1, *scores.shape[1:]]}, not a score for each class: import "
            "an image classifier, without dimensions after its scores"
        )
    if scores.shape[1] != classes:
        raise ImportFailed(
            f"{original.name} gives {scores.shape[1]} scores, and --labels names {classes}: name "
            "a file with a label for each score, in their order"
        )
    return scores


def output_kind(scores: FloatArray) -> OutputKind:
    """What scores are, judged by their range and sums."""
    if scores.min() < 0 or scores.max() > 1:
        return "logits"
    return "probabilities" if np.allclose(scores.sum(axis=1), 1, atol=1e-3) else "sigmoid"
