"""The floor under all of this: decode small, resize, invoke, and nothing around it.

    python -m bench.bare PHOTO THREADS

Serves `bench.worker`'s lines; a step is one photo.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from bench.worker import serve

MODEL = "model/resnet50/resnet50_int8.tflite"
SEEN, SHORT_SIDE = 224, 256


def main() -> None:
    photo, threads = sys.argv[1:]
    data = Path(photo).read_bytes()
    interpreter = Interpreter(MODEL, num_threads=int(threads))
    interpreter.allocate_tensors()
    tensor_in = interpreter.get_input_details()[0]["index"]
    tensor_out = interpreter.get_output_details()[0]["index"]

    def classify() -> int:
        interpreter.set_tensor(tensor_in, (pixels(data) ^ 0x80).view(np.int8)[np.newaxis])
        interpreter.invoke()
        return int(interpreter.get_tensor(tensor_out).argmax())

    serve(None, classify)


def pixels(data: bytes) -> np.ndarray:
    """The photo's centre as uint8 [224, 224, 3]."""
    image = Image.open(io.BytesIO(data), formats=["JPEG"])
    image.draft("RGB", (SHORT_SIDE, SHORT_SIDE))
    width, height = image.size
    margin = min(width, height) * SEEN / SHORT_SIDE / 2
    box = (width / 2 - margin, height / 2 - margin, width / 2 + margin, height / 2 + margin)
    square = image.resize((SEEN, SEEN), Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)
    return np.asarray(square)


if __name__ == "__main__":
    main()
