"""The TFLite network, checked against the model card."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.card import MORE_OUTPUTS, ModelCard
from model.errors import ModelUnavailable
from model.features import ClassWeights, Features
from model.normalize import Normalizer, float_normalizer, quantized_normalizer
from model.scores import Scores
from pictures import Pixels

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:  # LiteRT under its former name, which has wheels for 32-bit Arm
    from tflite_runtime.interpreter import Interpreter

_CONVERT = "convert it with python -m tools.import_model"


class Network:
    """An Interpreter whose input and output match the card."""

    def __init__(self, folder: Path, card: ModelCard, *, num_threads: int) -> None:
        """Raises ModelUnavailable, naming the field of the card that does not match."""
        path = folder / card.file
        _check_sha256(path, card.sha256)
        try:
            self._interpreter = Interpreter(str(path), num_threads=num_threads)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise ModelUnavailable(
                f"{path.name} is not a TFLite model that this runtime can run: {error}; {_CONVERT}"
            ) from error
        inputs = self._interpreter.get_input_details()
        self._output, *self._more = self._interpreter.get_output_details()
        self._class_weights: ClassWeights | None = None
        if len(inputs) != 1:
            raise ModelUnavailable(
                f"{path.name} takes {len(inputs)} inputs, but a classifier of pictures takes one"
            )
        self._input: dict[str, Any] = inputs[0]
        try:
            _check_shapes(card, self._input, self._output)
            _check_output(card, self._output)
            if card.more_outputs:
                _check_more_outputs(card, self._more)
            self._normalize = _normalizer(card, self._input)
        except ValueError as error:
            raise ModelUnavailable(f"{path.name} {error}") from error

    @property
    def input(self) -> str:
        """Type and shape of the input, as in "int8 [1, 224, 224, 3]"."""
        return _described(self._input)

    @property
    def output(self) -> str:
        """Type and shape of the output, likewise."""
        return _described(self._output)

    @property
    def step(self) -> float:
        """The output's quantization scale, 0 for a float output."""
        return float(self._output["quantization"][0])

    def run(self, pixels: Pixels) -> Scores:
        """The output, float32 [classes], for pixels, uint8 [height, width, 3].

        Raises ModelUnavailable if the inference failed, usually for lack of memory; the network
        cannot be used after that.
        """
        try:
            return self._run(pixels)
        except (RuntimeError, ValueError, MemoryError) as error:
            reason = str(error)
        # A failed interpreter returns wrong labels or crashes the process. It is deleted outside
        # the handler, because the traceback also references it, and with it 75 MB.
        del self._interpreter
        raise ModelUnavailable(f"an inference failed: {reason}")

    def features(self) -> Features:
        """What the last layer saw in the last run; only if the card has `more_outputs`."""
        features, weights = self._more
        if self._class_weights is None:  # a megabyte or two, which few requests need
            stored = self._interpreter.get_tensor(weights["index"])
            scales = weights["quantization_parameters"]["scales"]
            self._class_weights = ClassWeights(
                stored, scales if len(scales) else np.ones(1, np.float32)
            )
        seen = self._interpreter.get_tensor(features["index"])[0]
        return Features(_dequantized(seen, features["quantization"]), self._class_weights)

    def _run(self, pixels: Pixels) -> Scores:
        self._interpreter.set_tensor(self._input["index"], self._normalize(pixels)[np.newaxis])
        self._interpreter.invoke()
        output = self._interpreter.get_tensor(self._output["index"])[0]
        return _dequantized(output, self._output["quantization"])


def _check_sha256(path: Path, expected: str) -> None:
    """Reject a damaged model, which can crash the interpreter's process."""
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnavailable(
            f"the model {path.name} cannot be read: {error.strerror}; "
            "set file in model.json to the name of a file beside it"
        ) from error
    if actual != expected.lower():
        raise ModelUnavailable(
            f"the model {path.name} is damaged: its sha256 is {actual}, not the card's "
            f"{expected}; fetch the file again or, if it was changed on purpose, correct sha256"
        )


