"""Heat maps and embeddings as they are sent."""

from __future__ import annotations

import base64
import io

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image

from model import Features, ModelCard
from service.request import EmbeddingForm, Explain
from service.response import Box, Embedding, Heatmap, ImageInfo, Prediction, Space

_DECIMALS = 3
# The longer side of an overlay, in pixels. Heat has no details that a larger one would show.
_LONGER_SIDE = 256
# Fewer levels than 256 halve the file.
_LEVELS = 64
# From no heat to most: red, green, blue and opacity, between which colours are interpolated. From
# dark to light, so that it can be read without telling colours apart.
_COLOURS = [(70, 10, 105, 0), (190, 35, 80, 115), (250, 125, 10, 165), (255, 245, 130, 190)]

Grid = npt.NDArray[np.float32]
# In place of 0, to divide a map without any heat by.
_TINY = float(np.finfo(np.float32).tiny)


def explained(
    prediction: Prediction,
    features: Features,
    card: ModelCard,
    *,
    explain: Explain,
    embedding: EmbeddingForm,
) -> Prediction:
    """The prediction with the heat maps and the embedding that the request asks for."""
    labels, image = prediction.labels, prediction.image
    if explain:
        with_png = explain == "png"
        labels = [
            msgspec.structs.replace(
                label, heatmap=_heatmap(features.heat(label.index), image, card, png=with_png)
            )
            for label in labels
        ]
    if embedding:
        return Prediction(labels, image, _embedding(features, card, as_list=embedding == "list"))
    return Prediction(labels, image)


def _heatmap(heat: Grid, image: ImageInfo, card: ModelCard, *, png: bool) -> Heatmap:
    """Where the network saw a class; negative evidence is 0."""
    heat = np.maximum(heat, 0)
    grid = heat / max(float(heat.max()), _TINY)
    left, top, right, bottom = card.input.box(image.width, image.height)
    box = Box(*(round(side, 1) for side in (left, top, right, bottom)))
    rows = [[round(value, _DECIMALS) for value in row] for row in grid.tolist()]
    if png:
        return Heatmap(rows, box, _overlay(grid, box, image))
    return Heatmap(rows, box)


def _embedding(features: Features, card: ModelCard, *, as_list: bool) -> Embedding:
    """What the picture is to the network, as a vector of unit length."""
    vector = features.embedding()
    values: str | list[float]
    if as_list:
        # The shortest decimals that give the same float32 again.
        values = [float(str(value)) for value in vector]
    else:
        values = base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return Embedding(values, len(vector), Space(card.name, card.sha256))


def _overlay(grid: Grid, box: Box, image: ImageInfo) -> str:
    """A PNG of the whole picture's proportions, transparent where there is no heat: a data URL."""
    scale = min(1.0, _LONGER_SIDE / max(image.width, image.height))
    size = [max(1, round(side * scale)) for side in (image.width, image.height)]
    left, top, right, bottom = (
        round(side * scale) for side in (box.left, box.top, box.right, box.bottom)
    )
    inner = (max(1, right - left), max(1, bottom - top))
    smooth = Image.fromarray(grid).resize(inner, Image.Resampling.BICUBIC)
    levels = (np.asarray(smooth).clip(0, 1) * (_LEVELS - 1)).round().astype(np.uint8)
    overlay = Image.new("P", (size[0], size[1]))
    overlay.paste(Image.fromarray(levels), (left, top))
    steps = np.linspace(0, len(_COLOURS) - 1, _LEVELS)
    channels = [
        np.interp(steps, range(len(_COLOURS)), channel) for channel in zip(*_COLOURS, strict=True)
    ]
    colours = np.stack(channels, axis=1).round().astype(np.uint8)
    overlay.putpalette(colours[:, :3].tobytes())
    file = io.BytesIO()
    overlay.save(file, "PNG", transparency=colours[:, 3].tobytes())
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
