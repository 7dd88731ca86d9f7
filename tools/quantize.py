"""Float Keras network to an int8 TFLite file: int8 pixels in, float32 logits out.

All but the head is int8: weights with one step per output channel, activations with one
per tensor (https://ai.google.dev/edge/litert/models/quantization_spec). The average pool
is float and the last layer "dynamic range": int8 weights, float32 logits. An int8 logit has
steps so coarse (0.19 here) that the best two classes are now and then tied.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from ai_edge_quantizer import qtyping, quantizer

from tools.network import PIXEL_MEAN

Pixels = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]
#: What ai-edge-quantizer calibrates: "min" and "max" of each tensor, by its name.
Ranges = dict[str, dict[str, Any]]

BITS = 8
MOST = 127  # weights are -127 to 127: the specification leaves -128 out
ROUNDING_SWEEPS = 10  # the descent has settled by then
PATCH_STRIDE = 8  # pixels; neighbouring patches are nearly the same


def quantize(network: keras.Model, pixels: Pixels) -> bytes:
    """Return the TFLite file of the network, calibrated on pixels ([n, 224, 224, 3], 0 to 255).

    The file takes int8 [1, 224, 224, 3], the pixel minus 128, and gives float32 [1, 1000].
    The network, from tools.network.build, is left as it was. Raises LookupError if it is
    another, in which the tensors that need a range of their own cannot be found.
    """
    pixels = np.concatenate([pixels, pixels[:, :, ::-1]])  # a mirrored photo is as natural
    rounded = keras.models.clone_model(network)
    rounded.set_weights(network.get_weights())
    _round_first_kernel(rounded, pixels)
    content = tf.lite.TFLiteConverter.from_keras_model(rounded).convert()
    job = quantizer.Quantizer(content, _recipe(content))
    return bytes(job.quantize(_ranges(job, pixels)).quantized_model)


def _ranges(job: quantizer.Quantizer, pixels: Pixels) -> Ranges:
    """The range of each tensor: mean over the images, not the extremes over all of them.

    Clipping what is rare leaves finer steps for the rest. (Given all images at once, the
    library weights the last ones most.)
    """
    signature = "serving_default"
    each = [job.calibrate({signature: [{"pixels": _batch(image)}]}) for image in pixels]
    ranges: Ranges = {
        tensor: {end: np.mean([one[tensor][end] for one in each], axis=0) for end in found}
        for tensor, found in each[0].items()
    }
    # Exactly one step a grey level, so that reading the pixels loses nothing; and black and
    # white are not rare, so they are not clipped after the mean is subtracted either.
    _set_range(ranges, f"{signature}_pixels", 0, 255)
    for centred in ("/subtract_mean", "/conv1.pad"):
        _set_range(ranges, centred, -PIXEL_MEAN.max(), 255 - PIXEL_MEAN.min())
    return ranges


def _set_range(ranges: Ranges, name: str, low: float, high: float) -> None:
    """Give the tensors whose names contain `name` the range from `low` to `high`."""
    tensors = [tensor for tensor in ranges if name in tensor]
    if not tensors:
        raise LookupError(f"the network has no tensor named *{name}*")
    for tensor in tensors:
        ranges[tensor] = {"min": _scalar(low), "max": _scalar(high)}


def _recipe(content: bytes) -> list[dict[str, Any]]:
    """Later lines override earlier ones. Each applies to operators of any name (".*")."""
    operator, per_tensor = qtyping.TFLOperationName, qtyping.QuantGranularity.TENSORWISE
    recipe = quantizer.Quantizer(content)
    recipe.add_static_config(".*", operator.ALL_SUPPORTED, BITS, BITS)
    # One step for all classes: older runtimes (2.14) misread one per class in this mode.
    recipe.add_dynamic_config(".*", operator.FULLY_CONNECTED, BITS, per_tensor)
    for kept_float in (operator.MEAN, operator.OUTPUT):
        recipe.update_quantization_recipe(".*", kept_float, algorithm_key="no_quantize")
    lines: list[dict[str, Any]] = recipe.get_quantization_recipe()
    return lines


def _batch(image: Pixels) -> FloatArray:
    return image[np.newaxis].astype(np.float32)


def _scalar(value: float) -> FloatArray:
    return np.full((1, 1, 1, 1), value, np.float32)


def _round_first_kernel(network: keras.Model, pixels: Pixels) -> None:
    """Put conv1's kernel on its int8 grid so that its output, not the kernel, stays close.

    Neighbouring pixels are alike, so the errors of a kernel rounded to nearest add up. This
    is three quarters of what rounding all the weights costs. The aim, the squared error of
    the output, is that of Nagel et al., arXiv:2004.10568; it is lowered one weight at a time.
    """
    layer = network.get_layer("conv1")
    kernel, bias = layer.get_weights()
    patches = _patches(pixels - PIXEL_MEAN, side=kernel.shape[0])
    layer.set_weights([round_to_grid(kernel, patches.T @ patches), bias])


def _patches(images: FloatArray, *, side: int) -> FloatArray:
    """Squares of the images, each flattened in a kernel's order: height, width, channel."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    chosen = windows[:, ::PATCH_STRIDE, ::PATCH_STRIDE].transpose(0, 1, 2, 4, 5, 3)
    return chosen.reshape(-1, side * side * images.shape[-1])


def round_to_grid(kernel: FloatArray, moments: FloatArray) -> FloatArray:
    """Return the kernel (height, width, in, out) in steps of its largest weight / 127.

    moments [k, k], with k = height * width * in, is the sum of x x^T over input patches x.
    """
    weights = kernel.reshape(-1, kernel.shape[-1]).astype(np.float64)
    largest = np.abs(weights).max(axis=0)
    step = np.where(largest > 0, largest, 1) / MOST
    exact = weights / step
    whole = np.rint(exact)
    # The largest weight stays put: the converter will derive the same step from it again.
    free = np.abs(weights) < largest
    for _ in range(ROUNDING_SWEEPS):
        for i, row in enumerate(moments):
            best = whole[i] - np.rint(row @ (whole - exact) / row[i])
            whole[i] = np.where(free[i], np.clip(best, -MOST, MOST), whole[i])
    return (whole * step).reshape(kernel.shape).astype(np.float32)
