"""SavedModels become models that give the same: scripts/test-tools."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs tools/requirements.txt")

import torch

from model import Input
from tools.original import ImportFailed
from tools.torch_networks import _pad_pools_with_zeros

tf = pytest.importorskip("tensorflow", reason="has no release for this Python")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SIGNED = ("--mean", 127.5, "--std", 127.5)
KERNEL = np.zeros((3, 3, 3, 3), np.float32)
KERNEL[:, :, range(3), range(3)] = 1 / 9
"""A blur of each colour, [height, width, from, to]."""


def saved_model(folder, shape=(None, 32, 48, 3), outputs=("scores",)):
    """A network that tells three colours apart."""

    class Colours(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, name="pictures")])
        def serve(self, pictures):
            blurred = tf.nn.relu(tf.nn.conv2d(pictures, KERNEL, 1, "SAME") + 1)
            scores = tf.reduce_mean(blurred, [1, 2]) @ (10 * tf.eye(3))
            return dict.fromkeys(outputs, scores)

    module = Colours()
    tf.saved_model.save(module, folder / "colours", signatures=module.serve)
    return folder / "colours"


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((None, 32, 48, 3), ("--type", "int8")),
        ((1, None, None, 3), ("--type", "float32", "--size", 32, 48)),
    ],
)
def test_a_saved_model_becomes_a_model(run, tmp_path, shape, options):
    report = run(saved_model(tmp_path, shape), *SIGNED, *options)
    assert report.conversion_error < 1e-3
    assert report.comparison.agreement == 1
    assert report.comparison.largest_difference < (0.05 if "int8" in options else 1e-3)


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ({"shape": (1, None, None, 3)}, r"takes \[1, None, None, 3\], .*add --size"),
        ({"shape": (8, 32, 48, 3)}, "export the network again for one picture"),
        ({"outputs": ("scores", "more")}, "the scores as its only output"),
    ],
)
def test_a_saved_model_that_cannot_be_imported_is_explained(run, tmp_path, network, told):
    with pytest.raises(ImportFailed, match=told):
        run(saved_model(tmp_path, **network), *SIGNED)


def test_a_damaged_saved_model_is_explained(run, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"no protocol buffer")
    with pytest.raises(ImportFailed, match="cannot be loaded by TensorFlow"):
        run(tmp_path, *SIGNED)


@pytest.mark.parametrize("padding", [1, (1, 0), [0, 1]])
def test_a_pool_is_padded_on_the_sides_it_was_padded_on(padding):
    pool = torch.nn.MaxPool2d(3, stride=2, padding=padding)
    network = torch.nn.Sequential(torch.nn.ReLU(), pool)
    pictures = torch.randn(1, 3, 9, 9)
    expected = network(pictures)
    _pad_pools_with_zeros(network, Input(size=9))
    assert isinstance(network[1], torch.nn.Sequential)
    torch.testing.assert_close(network(pictures), expected)
