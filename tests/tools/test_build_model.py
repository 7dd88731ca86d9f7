"""The build, in the environment of tools/requirements.txt: scripts/test-tools."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs tools/requirements.txt")
pytest.importorskip("torch", reason="needs tools/requirements.txt")

from tools import checkpoint, network
from tools.quantize import round_to_grid


def test_a_checkpoint_that_is_another_file_is_refused(tmp_path):
    (tmp_path / "other.pth").write_bytes(b"another file")
    with pytest.raises(checkpoint.CheckpointError, match="has sha256"):
        checkpoint.read(tmp_path / "other.pth")


def random_layers():
    """Weights of the right shapes, so that the network can be built without the checkpoint."""
    random = np.random.default_rng(0)
    shapes = {"conv1": (7, 7, 3, 64)}
    channels = 64
    for stage, blocks in enumerate(network.STAGES, start=1):
        width = 64 * 2 ** (stage - 1)
        for block in range(blocks):
            name = f"layer{stage}.{block}"
            shapes[f"{name}.conv1"] = (1, 1, channels, width)
            shapes[f"{name}.conv2"] = (3, 3, width, width)
            shapes[f"{name}.conv3"] = (1, 1, width, 4 * width)
            if block == 0:
                shapes[f"{name}.downsample.0"] = (1, 1, channels, 4 * width)
            channels = 4 * width
    shapes["fc"] = (2048, 1000)
    return {
        name: checkpoint.Layer(
            random.normal(0, 0.02, shape).astype(np.float32), np.zeros(shape[-1], np.float32)
        )
        for name, shape in shapes.items()
    }


def test_the_network_has_the_papers_size_and_sees_the_mean_colour_as_nothing():
    built = network.build(random_layers())
    assert built.count_params() == 25_530_472  # 25,557,032 without the batch norms' weights
    mean = np.broadcast_to(network.PIXEL_MEAN, (1, 224, 224, 3))
    assert np.abs(built.predict(mean, verbose=0)).max() < 1e-3


def test_rounding_to_the_grid_beats_rounding_to_nearest():
    random = np.random.default_rng(1)
    kernel = random.normal(size=(2, 2, 3, 4)).astype(np.float32)
    patches = random.normal(size=(500, 12)) + random.normal(size=(500, 1)) * 3  # correlated
    moments = patches.T @ patches
    step = np.abs(kernel.reshape(12, 4)).max(axis=0) / 127
    nearest = (np.rint(kernel.reshape(12, 4) / step) * step).reshape(kernel.shape)

    def output_error(rounded):
        return ((patches @ (rounded - kernel).reshape(12, 4)) ** 2).sum()

    rounded = round_to_grid(kernel, moments)
    assert np.allclose(np.rint(rounded.reshape(12, 4) / step) * step, rounded.reshape(12, 4))
    assert output_error(rounded) < output_error(nearest) / 2
