"""What a model's scores for labelled photos are worth."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from model import Label

FloatArray = npt.NDArray[np.float32]

_BINS = 10
_CONFUSIONS = 20
# The temperatures tried: steps of 2 %.
_TEMPERATURES = np.geomspace(0.2, 5, 163)
_LEAST = 1e-12  # of a probability that is 0 in float32


class Bin(msgspec.Struct, frozen=True):
    """Photos whose first score lies in one tenth of 0 to 1."""

    photos: int
    score: float
    """Mean of their first scores."""
    right: float
    """The share whose first label is right."""


class Confusion(msgspec.Struct, frozen=True):
    """A class taken for another."""

    shown: str
    said: str
    photos: int


class Measurement(msgspec.Struct, frozen=True):
    """What one model made of the photos; shares are of 1."""

    name: str
    photos: int
    top_1: float
    top_5: float
    ties: int
    """Photos whose first two labels have the same score."""
    milliseconds: float
    """Median time of an inference; over HTTP, of a request."""
    calibration_error: float
    """Expected calibration error (ECE): how far scores are from the shares that are right."""
    reliability: list[Bin]
    confusions: list[Confusion]
    """The most frequent ones."""
    first: list[int]
    """The index of each photo's first label."""
    temperature: float | None = None
    """For the model's card: the one that makes the photos' classes most probable."""
    calibrated_error: float | None = None
    """The expected calibration error with it."""

    def agreement(self, other: Measurement) -> float:
        """The share of photos to which both give the same first label."""
        return float(np.mean(np.array(self.first) == np.array(other.first)))


def measure(  # noqa: PLR0913 - all that is measured comes from these
    name: str,
    scores: FloatArray,
    truth: Sequence[int],
    *,
    seconds: Sequence[float],
    labels: Sequence[Label],
    temperature: float | None,
) -> Measurement:
    """Measure probabilities, [n, classes]. `temperature` is that of a card of logits."""
    classes = np.array(truth)
    ranks = np.argsort(-scores, axis=1, kind="stable")[:, :5]
    first = ranks[:, 0]
    best = np.take_along_axis(scores, ranks[:, :2], axis=1)
    confused = Counter(
        (labels[shown].label, labels[said].label)
        for shown, said in zip(truth, first.tolist(), strict=True)
        if shown != said
    )
    bins = reliability(best[:, 0], first == classes)
    factor = best_temperature(scores, classes) if temperature else None
    return Measurement(
        name=name,
        photos=len(scores),
        top_1=float((first == classes).mean()),
        top_5=float((ranks == classes[:, np.newaxis]).any(axis=1).mean()),
        ties=int((best[:, 0] == best[:, 1]).sum()),
        milliseconds=statistics.median(seconds) * 1000,
        calibration_error=calibration_error(bins),
        reliability=bins,
        confusions=[
            Confusion(shown, said, count)
            for (shown, said), count in confused.most_common(_CONFUSIONS)
        ],
        first=first.tolist(),
        temperature=round(temperature * factor, 3) if temperature and factor else None,
        calibrated_error=calibration_error(
            reliability(_tempered(scores, factor).max(axis=1), first == classes)
        )
        if factor
        else None,
    )


def reliability(scores: FloatArray, right: npt.NDArray[np.bool_]) -> list[Bin]:
    """The photos by tenths of their first score, without empty tenths."""
    tenths = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    return [
        Bin(
            int((tenths == tenth).sum()),
            float(scores[tenths == tenth].mean()),
            float(right[tenths == tenth].mean()),
        )
        for tenth in np.unique(tenths)
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """The mean distance of score and share, by photos: Guo et al., arXiv:1706.04599, equation 3."""
    photos = sum(each.photos for each in bins)
    return sum(each.photos * abs(each.score - each.right) for each in bins) / photos


def best_temperature(scores: FloatArray, classes: npt.NDArray[np.int_]) -> float:
    """By what to divide the logits so that the classes are most probable.

    Temperature scaling, section 4.2 of the same. Logarithms of probabilities are logits, too.
    """

    def loss(temperature: float) -> float:
        probabilities = _tempered(scores, temperature)[np.arange(len(classes)), classes]
        return float(-np.log(np.maximum(probabilities, _LEAST)).mean())

    return float(min(_TEMPERATURES, key=loss))


def _tempered(scores: FloatArray, temperature: float) -> FloatArray:
    logits = np.log(np.maximum(scores, _LEAST)) / temperature
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), np.float32)
