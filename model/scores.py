"""Convert the output of the network to probabilities and labels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from model.card import ModelCard
from model.errors import ModelUnavailable
from model.labels import Label

Scores = npt.NDArray[np.float32]

_TOLERANCE = 0.01  # of probabilities and of their sum; room for float16 weights


class ScoredLabel(msgspec.Struct, frozen=True):
    """One class and its probability (`score`, 0 to 1, four decimals)."""

    label: str
    score: float
    index: int
    wnid: str


def probabilities(output: Scores, card: ModelCard, *, step: float) -> Scores:
    """The probabilities for a network output, float32 [classes], of the kind in the card.

    `step` is the output's quantization scale, 0 for a float output. Raises ModelUnavailable if
    the output cannot be what the card says.
    """
    low, high, total = float(output.min()), float(output.max()), float(output.sum())
    if not math.isfinite(total):
        raise ModelUnavailable(
            f"{card.file} gives scores that are not finite: compare its input.mean and input.std "
            "in model.json with those of the training, or use float32 weights"
        )
    within = low >= -_TOLERANCE and high <= 1 + _TOLERANCE
    # Each quantized probability is rounded by up to half a step.
    whole = abs(total - 1) <= _TOLERANCE + card.classes * step / 2
    fits = {
        # A softmax of probabilities would make all classes nearly alike.
        "logits": not (within and whole),
        "probabilities": within and whole,
        "sigmoid": within,
    }[card.output]
    if not fits:
        raise ModelUnavailable(
            f"output is {card.output} in model.json, but {card.file} gave scores from {low:.4g} to "
            f"{high:.4g} with the sum {total:.4g}: set output to "
            + ("logits" if not within else "probabilities" if whole else "sigmoid")
        )
    return softmax(output / np.float32(card.temperature)) if card.output == "logits" else output


def softmax(logits: Scores) -> Scores:
    """Probabilities that sum to 1, float32 [classes].

    The largest logit is subtracted first so that exp() cannot overflow
    (Goodfellow et al., "Deep Learning", section 4.1).
    """
    exponentials = np.exp(logits - logits.max())
    return np.asarray(exponentials / exponentials.sum(), np.float32)


def top_labels(
    scores: Scores, labels: Sequence[Label], *, top_k: int, min_score: float = 0.0
) -> list[ScoredLabel]:
    """The `top_k` labels of the highest scores not below `min_score`, highest first."""
    order = np.argsort(-scores, kind="stable")[:top_k]
    return [
        ScoredLabel(labels[i].label, round(float(scores[i]), 4), i, labels[i].wnid)
        for i in order.tolist()
        if scores[i] >= min_score
    ]
