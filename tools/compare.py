"""An original network beside the model that it became, on photos."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageOps

from model import Label

FloatArray = npt.NDArray[np.float32]

#: From this probability on, a first label is called confident.
CONFIDENT = 0.5
_SHOWN = 10
_COLUMNS = 5
_TILE = 240
_TEXT_HEIGHT = 48


@dataclass(frozen=True)
class Comparison:
    """Numbers and shares, from 0 to 1, of photos."""

    photos: int
    confident: int
    """Of how many the original is confident."""
    agreement: float
    """To how many both give the same first label."""
    confident_agreement: float
    """The same, of those; 1 if there are none."""
    largest_difference: float
    """Of a probability."""


def compare(original: FloatArray, model: FloatArray) -> Comparison:
    """Compare the probabilities of two networks for the same photos, [n, classes]."""
    same = original.argmax(axis=1) == model.argmax(axis=1)
    confident = original.max(axis=1) >= CONFIDENT
    return Comparison(
        photos=len(original),
        confident=int(confident.sum()),
        agreement=float(same.mean()),
        confident_agreement=float(same[confident].mean()) if confident.any() else 1.0,
        largest_difference=float(np.abs(original - model).max()),
    )


def accuracy(scores: FloatArray, truth: Sequence[int]) -> tuple[float, float]:
    """The shares of photos whose class is the first label, and one of the first five."""
    ranks = np.argsort(-scores, axis=1, kind="stable")[:, :5]
    right = ranks == np.array(truth)[:, np.newaxis]
    return round(float(right[:, 0].mean()), 4), round(float(right.any(axis=1).mean()), 4)


def most_different(original: FloatArray, model: FloatArray) -> list[int]:
    """The photos with the largest sums of differences, the largest first."""
    return [int(i) for i in np.argsort(-np.abs(original - model).sum(axis=1))[:_SHOWN]]


def picture_of_differences(
    photos: Sequence[Path],
    labels: Sequence[Label],
    original: FloatArray,
    model: FloatArray,
) -> bytes:
    """A JPEG of the photos on which the two differ most, with both first labels below each."""
    chosen = most_different(original, model)
    rows = -(-len(chosen) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _TILE, rows * (_TILE + _TEXT_HEIGHT)), "white")
    draw = ImageDraw.Draw(sheet)
    for place, number in enumerate(chosen):
        x, y = place % _COLUMNS * _TILE, place // _COLUMNS * (_TILE + _TEXT_HEIGHT)
        tile = ImageOps.fit(
            ImageOps.exif_transpose(Image.open(photos[number])).convert("RGB"), (_TILE, _TILE)
        )
        sheet.paste(tile, (x, y))
        lines = [
            f"{name}: {labels[scores.argmax()].label} {scores.max():.0%}"
            for name, scores in (("original", original[number]), ("model", model[number]))
        ]
        draw.multiline_text((x + 4, y + _TILE + 4), "\n".join(lines), "black", font_size=15)
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=85)
    return file.getvalue()
