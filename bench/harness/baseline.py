"""The lower bound of the latency: decode at reduced size, resize, infer, and nothing else."""

from __future__ import annotations

import functools
import io
import multiprocessing
import time
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

MODEL = "model/resnet50/resnet50_int8.tflite"
SIZE, SHORTER_SIDE = 224, 256


class Baseline:
    """A process that classifies the same JPEG in a loop."""

    def __init__(self, photo: Path, *, num_threads: int) -> None:
        self._photo, self._num_threads = photo, num_threads
        # Not forked, because this process has threads.
        self._process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    def __enter__(self) -> Baseline:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.shutdown()

    def start(self, steps: int) -> Future[list[float]]:
        """Classify the photo `steps` times in the background; the milliseconds of each."""
        return self._process.submit(_classify, self._photo, self._num_threads, steps)

    def run(self, steps: int) -> list[float]:
        """Classify the photo `steps` times; the milliseconds of each."""
        return self.start(steps).result()


def _classify(photo: Path, num_threads: int, steps: int) -> list[float]:
    data, interpreter = photo.read_bytes(), _load(num_threads)
    tensor_in = interpreter.get_input_details()[0]["index"]
    tensor_out = interpreter.get_output_details()[0]["index"]
    milliseconds = []
    for _ in range(steps):
        start = time.perf_counter()
        interpreter.set_tensor(tensor_in, (_pixels(data) ^ 0x80).view(np.int8)[np.newaxis])
        interpreter.invoke()
        interpreter.get_tensor(tensor_out).argmax()
        milliseconds.append((time.perf_counter() - start) * 1000)
    return milliseconds


@functools.cache
def _load(num_threads: int) -> Interpreter:
    interpreter = Interpreter(MODEL, num_threads=num_threads)
    interpreter.allocate_tensors()
    return interpreter


def _pixels(data: bytes) -> np.ndarray:
    """The centre of the photo as uint8 [224, 224, 3]."""
    image = Image.open(io.BytesIO(data), formats=["JPEG"])
    image.draft("RGB", (SHORTER_SIDE, SHORTER_SIDE))
    width, height = image.size
    margin = min(width, height) * SIZE / SHORTER_SIDE / 2
    box = (width / 2 - margin, height / 2 - margin, width / 2 + margin, height / 2 + margin)
    square = image.resize((SIZE, SIZE), Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)
    return np.asarray(square)
