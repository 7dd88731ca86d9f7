"""ONNX files: ONNX Runtime runs them, and onnx2tf converts them in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from model import Input
from tools.original import FloatArray, ImportFailed, Original, picture_size

_ROOT = Path(__file__).parent.parent
_ENVIRONMENT = Path("build") / "onnx"
_PYTHON = _ROOT / _ENVIRONMENT / "bin" / "python"
_CONVERT = _ROOT / "tools" / "onnx" / "convert.py"
_COLOURS = 3
_DIMENSIONS = 4


def from_onnx(path: Path, *, size: Sequence[int] | None = None) -> Original:
    """A network for pictures with channels first or last.

    `size` is a side, or height and width, for a network that leaves them open. Raises ImportFailed.
    """
    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ImportFailed(
            f"{path} cannot be loaded by ONNX Runtime {onnxruntime.__version__}: {error}; export "
            "it again, and keep a .onnx.data file that belongs to it beside it"
        ) from error
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1 or inputs[0].type != "tensor(float)":
        raise ImportFailed(
            f"{path} takes {_tensors(inputs)} and gives {_tensors(outputs)}: export it with "
            "a picture of float32 as its only input and the scores as its only output"
        )
    (taken,) = inputs
    shape = list(taken.shape)
    channels_first = len(shape) == _DIMENSIONS and shape[1] == _COLOURS
    if channels_first:
        shape.append(shape.pop(1))
    spec = Input(size=picture_size(path.name, shape, size))
    python = find_python()  # before anything takes time

    def run(pictures: FloatArray) -> FloatArray:
        if channels_first:
            pictures = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
        return np.concatenate(
            [session.run(None, {taken.name: one[np.newaxis]})[0] for one in pictures]
        )

    def convert() -> bytes:
        _make_environment(python)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "network.tflite"
            place = "first" if channels_first else "last"
            _convert(path, file, taken.name, spec.height, spec.width, place)
            return file.read_bytes()

    return Original(path.stem, path.stem, spec, run, convert)


def find_python() -> str:
    """A Python that onnx2tf supports. Raises ImportFailed."""
    versions = (Path.home() / ".pyenv" / "versions").glob("3.1[23].*/bin/python")
    for python in (sys.executable, "python3.13", "python3.12", *map(str, versions)):
        code = "import ensurepip, sys; sys.exit(sys.version_info[:2] not in ((3, 12), (3, 13)))"
        try:
            subprocess.run([python, "-c", code], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    raise ImportFailed(
        "an ONNX file is converted by onnx2tf, which needs Python 3.12 or 3.13 beside this one: "
        "install one with its venv module and put it on the PATH as python3.12 or python3.13"
    )


def _make_environment(python: str) -> None:
    """Install onnx2tf as the scripts install what they need: once, and when it changes."""
    make = f"source scripts/environment; environment {_ENVIRONMENT} tools/onnx/requirements.txt"
    made = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", make],
        cwd=_ROOT,
        env={**os.environ, "PYTHON": python},
        check=False,
    )
    if made.returncode:
        raise ImportFailed(f"onnx2tf cannot be installed in {_ENVIRONMENT}, for the reason above")


def _convert(path: Path, *arguments: object) -> None:
    """Run convert.py. Raises ImportFailed, with the end of what it printed."""
    command = map(str, (_PYTHON, _CONVERT, path, *arguments))
    ran = subprocess.run(list(command), capture_output=True, text=True, check=False)
    if ran.returncode:
        lines = (ran.stderr or ran.stdout).strip().splitlines()
        raise ImportFailed(f"onnx2tf cannot convert {path}: {' '.join(lines[-1:])}")


def _tensors(tensors: Sequence[onnxruntime.NodeArg]) -> str:
    return ", ".join(f"{each.name} {each.type} {each.shape}" for each in tensors)
