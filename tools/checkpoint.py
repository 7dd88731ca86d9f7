"""The product-quantized checkpoint, read back into plain convolution weights.

Source: Martinez et al., "Permute, Quantize, and Fine-tune: Efficient Compression of
Neural Networks", arXiv:2010.15703. The file is a flat dict of torch tensors in which a
layer X is stored as ``X.codes_matrix`` (which codebook row stands where) and
``X.codebook`` (the rows), except ``conv1.weight``, which is stored as it is.
"""

from __future__ import annotations

import hashlib
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[np.float32]

URL = (
    "https://raw.githubusercontent.com/uber-research/permute-quantize-finetune/"
    "53a30bade862769f4f0523e38c4ee1333a2e48b1/compressed_models/resnet50_large.pth"
)
SHA256 = "f237e2540d8fc39ad0a27b371634fbc7b8131cb9c3bd8409e10355dfa9152258"


class CheckpointError(Exception):
    """The checkpoint is not the file that this tool knows how to read."""


@dataclass(frozen=True)
class Layer:
    """A convolution (kernel: height, width, in, out) or dense layer (kernel: in, out)."""

    kernel: Array
    bias: Array


def fetch(destination: Path) -> Path:
    """Download the checkpoint from its pinned commit, unless it is there already.

    Raises CheckpointError if something else came.
    """
    if not destination.exists():
        destination.parent.mkdir(parents=True, exist_ok=True)
        partial = destination.with_suffix(".part")
        urllib.request.urlretrieve(URL, partial)
        _check_sha256(partial)
        partial.rename(destination)
    return destination


def read(path: Path) -> dict[str, Layer]:
    """All 54 layers of the network by their torchvision names, batch norms folded in.

    Raises CheckpointError if the file's sha256 is not the pinned one.
    """
    _check_sha256(path)
    tensors: Mapping[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    layers = {name: _folded(tensors, name) for name in _convolutions(tensors)}
    layers["fc"] = Layer(
        _decoded(tensors, "fc", (1000, 2048)).T, tensors["fc.bias"].numpy().astype(np.float32)
    )
    return layers


def _check_sha256(path: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256:
        raise CheckpointError(f"{path} has sha256 {digest}, expected {SHA256}")


def _convolutions(tensors: Mapping[str, torch.Tensor]) -> Iterator[str]:
    yield "conv1"
    for key in tensors:
        name, _, kind = key.rpartition(".")
        if kind == "codes_matrix" and name != "fc":
            yield name


def _folded(tensors: Mapping[str, torch.Tensor], name: str) -> Layer:
    """One convolution with its batch norm, y = weight * x + bias, multiplied into it."""
    norm = _norm_of(name)
    scale = tensors[f"{norm}.weight"].numpy().astype(np.float32)
    kernel = _kernel(tensors, name, out_channels=len(scale)) * scale[:, None, None, None]
    return Layer(kernel.transpose(2, 3, 1, 0), tensors[f"{norm}.bias"].numpy().astype(np.float32))


def _norm_of(convolution: str) -> str:
    """In torchvision convN goes with bnN, and downsample.0 with downsample.1."""
    if convolution.endswith("downsample.0"):
        return convolution.removesuffix("0") + "1"
    return convolution.replace("conv", "bn")


def _kernel(tensors: Mapping[str, torch.Tensor], name: str, *, out_channels: int) -> Array:
    """The kernel as torch orders it: out, in, height, width."""
    if name == "conv1":
        return tensors["conv1.weight"].numpy().astype(np.float32)
    side = 3 if name.endswith("conv2") else 1
    codes, codebook = tensors[f"{name}.codes_matrix"], tensors[f"{name}.codebook"]
    in_channels = codes.shape[1] * codebook.shape[1] // side**2
    return _decoded(tensors, name, (out_channels, in_channels, side, side))


def _decoded(tensors: Mapping[str, torch.Tensor], name: str, shape: tuple[int, ...]) -> Array:
    """Each code picks a row of the codebook; a row of codes laid end to end is one channel."""
    codes = tensors[f"{name}.codes_matrix"].numpy().astype(np.int64)
    codebook = tensors[f"{name}.codebook"].numpy().astype(np.float32)
    return codebook[codes].reshape(shape)
