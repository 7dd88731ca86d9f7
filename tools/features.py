"""Give a TFLite classifier its last feature map as further outputs: for heat maps and embeddings.

    python -m tools.features FOLDER

changes the model in a folder. Weights and scores stay what they are: no operator is added, the file
only names two of its tensors as outputs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from model import MORE_OUTPUTS, Change, ModelUnavailable, read_card, write_card

_CODES = schema.BuiltinOperator
#: Operators that keep the order of the values.
_CASTS = (_CODES.DEQUANTIZE, _CODES.QUANTIZE)
_SHAPES = (_CODES.RESHAPE, _CODES.SQUEEZE)
_LAST = (_CODES.SOFTMAX, _CODES.LOGISTIC)

# The field's place in the table SubGraph, by TFLite's schema: 4 + 2 * its number.
_OUTPUTS = 8
_MAP_DIMENSIONS = 4


class NoFeatures(Exception):
    """The network does not end in a mean and one layer of weights; the message says where."""


def add_features(content: bytes) -> bytes:
    """The TFLite file with `model.MORE_OUTPUTS` after its scores. Raises NoFeatures."""
    graph = schema.Model.GetRootAs(content, 0).Subgraphs(0)
    outputs = graph.OutputsAsNumpy().tolist()
    if len(outputs) != 1:
        raise NoFeatures(f"it has {len(outputs)} outputs, and only one can be its scores")
    outputs += _Tail(content).tensors(outputs[0])
    # A vector that grows does not fit into its place, so it goes to the end of the file; all
    # other bytes stay, and with them the offsets of weights that lie outside of the flatbuffer.
    vector = struct.pack(f"<I{len(outputs)}i", len(outputs), *outputs)
    changed = bytearray(content) + bytes(-len(content) % 4)
    field = graph._tab.Pos + graph._tab.Offset(_OUTPUTS)
    struct.pack_into("<I", changed, field, len(changed) - field)
    return bytes(changed) + vector


class _Tail:
    """The last operators of a network, from its scores backwards."""

    def __init__(self, content: bytes) -> None:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        (graph, *_) = model.subgraphs
        self._codes = [max(each.builtinCode, each.deprecatedBuiltinCode) for each in _codes(model)]
        self._tensors = graph.tensors
        self._producers = {
            output: operator for operator in graph.operators for output in operator.outputs
        }

    def tensors(self, scores: int) -> list[int]:
        """The feature map and the class weights. Raises NoFeatures."""
        dense = self._expect(_CODES.FULLY_CONNECTED, self._skip(scores, _CASTS + _SHAPES + _LAST))
        weights = self._skip(int(dense.inputs[1]), _CASTS)
        mean = self._expect(_CODES.MEAN, self._skip(int(dense.inputs[0]), _CASTS + _SHAPES))
        features = self._skip(int(mean.inputs[0]), _CASTS)
        shape, wanted = self._shape(features), self._shape(weights)[1:]
        if len(shape) != _MAP_DIMENSIONS or shape[3:] != wanted:
            raise NoFeatures(f"its last layer has weights for {wanted}, and its map is {shape}")
        if int(np.prod(self._shape(int(mean.outputs[0])))) != shape[3]:
            raise NoFeatures("its mean is not over all rows and columns")
        return [features, weights]

    def _skip(self, tensor: int, codes: Iterable[int]) -> int:
        """The tensor from which these operators made this one."""
        while (operator := self._producers.get(tensor)) and self._code(operator) in codes:
            tensor = int(operator.inputs[0])
        return tensor

    def _expect(self, code: int, tensor: int) -> schema.OperatorT:
        operator = self._producers.get(tensor)
        if operator is None or self._code(operator) != code:
            found = "nothing" if operator is None else _name(self._code(operator))
            raise NoFeatures(f"{_name(code)} is expected where it has {found}")
        return operator

    def _code(self, operator: schema.OperatorT) -> int:
        return self._codes[operator.opcodeIndex]

    def _shape(self, tensor: int) -> list[int]:
        return [int(side) for side in self._tensors[tensor].shape]


def _codes(model: schema.ModelT) -> list[schema.OperatorCodeT]:
    codes: list[schema.OperatorCodeT] = model.operatorCodes
    return codes


def _name(code: int) -> str:
    return next(name for name, value in vars(_CODES).items() if value == code)


def change_folder(folder: Path) -> None:
    """Add the outputs to the model in a folder. Raises NoFeatures or ModelUnavailable."""
    card = read_card(folder)
    content = add_features((folder / card.file).read_bytes())
    change = Change(
        date=dt.datetime.now(dt.UTC).date().isoformat(),
        nature="Feature map and class weights made outputs beside the scores",
    )
    (folder / card.file).write_bytes(content)
    changes = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "more_outputs": MORE_OUTPUTS,
        "changes": [*card.changes, change],
    }
    write_card(folder, msgspec.structs.replace(card, **changes))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.features",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the model's, with its card")
    try:
        change_folder(parser.parse_args().folder)
    except (NoFeatures, ModelUnavailable) as error:
        sys.exit(f"features: {error}")


if __name__ == "__main__":
    main()
