"""Small TFLite classifiers of any kind, written operator by operator.

Each computes one score a class from the picture's mean colour: `weights` [classes, 3] times what
the network sees as red, green and blue.
"""

import hashlib
import json

import numpy as np

from tests.needs import skip

try:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema
except ImportError:  # tflite-runtime has no schema to write with
    skip("ai-edge-litert")

TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int32": schema.TensorType.INT32,
    "int16": schema.TensorType.INT16,
}
#: The scores are the colours themselves.
COLOURS = np.eye(3)
ACTIVATIONS = {
    "softmax": schema.BuiltinOperator.SOFTMAX,
    "sigmoid": schema.BuiltinOperator.LOGISTIC,
}


class Builder:
    """A model with one subgraph, to which tensors and operators are added one by one."""

    def __init__(self):
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model = schema.ModelT()
        self.model.version, self.model.subgraphs = 3, [self.graph]
        self.model.buffers, self.model.operatorCodes = [schema.BufferT()], []

    def tensor(self, shape, dtype, quantization=None, data=None):
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = list(shape), TYPES[dtype], 0
        tensor.name = f"tensor_{len(self.graph.tensors)}"
        if quantization:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = [quantization[0]]
            tensor.quantization.zeroPoint = [quantization[1]]
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.asarray(data, dtype).view(np.uint8).ravel()
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def apply(self, code, inputs, output, options=None):
        operator_code = schema.OperatorCodeT()
        operator_code.builtinCode = operator_code.deprecatedBuiltinCode = code
        operator_code.version = 2
        self.model.operatorCodes.append(operator_code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs, operator.outputs = inputs, [output]
        if options is not None:
            name = type(options).__name__.removesuffix("T")
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            operator.builtinOptions = options
        self.graph.operators.append(operator)
        return output

    def content(self, inputs, output):
        self.graph.inputs, self.graph.outputs = inputs, [output]
        return self.packed()

    def packed(self):
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def network(  # noqa: PLR0913 - one for each way in which networks differ
    *,
    shape=(1, 8, 8, 3),
    dtype="float32",
    quantization=None,
    weights=COLOURS,
    activation=None,
    output_dtype="float32",
    output_quantization=None,
    inputs=1,
):
    """The bytes of a TFLite file."""
    build, codes = Builder(), schema.BuiltinOperator
    classes = len(weights)
    taken = [build.tensor(shape, dtype, quantization) for _ in range(inputs)]
    x = taken[0]
    if dtype != "float32":
        x = build.apply(codes.DEQUANTIZE, [x], build.tensor(shape, "float32"))
    axes = build.tensor((2,), "int32", data=[1, 2])
    mean = schema.ReducerOptionsT()
    mean.keepDims = False
    x = build.apply(codes.MEAN, [x, axes], build.tensor((1, shape[-1]), "float32"), mean)
    kernel = build.tensor(np.shape(weights), "float32", data=weights)
    dense = schema.FullyConnectedOptionsT()
    scores = build.tensor((1, classes), "float32")
    x = build.apply(codes.FULLY_CONNECTED, [x, kernel, -1], scores, dense)
    if activation:
        options = schema.SoftmaxOptionsT() if activation == "softmax" else None
        if options:
            options.beta = 1.0
        output = build.tensor((1, classes), "float32")
        x = build.apply(ACTIVATIONS[activation], [x], output, options)
    if output_dtype != "float32":
        output = build.tensor((1, classes), output_dtype, output_quantization)
        x = build.apply(codes.QUANTIZE, [x], output)
    return build.content(taken, x)


def write(folder, content, *, labels=("red", "green", "blue"), **card):
    """A model's folder with plain labels; `card` replaces what the card says by default."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.tflite").write_bytes(content)
    (folder / "labels.txt").write_text("\n".join(labels) + "\n")
    fields = {
        "format_version": 1,
        "name": "colours",
        "version": "1.0.0",
        "architecture": "mean colour and one dense layer",
        "file": "network.tflite",
        "sha256": hashlib.sha256(content).hexdigest(),
        "labels": "labels.txt",
        "classes": len(labels),
        "input": {"size": 8},
        "output": "logits",
        "licence": {"name": "public domain", "commercial_use": True},
    }
    (folder / "model.json").write_text(json.dumps(fields | card))
    return folder
