"""The model in memory: built at its first use, kept warm, safe under threads."""

from __future__ import annotations

import hashlib
import threading
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from model.card import Label, ModelCard, read_card, read_labels
from model.errors import ModelUnavailable
from model.imaging import Pixels
from model.scores import Scores, softmax

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:  # where LiteRT has no wheel (32-bit Arm): the same, by its former name
    from tflite_runtime.interpreter import Interpreter


class Classifier:
    """A TFLite network and its card, from a folder that holds both.

    Nothing is read before it is needed, and what failed to load is tried again at the
    next use, so that a repaired file is picked up. `num_threads` is for one inference.
    """

    def __init__(self, folder: Path, *, num_threads: int) -> None:
        self.folder = folder
        self.num_threads = num_threads
        # One lock is enough: an Interpreter cannot run twice at once, and the threads of
        # one inference already fill the CPUs.
        self._lock = threading.Lock()
        self._network: _Network | None = None

    @cached_property
    def card(self) -> ModelCard:
        """The model card. Raises ModelUnavailable."""
        return read_card(self.folder)

    @cached_property
    def labels(self) -> list[Label]:
        """The classes by index. Raises ModelUnavailable."""
        return read_labels(self.folder / self.card.labels, classes=self.card.classes)

    @property
    def loaded(self) -> bool:
        """Whether the network is in memory."""
        return self._network is not None

    def load(self) -> None:
        """Bring the network into memory if it is not there. Raises ModelUnavailable."""
        with self._lock:
            self._loaded_network()

    def scores(self, pixels: Pixels) -> Scores:
        """Probabilities, float32 [classes], of a picture's pixels, uint8 [size, size, 3].

        Raises ModelUnavailable if the network cannot be loaded.
        """
        with self._lock:
            output = self._loaded_network().run(pixels)
        return softmax(output) if self.card.output == "logits" else output

    def _loaded_network(self) -> _Network:
        """The network; the lock must be held."""
        if self._network is None:
            labels = len(self.labels)
            path = self.folder / self.card.file
            _check_sha256(path, self.card.sha256)
            self._network = _Network(path, self.card.input.size, labels, self.num_threads)
        return self._network


class _Network:
    """An Interpreter whose input and output were found to be what the card says."""

    def __init__(self, path: Path, size: int, classes: int, num_threads: int) -> None:
        try:
            self._interpreter = Interpreter(str(path), num_threads=num_threads)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise ModelUnavailable(f"{path} is not a TFLite model: {error}") from error
        self._input: dict[str, Any] = self._interpreter.get_input_details()[0]
        self._output: dict[str, Any] = self._interpreter.get_output_details()[0]
        shapes = [detail["shape"].tolist() for detail in (self._input, self._output)]
        expected = [[1, size, size, 3], [1, classes]]
        if shapes != expected or self._input["dtype"] not in (np.uint8, np.int8):
            raise ModelUnavailable(
                f"{path} takes {self._input['dtype'].__name__} {shapes[0]} and gives {shapes[1]}; "
                f"by its card it takes uint8 or int8 {expected[0]} and gives {expected[1]}"
            )

    def run(self, pixels: Pixels) -> Scores:
        """The output, float32 [classes], for pixels, uint8 [size, size, 3]."""
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
        raise ModelUnavailable(f"the model {path} cannot be read: {error.strerror}") from error
    if actual != expected:
        raise ModelUnavailable(f"the model {path} is damaged: its sha256 is not the card's")
