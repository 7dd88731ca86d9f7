"""The model in memory: loaded on first use, kept warm, safe under threads."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from model.card import Label, ModelCard, read_card, read_labels
from model.errors import ModelUnavailable
from model.scores import Scores, softmax
from pictures import Pixels

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:  # LiteRT has no wheel for 32-bit Arm: the same under its former name
    from tflite_runtime.interpreter import Interpreter


class Inference(NamedTuple):
    """The result of an inference."""

    scores: Scores
    """Probabilities, float32 [classes]."""
    seconds: float
    """Without the time in the queue."""


class Classifier:
    """A TFLite network, its card and its labels, from a folder that holds all three.

    The network is loaded on first use. A failed load is retried on the next call, so a repaired
    file is picked up. `num_threads` is for one inference. A process that forks must do so before
    the first call.
    """

    def __init__(self, folder: Path, *, num_threads: int) -> None:
        self._folder = folder
        self._num_threads = num_threads
        # One thread owns the interpreter, which cannot run twice at once; the executor's queue
        # is FIFO, and the threads of one inference already fill the CPUs.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._loaded: _Loaded | None = None

    @property
    def card(self) -> ModelCard:
        """The model card, read from its file until the network is loaded.

        Raises ModelUnavailable.
        """
        return self._loaded.card if self._loaded else read_card(self._folder)

    @property
    def labels(self) -> list[Label]:
        """The classes by index, read like the card. Raises ModelUnavailable."""
        return self._loaded.labels if self._loaded else _labels_of(self.card, self._folder)

    @property
    def loaded(self) -> bool:
        """Whether the network is in memory."""
        return self._loaded is not None

    def load(self) -> bool:
        """Load the network into memory; False if it already was. Raises ModelUnavailable."""
        return self._loaded is None and self._executor.submit(self._load).result()

    def scores(self, pixels: Pixels) -> Scores:
        """Probabilities, float32 [classes], of a picture's pixels, uint8 [size, size, 3].

        Raises ModelUnavailable if the network cannot be loaded, or ran out of memory.
        """
        return self.infer(pixels).scores

    def infer(self, pixels: Pixels) -> Inference:
        """As `scores`, with the time that the inference took."""
        return self._executor.submit(self._infer, pixels).result()

    def _load(self) -> bool:
        if self._loaded:
            return False
        self._loaded = _load(self._folder, self._num_threads)
        return True

    def _infer(self, pixels: Pixels) -> Inference:
        self._load()
        loaded = cast("_Loaded", self._loaded)
        start = time.perf_counter()
        try:
            output = loaded.network.run(pixels)
        except ModelUnavailable:
            self._loaded = None  # the next inference loads it again
            raise
        seconds = time.perf_counter() - start
        scores = softmax(output) if loaded.card.output == "logits" else output
        return Inference(scores, seconds)


class _Loaded(NamedTuple):
    """A card, and the labels and network that match it."""

    card: ModelCard
    labels: list[Label]
    network: _Network


def _load(folder: Path, num_threads: int) -> _Loaded:
    card = read_card(folder)
    labels = _labels_of(card, folder)
    path = folder / card.file
    _check_sha256(path, card.sha256)
    network = _Network(path, card.input.size, card.classes, num_threads)
    return _Loaded(card, labels, network)


def _labels_of(card: ModelCard, folder: Path) -> list[Label]:
    return read_labels(folder / card.labels, classes=card.classes)


class _Network:
    """An Interpreter whose input and output match the card."""

    def __init__(self, path: Path, size: int, classes: int, num_threads: int) -> None:
        try:
            self._interpreter = Interpreter(str(path), num_threads=num_threads)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise ModelUnavailable(f"{path.name} is not a TFLite model: {error}") from error
        self._input: dict[str, Any] = self._interpreter.get_input_details()[0]
        self._output: dict[str, Any] = self._interpreter.get_output_details()[0]
        details = (self._input, self._output)
        shapes = [detail["shape"].tolist() for detail in details]
        expected = [[1, size, size, 3], [1, classes]]
        if shapes != expected or self._input["dtype"] not in (np.uint8, np.int8):
            dtype = self._input["dtype"].__name__
            raise ModelUnavailable(
                f"{path.name} takes {dtype} {shapes[0]} and gives {shapes[1]}; "
                f"by its card it takes uint8 or int8 {expected[0]} and gives {expected[1]}"
            )

    def run(self, pixels: Pixels) -> Scores:
        """The output, float32 [classes], for pixels, uint8 [size, size, 3].

        Raises ModelUnavailable if the inference failed, usually for lack of memory; the network
        cannot be used after that.
        """
        try:
            return self._run(pixels)
        except (RuntimeError, ValueError, MemoryError) as error:
            reason = str(error)
        # An interpreter that failed gives wrong labels after that, or crashes the process. Deleted
        # outside the handler, because the error's traceback holds it, too, and with it 75 MB.
        del self._interpreter
        raise ModelUnavailable(f"an inference failed: {reason}")

    def _run(self, pixels: Pixels) -> Scores:
        if self._input["dtype"] == np.int8:
            pixels = (pixels ^ 0x80).view(np.int8)  # pixel - 128, which int8 models count from
        self._interpreter.set_tensor(self._input["index"], pixels[np.newaxis])
        self._interpreter.invoke()
        output = self._interpreter.get_tensor(self._output["index"])[0]
        return _dequantized(output, self._output["quantization"])


def _dequantized(output: Any, quantization: tuple[float, int]) -> Scores:
    """Real = scale * (quantized - zero_point), by the LiteRT quantization specification.

    Source: https://ai.google.dev/edge/litert/models/quantization_spec
    """
    scale, zero_point = quantization
    if scale == 0:  # a float output has no scale
        return np.asarray(output, np.float32)
    return np.asarray((output.astype(np.float32) - zero_point) * scale, np.float32)


def _check_sha256(path: Path, expected: str) -> None:
    """A damaged model can crash the interpreter's process, so it never gets that far."""
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnavailable(f"the model {path.name} cannot be read: {error.strerror}") from error
    if actual != expected:
        raise ModelUnavailable(f"the model {path.name} is damaged: its sha256 is not the card's")
