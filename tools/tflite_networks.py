"""A TFLite file that is here already, and running one outside of the function."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from model import Input
from tools.original import FloatArray, ImportFailed, Original, picture_size


def from_tflite(path: Path) -> Original:
    """A float32 file. Raises ImportFailed if it is of another type, which needs no import."""
    content = path.read_bytes()
    return from_content(path.stem, content)


def from_content(name: str, content: bytes) -> Original:
    """The same, from its bytes."""
    try:
        interpreter = Interpreter(model_content=content)
        (taken,) = interpreter.get_input_details()
    except ValueError as error:
        raise ImportFailed(f"{name} is not a TFLite file with one input: {error}") from error
    if taken["dtype"] is not np.float32:
        raise ImportFailed(
            f"{name} takes {taken['dtype'].__name__}, so it is quantized already: write a card for "
            "it by hand (docs/models.md), or import the float32 file that it was made of"
        )
    spec = Input(size=picture_size(name, taken["shape"].tolist(), None))
    return Original(name, name, spec, lambda pictures: run(content, pictures), lambda: content)


def run(content: bytes, pictures: FloatArray) -> FloatArray:
    """The first output of a float32 file for each picture, [n, classes]."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    (taken,), given = interpreter.get_input_details(), interpreter.get_output_details()[0]
    scores = []
    for picture in pictures:
        interpreter.set_tensor(taken["index"], picture[np.newaxis])
        interpreter.invoke()
        scores.append(interpreter.get_tensor(given["index"])[0])
    return np.stack(scores)
