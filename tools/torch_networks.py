"""Networks of torchvision and timm, with their publishers' weights or a state dict.

`torchvision:resnet50`, `torchvision:resnet50:IMAGENET1K_V2`, `timm:tf_efficientnet_lite0`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model import Input
from tools.original import FloatArray, ImportFailed, Original, input_size

_GREY_LEVELS = 255  # torch's pixels are 0 to 1, the card's 0 to 255


def from_timm(
    name: str, weights: Path | None, *, classes: int, size: Sequence[int] | None = None
) -> Original:
    """A network of timm; `size` is a side, or height and width, if the default is not wanted.

    Raises ImportFailed.
    """
    module = timm_module(name, classes=classes, pretrained=weights is None)
    if weights:
        load_weights(module, read_state_dict(weights))
    config = module.pretrained_cfg
    _, height, width = config["input_size"]
    if size:
        height, width = size[0], size[-1]
    spec = Input(
        size=input_size(height, width),
        shorter_side=int(min(height, width) / config["crop_pct"]),
        mean=_in_pixels(config["mean"]),
        std=_in_pixels(config["std"]),
    )
    return from_module(name, f"{name} of timm", module, spec)


def timm_module(name: str, *, classes: int, pretrained: bool = False) -> Any:
    """A network of timm, by default with random weights. Raises ImportFailed."""
    _declare_torchvision_operators()
    import timm  # noqa: PLC0415 - only after the operators

    try:
        return timm.create_model(name, pretrained=pretrained, num_classes=classes)
    except Exception as error:
        raise ImportFailed(
            f"timm has no network or no weights {name!r}: {error}; timm.list_models() lists the "
            "names, and --weights FILE gives weights that are here"
        ) from error


def from_torchvision(
    name: str, weights: Path | None, *, classes: int, size: Sequence[int] | None = None
) -> Original:
    """A network of torchvision; after a colon, the name of its weights.

    `size` is a side, or height and width, if the default is not wanted. Raises ImportFailed.
    """
    _declare_torchvision_operators()
    from torchvision import models  # noqa: PLC0415 - only after the operators

    name, _, version = name.partition(":")
    try:
        choices = models.get_model_weights(name)
        published = choices[version] if version else choices.DEFAULT
    except (ValueError, KeyError) as error:
        raise ImportFailed(
            f"torchvision has no classifier or no weights {name}:{version}; its documentation "
            "lists them: https://docs.pytorch.org/vision/stable/models.html"
        ) from error
    module = torchvision_module(name, classes=classes, weights=None if weights else published)
    if weights:
        load_weights(module, read_state_dict(weights))
    transforms = published.transforms()
    (side,), (shorter_side,) = transforms.crop_size, transforms.resize_size
    height, width = (size[0], size[-1]) if size else (side, side)
    spec = Input(
        size=input_size(height, width),
        shorter_side=round(min(height, width) * shorter_side / side),
        mean=_in_pixels(transforms.mean),
        std=_in_pixels(transforms.std),
    )
    return from_module(name, f"{name} of torchvision", module, spec)


def torchvision_module(name: str, *, classes: int, weights: Any = None) -> torch.nn.Module:
    """A network of torchvision, by default with random weights."""
    _declare_torchvision_operators()
    from torchvision import models  # noqa: PLC0415 - only after the operators

    if weights:
        module: torch.nn.Module = models.get_model(name, weights=weights)
    else:
        module = models.get_model(name, num_classes=classes)
    return module


def from_module(name: str, architecture: str, module: torch.nn.Module, spec: Input) -> Original:
    """A module that takes normalized pictures as torch has them, [n, 3, height, width]."""
    module.eval()

    def run(pictures: FloatArray) -> FloatArray:
        with torch.inference_mode():
            scores: FloatArray = module(torch.from_numpy(pictures).permute(0, 3, 1, 2)).numpy()
        return scores

    return Original(name, architecture, spec, run, lambda: channels_last_tflite(module, spec))


def channels_last_tflite(module: torch.nn.Module, spec: Input) -> bytes:
    """Convert a module that takes pictures as torch has them; the file takes channels last."""
    import litert_torch  # noqa: PLC0415 - takes seconds

    _pad_pools_with_zeros(module, spec)
    channels_last = litert_torch.to_channel_last_io(module, args=[0]).eval()
    return to_tflite(channels_last, (1, spec.height, spec.width, 3))


def to_tflite(module: torch.nn.Module, shape: tuple[int, ...]) -> bytes:
    """Convert a module that takes one tensor of this shape."""
    import litert_torch  # noqa: PLC0415 - takes seconds

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.tflite"
        litert_torch.convert(module, (torch.rand(shape),)).export(str(file))
        return file.read_bytes()


def read_state_dict(path: Path) -> Mapping[str, torch.Tensor]:
    """The tensors of a .pth, .pt or .safetensors file. Raises ImportFailed."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file  # noqa: PLC0415

            return load_file(path)
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ImportFailed(
            f"{path} is not a state dict, or is damaged: save it again by "
            f"torch.save(model.state_dict(), '{path.name}')"
        ) from error
    for key in ("state_dict", "model", "model_state_dict"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]  # a checkpoint of a training run
    if not isinstance(content, Mapping):
        raise ImportFailed(
            f"{path} holds a {type(content).__name__}, not a state dict: save model.state_dict()"
        )
    return {key.removeprefix("module."): tensor for key, tensor in content.items()}


def load_weights(module: torch.nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Fill the module. Raises ImportFailed, naming what does not match."""
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        raise ImportFailed(
            f"the weights are of another network: {error}; check the name, and --labels if the "
            "number of classes differs"
        ) from error


def _pad_pools_with_zeros(module: torch.nn.Module, spec: Input) -> None:
    """Pad before each maximum pool whose input is never negative, as after a ReLU.

    The same maxima, but converted as an operator of their own they are padded with minus infinity,
    which has no int8.
    """
    lowest: dict[torch.nn.Module, float] = {}
    hooks = [
        pool.register_forward_pre_hook(
            lambda pool, inputs: lowest.__setitem__(pool, float(inputs[0].min()))
        )
        for pool in module.modules()
        if isinstance(pool, torch.nn.MaxPool2d) and pool.padding
    ]
    with torch.inference_mode():
        module(torch.randn(1, 3, spec.height, spec.width))
    for hook in hooks:
        hook.remove()
    for name, pool in list(module.named_modules()):
        if lowest.get(pool, -1) >= 0:
            rows, columns = np.broadcast_to(pool.padding, 2).tolist()
            pool.padding = 0
            pad = torch.nn.ZeroPad2d((columns, columns, rows, rows))
            module.set_submodule(name, torch.nn.Sequential(pad, pool))


def _in_pixels(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(float(value) * _GREY_LEVELS, 4) for value in values)


def _declare_torchvision_operators() -> None:
    """Let PyPI's torchvision, which is built for CUDA, be imported beside a CPU build of torch.

    Its compiled operators, which classifiers do not use, are missing then, and it stops when it
    describes two of them.
    """
    try:
        import torchvision  # noqa: F401, PLC0415
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        _LIBRARIES.append(library)
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


#: An operator is forgotten with the library that declared it.
_LIBRARIES: list[torch.library.Library] = []
