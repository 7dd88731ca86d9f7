"""Convert an ONNX file to a float32 TFLite file, in the environment of requirements.txt beside it.

    python convert.py NETWORK.onnx TO.tflite INPUT HEIGHT WIDTH first|last

INPUT is the name of the input, the last argument the place of its colours.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import onnx
import onnx2tf
import onnxsim

_NEVER_NEGATIVE = ("Relu", "HardSigmoid", "Sigmoid")


def main(arguments: Sequence[str]) -> None:
    source, to, name, height, width, colours = arguments
    network = onnx.load(source)
    first = colours == "first"
    shape = [1, 3, int(height), int(width)] if first else [1, int(height), int(width), 3]
    close_shape(network.graph, name, shape)
    # Folds what follows from the picture's size, such as the padding of timm's networks.
    network, _ = onnxsim.simplify(network)
    pad_pools_with_zeros(network.graph)
    with tempfile.TemporaryDirectory() as folder:
        padded = Path(folder) / "network.onnx"
        onnx.save(network, padded)
        onnx2tf.convert(
            input_onnx_file_path=str(padded),
            output_folder_path=folder,
            keep_shape_absolutely_input_names=None if first else [name],
            non_verbose=True,
        )
        (Path(folder) / "network_float32.tflite").replace(to)


def close_shape(graph: onnx.GraphProto, name: str, shape: Sequence[int]) -> None:
    """Set the dimensions of an input that may be open; the tensors inside follow from it."""
    (taken,) = (each for each in graph.input if each.name == name)
    for dimension, size in zip(taken.type.tensor_type.shape.dim, shape, strict=True):
        dimension.dim_value = size
    del graph.value_info[:]
    for given in graph.output:
        for dimension in given.type.tensor_type.shape.dim[:1]:
            dimension.dim_value = 1


def pad_pools_with_zeros(graph: onnx.GraphProto) -> None:
    """Pad before each maximum pool whose input is never negative.

    The same maxima, but onnx2tf pads with minus infinity, which has no int8.
    """
    makers = {output: node for node in graph.node for output in node.output}
    for place, node in reversed(list(enumerate(graph.node))):
        attributes = {each.name: each for each in node.attribute}
        maker = makers.get(node.input[0]) if node.input else None
        if node.op_type != "MaxPool" or "pads" not in attributes:
            continue
        if maker is None or maker.op_type not in _NEVER_NEGATIVE:
            continue
        top, left, bottom, right = attributes["pads"].ints
        node.attribute.remove(attributes["pads"])
        padded, widths = f"{node.input[0]}_padded_{place}", f"padding_{place}"
        graph.initializer.append(
            onnx.helper.make_tensor(
                widths, onnx.TensorProto.INT64, [8], [0, 0, top, left, 0, 0, bottom, right]
            )
        )
        graph.node.insert(place, onnx.helper.make_node("Pad", [node.input[0], widths], [padded]))
        node.input[0] = padded


if __name__ == "__main__":
    main(sys.argv[1:])
