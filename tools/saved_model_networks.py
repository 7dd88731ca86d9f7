"""SavedModel folders, by TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model import Input
from tools.original import FloatArray, ImportFailed, Original, picture_size

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read when it is imported; 2: errors only
try:
    import tensorflow as tf
except ImportError as missing:
    raise ImportFailed(
        f"a SavedModel needs TensorFlow, which is missing here ({missing}): install "
        "tools/requirements.txt with Python 3.11 to 3.13, or import the .keras file that it was "
        "made of"
    ) from missing

_SIGNATURE = "serving_default"


def from_saved_model(folder: Path, *, size: Sequence[int] | None = None) -> Original:
    """A network for pictures with channels last, by its signature serving_default.

    `size` is a side, or height and width, for a network that leaves them open. Raises ImportFailed.
    """
    try:
        loaded = tf.saved_model.load(str(folder))
        signature = loaded.signatures[_SIGNATURE]
    except (OSError, ValueError, KeyError) as error:
        raise ImportFailed(
            f"{folder} cannot be loaded by TensorFlow {tf.__version__}, or has no signature "
            f"{_SIGNATURE}: {error}; save it again with model.export(folder)"
        ) from error
    inputs, outputs = signature.structured_input_signature[1], signature.structured_outputs
    if len(inputs) != 1 or len(outputs) != 1 or next(iter(inputs.values())).dtype != tf.float32:
        raise ImportFailed(
            f"{folder} takes {inputs} and gives {outputs}: export it with a picture of float32 as "
            "its only input and the scores as its only output"
        )
    ((name, taken),), (given,) = inputs.items(), outputs
    spec = Input(size=picture_size(folder.name, taken.shape.as_list(), size))

    def scores(picture: Any) -> Any:
        return signature(**{name: picture})[given]

    def run(pictures: FloatArray) -> FloatArray:
        return np.concatenate([scores(tf.constant(one[np.newaxis])).numpy() for one in pictures])

    def convert() -> bytes:
        shape = tf.TensorSpec([1, spec.height, spec.width, 3], tf.float32)
        function = tf.function(scores, input_signature=[shape]).get_concrete_function()
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], loaded)
        try:
            return bytes(converter.convert())
        except Exception as error:
            raise ImportFailed(
                f"{folder} cannot be converted by TensorFlow: {error}; import the .keras file that "
                "it was made of"
            ) from error

    return Original(folder.name, folder.name, spec, run, convert)
