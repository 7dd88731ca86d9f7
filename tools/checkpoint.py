"""The product-quantized ResNet-50, read back into the tensors of torchvision's.

Source: Martinez et al., "Permute, Quantize, and Fine-tune: Efficient Compression of
Neural Networks", arXiv:2010.15703. The file is a flat dict of torch tensors in which a
layer X is stored as ``X.codes_matrix`` (which codebook row stands where) and
``X.codebook`` (the rows), except ``conv1.weight``, which is stored as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch

# What torchvision's batch norms add to the variance before the square root.
_EPSILON = 1e-5


def state_dict(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of torchvision's resnet50, from the product-quantized file."""
    tensors: Mapping[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    state = {"fc.weight": _decoded(tensors, "fc", (1000, 2048)), "fc.bias": tensors["fc.bias"]}
    for name in _convolutions(tensors):
        norm = _norm_of(name)
        scale = tensors[f"{norm}.weight"].float()
        state[f"{name}.weight"] = _kernel(tensors, name, out_channels=len(scale))
        state[f"{norm}.weight"], state[f"{norm}.bias"] = scale, tensors[f"{norm}.bias"].float()
        # The statistics are folded in already: y = weight * x + bias.
        state[f"{norm}.running_mean"] = torch.zeros_like(scale)
        state[f"{norm}.running_var"] = torch.full_like(scale, 1 - _EPSILON)
        state[f"{norm}.num_batches_tracked"] = torch.tensor(0)
    return state


def _convolutions(tensors: Mapping[str, torch.Tensor]) -> Iterator[str]:
    yield "conv1"
    for key in tensors:
        name, _, kind = key.rpartition(".")
        if kind == "codes_matrix" and name != "fc":
            yield name


def _norm_of(convolution: str) -> str:
    """In torchvision convN goes with bnN, and downsample.0 with downsample.1."""
    if convolution.endswith("downsample.0"):
        return convolution.removesuffix("0") + "1"
    return convolution.replace("conv", "bn")


def _kernel(tensors: Mapping[str, torch.Tensor], name: str, *, out_channels: int) -> torch.Tensor:
    """The kernel as torch orders it: out, in, height, width."""
    if name == "conv1":
        return tensors["conv1.weight"]
    side = 3 if name.endswith("conv2") else 1
    codes, codebook = tensors[f"{name}.codes_matrix"], tensors[f"{name}.codebook"]
    in_channels = codes.shape[1] * codebook.shape[1] // side**2
    return _decoded(tensors, name, (out_channels, in_channels, side, side))


def _decoded(
    tensors: Mapping[str, torch.Tensor], name: str, shape: tuple[int, ...]
) -> torch.Tensor:
    """Each code picks a row of the codebook; a row of codes laid end to end is one channel."""
    codes, codebook = tensors[f"{name}.codes_matrix"], tensors[f"{name}.codebook"]
    return codebook.float()[codes.long()].reshape(shape)
