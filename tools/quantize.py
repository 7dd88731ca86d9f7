"""A float TFLite file in smaller numbers: int8, or float16.

In int8 all but the head is: weights with one step per output channel, activations with one
per tensor (https://ai.google.dev/edge/litert/models/quantization_spec). The average pool and a
softmax are float, and the last layer "dynamic range": int8 weights, float32 scores. An int8 score
has steps so coarse (0.19 in ResNet-50) that the best two classes are now and then tied.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

os.environ.setdefault("TQDM_DISABLE", "1")  # read when it is imported; a bar for each picture
from ai_edge_quantizer import qtyping, quantizer

from model import Input
from tools.original import FloatArray

#: What ai-edge-quantizer calibrates: "min" and "max" of each tensor, by its name.
Ranges = dict[str, dict[str, Any]]

BITS = 8
_HALF = 16


def to_int8(content: bytes, spec: Input, pictures: Iterable[FloatArray]) -> bytes:
    """Return the TFLite file in int8, calibrated on normalized pictures [height, width, 3].

    It takes int8 and gives float32.
    """
    job = quantizer.Quantizer(content, _int8_recipe(content))
    return bytes(job.quantize(_ranges(job, content, spec, pictures)).quantized_model)


def to_float16(content: bytes) -> bytes:
    """Return the TFLite file with float16 weights; it takes and gives float32."""
    job = quantizer.Quantizer(content)
    job.update_quantization_recipe(
        ".*",
        qtyping.TFLOperationName.ALL_SUPPORTED,
        qtyping.OpQuantizationConfig(
            weight_tensor_config=qtyping.TensorQuantizationConfig(
                num_bits=_HALF, dtype=qtyping.TensorDataType.FLOAT
            ),
            compute_precision=qtyping.ComputePrecision.FLOAT,
            explicit_dequantize=True,
        ),
        algorithm_key="float_casting",
    )
    return bytes(job.quantize().quantized_model)


def _ranges(
    job: quantizer.Quantizer, content: bytes, spec: Input, pictures: Iterable[FloatArray]
) -> Ranges:
    """The range of each tensor: mean over the pictures, not the extremes over all of them.

    Clipping what is rare leaves finer steps for the rest. (Given all pictures at once, the
    library weights the last ones most.)
    """
    interpreter = Interpreter(model_content=content)
    ((signature, names),) = interpreter.get_signature_list().items()
    (name,) = names["inputs"]
    each = [
        job.calibrate({signature: [{name: batch[np.newaxis]}]})
        for picture in pictures
        for batch in (picture, picture[:, ::-1])  # a mirrored photo is as natural
    ]
    ranges: Ranges = {
        tensor: {end: np.mean([one[tensor][end] for one in each], axis=0) for end in found}
        for tensor, found in each[0].items()
    }
    # Black and white are not rare, so the input is not clipped.
    (taken,) = interpreter.get_input_details()
    low, high = _input_range(spec)
    ranges[taken["name"]] = {"min": _scalar(low), "max": _scalar(high)}
    return ranges


def _input_range(spec: Input) -> tuple[float, float]:
    """The least and the greatest value of a normalized pixel."""
    mean, std = np.array(spec.mean), np.array(spec.std)
    return float((-mean / std).min()), float(((255 - mean) / std).max())


def _int8_recipe(content: bytes) -> list[dict[str, Any]]:
    """Later lines override earlier ones. Each applies to operators of any name (".*")."""
    operator, per_tensor = qtyping.TFLOperationName, qtyping.QuantGranularity.TENSORWISE
    recipe = quantizer.Quantizer(content)
    recipe.add_static_config(".*", operator.ALL_SUPPORTED, BITS, BITS)
    # One step for all classes: older runtimes (2.14) misread one per class in this mode, and
    # a static BATCH_MATMUL with one per class gives zeros.
    for layer in (operator.FULLY_CONNECTED, operator.BATCH_MATMUL):
        recipe.add_dynamic_config(".*", layer, BITS, per_tensor)
    for kept_float in (operator.MEAN, operator.SOFTMAX, operator.OUTPUT):
        recipe.update_quantization_recipe(".*", kept_float, algorithm_key="no_quantize")
    lines: list[dict[str, Any]] = recipe.get_quantization_recipe()
    return lines


def _scalar(value: float) -> FloatArray:
    return np.full((1, 1, 1, 1), value, np.float32)
