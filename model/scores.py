"""From the network's output to the labels that a person reads."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from model.card import Label

Scores = npt.NDArray[np.float32]


class ScoredLabel(msgspec.Struct, frozen=True):
    """One class and its softmax probability (`score`, 0 to 1, four decimals)."""

    label: str
    score: float
    index: int
    wnid: str


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
