"""ONNX files become models that give the same: scripts/test-tools."""

import sys

import pytest

pytest.importorskip("torch", reason="needs tools/requirements.txt")

import torch

from tests.needs import skip
from tools.onnx_networks import find_python, from_onnx
from tools.original import ImportFailed

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SIGNED = ("--mean", 127.5, "--std", 127.5)


class Colours(torch.nn.Module):
    """Tells three colours apart, in pictures with channels first or last.

    It pads by a width that follows from the picture's, as timm's networks do.
    """

    def __init__(self, *, channels_first=True, outputs=1):
        super().__init__()
        self.channels_first, self.outputs = channels_first, outputs
        blur = torch.nn.Conv2d(3, 3, 3, padding=1)
        blur.weight.data = torch.eye(3).reshape(3, 3, 1, 1).expand(3, 3, 3, 3) / 9
        blur.bias.data.fill_(1)
        last = torch.nn.Linear(3, 3, bias=False)
        last.weight.data = 10 * torch.eye(3)
        self.layers = torch.nn.Sequential(
            blur,
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(3, stride=2, padding=1),
            torch.nn.AdaptiveAvgPool2d(1),
            torch.nn.Flatten(),
            last,
        )

    def forward(self, pictures):
        if not self.channels_first:
            pictures = pictures.permute(0, 3, 1, 2)
        padded = torch.nn.functional.pad(pictures, (0, 50 - pictures.shape[3]))
        scores = self.layers(padded)
        return scores if self.outputs == 1 else (scores,) * self.outputs


def exported(folder, network=None, shape=(1, 3, 32, 48), **options):
    file = folder / "colours.onnx"
    torch.onnx.export((network or Colours()).eval(), (torch.rand(shape),), file, **options)
    return file


@pytest.fixture
def _python():
    try:
        find_python()
    except ImportFailed:
        skip("python3.12")


@pytest.mark.usefixtures("_python")
@pytest.mark.parametrize(
    ("channels_first", "options", "type_"),
    [
        (True, {}, "int8"),
        (True, {"dynamo": False, "input_names": ["x"], "dynamic_axes": {"x": [0, 2, 3]}}, "int8"),
        (False, {"dynamic_shapes": ({0: "n"},)}, "float32"),
    ],
)
def test_an_onnx_file_becomes_a_model(run, tmp_path, channels_first, options, type_):
    shape = (1, 3, 32, 48) if channels_first else (1, 32, 48, 3)
    file = exported(tmp_path, Colours(channels_first=channels_first), shape, **options)
    report = run(file, *SIGNED, "--size", 32, 48, "--type", type_)
    assert report.conversion_error < 1e-3
    assert report.comparison.agreement == 1
    assert report.comparison.largest_difference < (0.05 if type_ == "int8" else 1e-3)


@pytest.mark.parametrize(
    ("network", "shape", "told"),
    [
        (Colours(), (8, 3, 32, 48), "export the network again for one picture"),
        (Colours(outputs=2), (1, 3, 32, 48), "the scores as its only output"),
        (torch.nn.Conv2d(1, 3, 3), (1, 1, 28, 28), r"takes \[1, 1, 28, 28\], not pictures"),
        (torch.nn.Flatten(), (1, 3, 8, 8), "gives 192 scores, and --labels names 3"),
        (torch.nn.ReLU(), (1, 3, 8, 8), r"gives \[1, 3, 8, 8\], not a score for each class"),
    ],
)
@pytest.mark.usefixtures("_python")
def test_another_network_is_explained(run, tmp_path, network, shape, told):
    with pytest.raises(ImportFailed, match=told):
        run(exported(tmp_path, network, shape), *SIGNED)


def test_a_damaged_file_is_explained(tmp_path):
    file = exported(tmp_path)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ImportFailed, match=r"cannot be loaded by ONNX Runtime .*export it again"):
        from_onnx(file)


def test_a_missing_python_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "nowhere")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ImportFailed, match=r"which needs Python 3\.12 or 3\.13"):
        find_python()