def _check_shapes(card: ModelCard, taken: dict[str, Any], given: dict[str, Any]) -> None:
    """Raises ValueError."""
    shape, wanted = taken["shape"].tolist(), [1, card.input.height, card.input.width, 3]
    if shape[1:2] == [3] and shape[-1:] != [3]:
        raise ValueError(
            f"takes channels before rows and columns, {shape}, but pictures come as {wanted}: "
            f"{_CONVERT}"
        )
    if shape != wanted:
        raise ValueError(
            f"takes {_described(taken)}, but input.size {_size(card)} in model.json means "
            f"{wanted}: " + _size_advice(shape)
        )
    shape, wanted = given["shape"].tolist(), [1, card.classes]
    if shape != wanted:
        raise ValueError(
            f"gives {_described(given)}, but classes {card.classes} in model.json means {wanted}: "
            "set classes to the network's, or use a file whose first output is one score a class"
        )


def _check_more_outputs(card: ModelCard, given: list[dict[str, Any]]) -> None:
    """Raises ValueError."""
    match [each["shape"].tolist() for each in given[: len(MORE_OUTPUTS)]]:
        case [[1, _, _, channels], [classes, depth]] if (classes, depth) == (
            card.classes,
            channels,
        ):
            return
    raise ValueError(
        f"gives {[_described(each) for each in given]} after its scores, but more_outputs in "
        f"model.json means [1, rows, columns, channels] and [{card.classes}, channels]: leave "
        "more_outputs out, or add them with python -m tools.features"
    )


def _size(card: ModelCard) -> int | list[int]:
    return card.input.size if isinstance(card.input.size, int) else list(card.input.size)


def _size_advice(shape: list[int]) -> str:
    match shape:
        case [1, height, width, 3]:
            return f"set input.size to {height if height == width else [height, width]}"
        case [_, _, _, 1]:
            return "networks of grey pictures are not supported"
        case _:
            return f"{_CONVERT}, with one picture at a time"


def _check_output(card: ModelCard, given: dict[str, Any]) -> None:
    """Compare the range of a quantized output with the kind in the card. Raises ValueError."""
    scale, zero_point = given["quantization"]
    if scale == 0:
        return  # float: see scores.check_kind
    limits = np.iinfo(given["dtype"])
    low, high = ((limit - zero_point) * scale for limit in (limits.min, limits.max))
    # From 0 to 1 in steps of 1/256, as converters have it for a softmax or a sigmoid.
    probabilities = abs(low) < scale and abs(high - 1) < 2 * scale
    if probabilities == (card.output == "logits"):
        raise ValueError(
            f"gives scores from {low:.4g} to {high:.4g} by its quantization, but output is "
            f"{card.output} in model.json: set output to "
            + ("probabilities or sigmoid" if probabilities else "logits")
        )


def _normalizer(card: ModelCard, taken: dict[str, Any]) -> Normalizer:
    """Raises ValueError."""
    dtype, (scale, zero_point) = taken["dtype"], taken["quantization"]
    if dtype is np.float32:
        return float_normalizer(card.input)
    if dtype not in (np.uint8, np.int8):
        raise ValueError(f"takes {dtype.__name__}, not float32, uint8 or int8: {_CONVERT}")
    if scale == 0:
        raise ValueError(
            f"takes {dtype.__name__} without a scale and zero point, so that it is not known what "
            f"its values mean: {_CONVERT}"
        )
    return quantized_normalizer(card.input, dtype, scale, zero_point)


def _dequantized(output: npt.NDArray[Any], quantization: tuple[float, int]) -> Scores:
    """Real = scale * (quantized - zero_point), by the LiteRT quantization specification.

    Source: https://ai.google.dev/edge/litert/models/quantization_spec
    """
    scale, zero_point = quantization
    if scale == 0:  # a float output has no scale
        return np.asarray(output, np.float32)
    return np.asarray((output.astype(np.float32) - zero_point) * scale, np.float32)


def _described(tensor: dict[str, Any]) -> str:
    return f"{tensor['dtype'].__name__} {tensor['shape'].tolist()}"
