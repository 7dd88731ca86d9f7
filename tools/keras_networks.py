"""Networks of Keras: files, and those of keras.applications. They run and convert by torch."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model import Input
from tools.original import FloatArray, ImportFailed, Original, picture_size
from tools.torch_networks import to_tflite

os.environ["KERAS_BACKEND"] = "torch"  # read when Keras is imported: the converter takes torch
import keras
import torch


def from_file(path: Path, *, size: Sequence[int] | None = None) -> Original:
    """A .keras or .h5 file with its architecture.

    `size` is a side, or height and width, for a network that leaves them open. Raises ImportFailed.
    """
    try:
        network = keras.saving.load_model(path, compile=False)
    except Exception as error:
        raise ImportFailed(
            f"{path} cannot be loaded by Keras {keras.__version__}: {error}; save the whole model, "
            "without layers of your own: model.save('model.keras')"
        ) from error
    return _original(path.stem, network, lambda spec: spec, size=size)


def from_application(
    name: str, weights: Path | None, *, classes: int, size: Sequence[int] | None = None
) -> Original:
    """A network of keras.applications, with ImageNet's weights or a file's.

    `size` is a side, or height and width, where the default is not wanted or there is none.
    Raises ImportFailed.
    """
    try:
        build = getattr(keras.applications, name)
    except AttributeError as error:
        raise ImportFailed(
            f"keras.applications has no {name}; https://keras.io/api/applications lists the names"
        ) from error
    shape = {"input_shape": (size[0], size[-1], 3)} if size else {}
    try:
        network = build(weights=str(weights) if weights else "imagenet", classes=classes, **shape)
    except Exception as error:
        raise ImportFailed(
            f"{name} of keras.applications cannot have these weights: {error}; check the name, "
            "--size, --labels if the number of classes differs, and that --weights was saved by "
            "model.save_weights('model.weights.h5')"
        ) from error
    mean, std, reverse = _affine(sys.modules[build.__module__].preprocess_input)
    return _original(
        name, network, lambda spec: type(spec)(size=spec.size, mean=mean, std=std), reverse=reverse
    )


def _affine(
    preprocess: Callable[[FloatArray], FloatArray],
) -> tuple[tuple[float, ...], tuple[float, ...], bool]:
    """Mean and deviation of red, green and blue, and whether the network takes blue first."""
    black, white = np.zeros((1, 1, 1, 3)), np.full((1, 1, 1, 3), 255.0)
    red = np.array([255.0, 0, 0]).reshape(1, 1, 1, 3)
    low, high = (np.asarray(preprocess(each.copy())).ravel() for each in (black, white))
    reverse = bool(np.asarray(preprocess(red.copy())).ravel()[0] != high[0])
    std = 255 / (high - low)
    mean = -low * std
    if reverse:
        mean, std = mean[::-1], std[::-1]
    return tuple(mean.round(4).tolist()), tuple(std.round(4).tolist()), reverse


class _BlueFirst(torch.nn.Module):
    """A network that takes blue, green, red, for pictures of red, green, blue."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.network(pictures[..., [2, 1, 0]])
        return scores


def _original(
    name: str,
    network: Any,
    preprocessing: Callable[[Input], Input],
    *,
    size: Sequence[int] | None = None,
    reverse: bool = False,
) -> Original:
    """Raises ImportFailed if the network takes no pictures of one size."""
    shape = network.input_shape  # of several inputs, a list or a dict of shapes
    one = shape if isinstance(shape, tuple) else [shape]
    spec = preprocessing(Input(size=picture_size(name, one, size)))
    module = _BlueFirst(network) if reverse else network
    module.eval()

    def run(pictures: FloatArray) -> FloatArray:
        with torch.inference_mode():
            scores: FloatArray = module(torch.from_numpy(pictures)).numpy()
        return scores

    return Original(
        name=name,
        architecture=f"{network.name}, {network.count_params() / 1e6:.1f} million parameters",
        input=spec,
        run=run,
        convert=lambda: to_tflite(module, (1, spec.height, spec.width, 3)),
    )
