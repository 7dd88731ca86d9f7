"""The model as a user of BentoML, LitServe or TorchServe would wrap it.

The same file and interpreter as this function's, with the preprocessing of their examples: Pillow
decodes the whole photo, resizes and crops it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

MODEL = Path(__file__).parents[2] / "model" / "resnet50"


class Network:
    """Pictures to labels; safe under threads."""

    def __init__(self) -> None:
        path = str(MODEL / "resnet50_int8.tflite")
        self._interpreter = Interpreter(path, num_threads=len(os.sched_getaffinity(0)))
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._lock = threading.Lock()
        rows = (MODEL / "labels.tsv").read_text(encoding="utf-8").splitlines()[1:]
        self._labels = [row.split("\t")[2] for row in rows]

    def classify(self, image: Image.Image) -> list[dict[str, str | float]]:
        """The five best labels and their probabilities."""
        pixels = np.asarray(_centre(image.convert("RGB")))
        with self._lock:
            self._interpreter.set_tensor(self._input, (pixels ^ 0x80).view(np.int8)[np.newaxis])
            self._interpreter.invoke()
            logits = self._interpreter.get_tensor(self._output)[0]
        scores = np.exp(logits - logits.max())
        scores /= scores.sum()
        best = np.argsort(scores)[::-1][:5]
        return [{"label": self._labels[i], "score": float(scores[i])} for i in best]


def _centre(image: Image.Image) -> Image.Image:
    scale = 256 / min(image.size)
    image = image.resize([round(side * scale) for side in image.size], Image.Resampling.BILINEAR)
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    return image.crop((left, top, left + 224, top + 224))
