"""The network in the formats of all engines, built once into build/bench/networks/.

    python -m bench.networks [CHECKPOINT]

LiteRT and tflite-runtime read the int8 file that ships; the others come from the float32
checkpoint that it was made of.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bench.runtimes import (
    FLOAT_ONNX,
    FLOAT_TFLITE,
    FLOAT_TORCH,
    FOLDER,
    INT8_ONNX,
    PIXELS,
    SYMMETRIC_ONNX,
)
from tools import checkpoint
from tools.network import INPUT_SIZE, PIXEL_MEAN, PIXEL_STD, STAGES

STAGE_WIDTHS = (64, 128, 256, 512)
CALIBRATION_VIEWS = 32


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions around a shortcut; the first of a stage shrinks."""

    def __init__(self, width_in: int, width: int, *, stride: int, shrinks: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 1)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1)
        self.conv3 = nn.Conv2d(width, 4 * width, 1)
        # A list of one, because the checkpoint calls it downsample.0.
        self.downsample = nn.Sequential(
            *([nn.Conv2d(width_in, 4 * width, 1, stride)] if shrinks else [])
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv3(self.conv2(self.conv1(x).relu()).relu())
        return (y + self.downsample(x)).relu()


class ResNet50(nn.Module):
    """From pixels, float32 [n, 3, 224, 224] of 0 to 255, to logits [n, 1000]."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(PIXEL_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(PIXEL_STD).view(1, 3, 1, 1))
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
        self.pool = nn.MaxPool2d(3, 2, 1)
        width_in = 64
        for number, (blocks, width) in enumerate(zip(STAGES, STAGE_WIDTHS, strict=True), start=1):
            stage = nn.Sequential()
            for block in range(blocks):
                stride = 2 if block == 0 and number > 1 else 1
                stage.append(Bottleneck(width_in, width, stride=stride, shrinks=block == 0))
                width_in = 4 * width
            self.add_module(f"layer{number}", stage)
        self.fc = nn.Linear(width_in, 1000)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.conv1((pixels - self.mean) / self.std).relu())
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    weights = Path(sys.argv[1]) if sys.argv[1:] else checkpoint.fetch(FOLDER / "checkpoint.pth")
    layers = checkpoint.read(weights)
    network = _in_torch(layers)
    builders: dict[Path, Callable[[Path], object]] = {
        FLOAT_TORCH: lambda path: torch.jit.trace(network, _blank()).save(str(path)),
        FLOAT_ONNX: lambda path: torch.onnx.export(
            network, (_blank(),), path, input_names=["pixels"], dynamo=False
        ),
        INT8_ONNX: _quantize_onnx,
        SYMMETRIC_ONNX: lambda path: _quantize_onnx(path, symmetric=True),
        FLOAT_TFLITE: lambda path: path.write_bytes(_float_tflite(layers)),
    }
    for path, build in builders.items():
        if not path.exists():
            build(path)


def _blank() -> torch.Tensor:
    return torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE)


def _in_torch(layers: Mapping[str, checkpoint.Layer]) -> ResNet50:
    network = ResNet50().eval()
    for name, layer in layers.items():
        module = network.get_submodule(name)
        # Keras has the channels last, in and out; PyTorch first, out and in.
        last_first = (1, 0) if name == "fc" else (3, 2, 0, 1)
        kernel = np.ascontiguousarray(layer.kernel.transpose(last_first))
        module.weight.data = torch.tensor(kernel)
        module.bias.data = torch.tensor(layer.bias)
    return network


def _quantize_onnx(path: Path, *, symmetric: bool = False) -> None:
    """As ONNX Runtime's documentation has it, on views of the photos that are measured with.

    That flatters it: the photos it is tuned on are those it is asked about.
    """
    from onnxruntime import quantization  # noqa: PLC0415 - where it is not, the rest is built

    class Views(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            pixels = np.load(PIXELS)[:CALIBRATION_VIEWS].astype(np.float32)
            self.feeds = iter({"pixels": each[np.newaxis]} for each in pixels.transpose(0, 3, 1, 2))

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.feeds, None)

    signed, unsigned = quantization.QuantType.QInt8, quantization.QuantType.QUInt8
    quantization.quantize_static(
        FLOAT_ONNX,
        path,
        Views(),
        per_channel=True,
        weight_type=signed,
        activation_type=signed if symmetric else unsigned,
        extra_options={"ActivationSymmetric": symmetric},
    )


def _float_tflite(layers: Mapping[str, checkpoint.Layer]) -> bytes:
    import tensorflow as tf  # noqa: PLC0415 - slow to import, and needed only here

    from tools import network  # noqa: PLC0415

    converter = tf.lite.TFLiteConverter.from_keras_model(network.build(layers))
    content: bytes = converter.convert()
    return content


if __name__ == "__main__":
    main()
