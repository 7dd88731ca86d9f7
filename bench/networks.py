"""The network in the formats of all engines, built once into build/bench/networks/.

    python -m bench.networks [CHECKPOINT]

LiteRT and tflite-runtime read the int8 file that ships; the others come from the float32
checkpoint that it was made of.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
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
from tools.shipped import RESNET50_INPUT, SHIPPED, resnet50_module
from tools.torch_networks import channels_last_tflite

SIZE = RESNET50_INPUT.height
CALIBRATION_VIEWS = 32


class OnPixels(nn.Module):
    """The network from pixels, float32 [n, 3, 224, 224] of 0 to 255, to logits [n, 1000]."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(RESNET50_INPUT.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(RESNET50_INPUT.std).view(1, 3, 1, 1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.network((pixels - self.mean) / self.std)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    checkpoint = SHIPPED["resnet50"].fetch(Path(sys.argv[1]) if sys.argv[1:] else None)
    network = OnPixels(resnet50_module(checkpoint)).eval()
    builders: dict[Path, Callable[[Path], object]] = {
        FLOAT_TORCH: lambda path: torch.jit.trace(network, _blank()).save(str(path)),
        FLOAT_ONNX: lambda path: torch.onnx.export(
            network, (_blank(),), path, input_names=["pixels"], dynamo=False
        ),
        INT8_ONNX: _quantize_onnx,
        SYMMETRIC_ONNX: lambda path: _quantize_onnx(path, symmetric=True),
        FLOAT_TFLITE: lambda path: path.write_bytes(channels_last_tflite(network, RESNET50_INPUT)),
    }
    for path, build in builders.items():
        if not path.exists():
            build(path)


def _blank() -> torch.Tensor:
    return torch.zeros(1, 3, SIZE, SIZE)


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


if __name__ == "__main__":
    main()
