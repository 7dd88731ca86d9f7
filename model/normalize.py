"""Convert pixels to the input values of a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from model.card import Input
from pictures import Pixels

#: From pixels, uint8 [height, width, 3], to an input tensor of the same shape.
Normalizer = Callable[[Pixels], npt.NDArray[Any]]

_GREY_LEVELS = 256
_CHANNELS = 3
# A quantized input with fewer distinct grey levels was calibrated for other values than the card's.
# A calibration that clips rare values leaves 230 or more.
_FEWEST_DISTINCT = 192


def float_normalizer(spec: Input) -> Normalizer:
    """(pixel - mean) / std as float32."""
    if _is_plain(spec):
        return lambda pixels: pixels.astype(np.float32)
    table = _values(spec).astype(np.float32).T.ravel()
    start = np.arange(0, _CHANNELS * _GREY_LEVELS, _GREY_LEVELS, dtype=np.uint16)
    return lambda pixels: table.take(pixels + start)


def quantized_normalizer(
    spec: Input, dtype: type[np.int8 | np.uint8], scale: float, zero_point: int
) -> Normalizer:
    """(pixel - mean) / std in steps of `scale`, from `zero_point`: a table lookup.

    By the LiteRT quantization specification, real = scale * (quantized - zero_point):
    https://ai.google.dev/edge/litert/models/quantization_spec
    Raises ValueError if it maps too many grey levels to the same value.
    """
    limits = np.iinfo(dtype)
    wanted = _values(spec)
    quantized = np.rint(wanted / scale + zero_point).clip(limits.min, limits.max)
    # The first call of np.unique would take 6 ms of a cold start.
    distinct = 1 + np.count_nonzero(np.diff(quantized, axis=0), axis=0)
    if distinct.min() < _FEWEST_DISTINCT:
        low, high = ((limit - zero_point) * scale for limit in (limits.min, limits.max))
        raise ValueError(
            f"by its scale {scale:.4g} and zero point {zero_point} takes {low:.4g} to {high:.4g}, "
            f"but by mean and std in model.json gets {wanted.min():.4g} to {wanted.max():.4g}: "
            "set input.mean and input.std to those of the training, in units of pixels of 0 to "
            "255, or calibrate the network with such values"
        )
    table = quantized.astype(dtype).view(np.uint8)
    identity = np.arange(_GREY_LEVELS, dtype=np.uint8)[:, np.newaxis]
    if (table == identity).all():
        return lambda pixels: pixels.view(dtype)
    if (table == identity ^ 0x80).all():  # pixel - 128, as most int8 networks take it
        return lambda pixels: (pixels ^ 0x80).view(dtype)
    lookup = table.T.ravel().tolist()
    return lambda pixels: np.asarray(Image.fromarray(pixels).point(lookup)).view(dtype)


def _is_plain(spec: Input) -> bool:
    return not any(spec.mean) and set(spec.std) == {1.0}


def _values(spec: Input) -> npt.NDArray[np.float64]:
    """The normalized value of each grey level: float64 [256, 3]."""
    levels = np.arange(_GREY_LEVELS, dtype=np.float64)[:, np.newaxis]
    values: npt.NDArray[np.float64] = (levels - np.array(spec.mean)) / np.array(spec.std)
    return values
