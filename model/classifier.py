"""The model in memory: built at its first use, kept warm, safe under threads."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from model.card import Label, ModelCard, read_card, read_labels
from model.errors import ModelUnavailable
from model.imaging import Pixels
from model.memory import release_network
from model.scores import Scores, softmax

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:  # where LiteRT has no wheel (32-bit Arm): the same, by its former name
    from tflite_runtime.interpreter import Interpreter


# Pictures that wait are inferred together, for the threads of an inference then wait for each
# other less often: 16 clients get 5 % more of two, 11 % of four. But each more takes 2 MB of
# memory, and keeps those it shares the inference with waiting.
_MAX_BATCH = 2


class Inference(NamedTuple):
    """What an inference gave, and how long it took."""

    scores: Scores
    """Probabilities, float32 [classes]."""
    seconds: float
    """Without the wait for others' inferences; with those that shared this one."""


class Classifier:
    """A TFLite network, its card and its labels, from a folder that holds all three.

    The network is loaded at its first use. What failed, to load or later, is read anew at the next,
    so that a repaired file is picked up. `num_threads` is for one inference. A process that forks
    must do so before its first.
    """

    def __init__(self, folder: Path, *, num_threads: int) -> None:
        self._folder = folder
        self._num_threads = num_threads
        # One lock is enough: an Interpreter cannot run twice at once, and the threads of
        # one inference already fill the CPUs.
        self._lock = threading.Lock()
        # Who finds the lock taken leaves its picture to a thread that starts one inference right
        # after another, while a thread woken up for each would let the CPUs go idle in between;
        # who finds it free does not pay for the way there and back.
        self._waiting: deque[tuple[Pixels, Future[Inference]]] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._loaded: _Loaded | None = None

    @property
    def card(self) -> ModelCard:
        """The model card, read anew until the network is loaded. Raises ModelUnavailable."""
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
        """Bring the network into memory; False if it was there. Raises ModelUnavailable."""
        with self._lock:
            if self._loaded is None:
                self._load()
                return True
            return False

    def scores(self, pixels: Pixels) -> Scores:
        """Probabilities, float32 [classes], of a picture's pixels, uint8 [size, size, 3].

        Raises ModelUnavailable if the network cannot be loaded, or found no memory.
        """
        return self.infer(pixels).scores

    def infer(self, pixels: Pixels) -> Inference:
        """As `scores`, and how long it took."""
        # The lock may be free while its next holder wakes up: who came later does not overtake it.
        if not self._waiting and self._lock.acquire(blocking=False):
            try:
                return self._infer([pixels])[0]
            finally:
                self._lock.release()
        inference: Future[Inference] = Future()
        self._waiting.append((pixels, inference))
        self._thread.submit(self._infer_waiting)
        return inference.result()

    def _infer_waiting(self) -> None:
        """Infer the pictures that have waited longest; none, if others' turns took them along."""
        with self._lock:
            loaded = self._loaded
            most = loaded.network.max_batch if loaded else 1
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), most))]
            try:
                inferences = self._infer([pixels for pixels, _ in batch]) if batch else []
            except Exception as error:  # noqa: BLE001 - it is for those who wait for the result
                for _, waiting in batch:
                    waiting.set_exception(error)
            else:
                for (_, waiting), inference in zip(batch, inferences, strict=True):
                    waiting.set_result(inference)

    def _load(self) -> _Loaded:
        self._loaded = _load(self._folder, self._num_threads)
        # By another thread: who asked for the network does not wait for that.
        self._thread.submit(release_network, self._folder / self._loaded.card.file)
        return self._loaded

    def _infer(self, batch: list[Pixels]) -> list[Inference]:
        loaded = self._loaded or self._load()
        pixels = np.stack(batch)
        start = time.perf_counter()
        try:
            output = loaded.network.run(pixels)
        except ModelUnavailable:
            self._loaded = None  # the next inference loads it anew
            raise
        seconds = time.perf_counter() - start
        scores = softmax(output) if loaded.card.output == "logits" else output
        return [Inference(each, seconds) for each in scores]


class _Loaded(NamedTuple):
    """A card, and the labels and the network that were found to fit it."""

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
    """An Interpreter whose input and output were found to be what the card says."""

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

        # -1 where the converter left a size open: a network of one picture at a time has 1.
        open_sizes = [detail["shape_signature"][0] == -1 for detail in details]
        self.max_batch = _MAX_BATCH if all(open_sizes) else 1
        self._batch = 1

    def run(self, pixels: Pixels) -> Scores:
        """The output, float32 [n, classes], for pixels, uint8 [n, size, size, 3].

        Raises ModelUnavailable if that failed, which it does for want of memory; from then on
        the network cannot be used.
        """
        try:
            return self._run(pixels)
        except (RuntimeError, ValueError, MemoryError) as error:
            reason = str(error)
        # An interpreter that failed gives wrong labels after that, or crashes the process. Not in
        # the handler, for the error's traceback holds it, too, and with it 75 MB.
        del self._interpreter
        raise ModelUnavailable(f"an inference failed: {reason}")

    def _run(self, pixels: Pixels) -> Scores:
        if self._input["dtype"] == np.int8:
            pixels = (pixels ^ 0x80).view(np.int8)  # pixel - 128, which int8 models count from
        if len(pixels) != self._batch:  # a tenth of a millisecond; the weights stay packed
            self._interpreter.resize_tensor_input(self._input["index"], pixels.shape)
            self._interpreter.allocate_tensors()
            self._batch = len(pixels)
        self._interpreter.set_tensor(self._input["index"], pixels)
        self._interpreter.invoke()
        output = self._interpreter.get_tensor(self._output["index"])
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
