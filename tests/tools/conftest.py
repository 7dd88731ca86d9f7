"""What the tests of the importer share."""

import shutil

import numpy as np
import pytest
from PIL import Image

COLOURS = ["red", "green", "blue"]
FEW = 6
"""To calibrate with; each takes up to a second."""


@pytest.fixture(scope="session")
def colours(tmp_path_factory):
    """Noisy photos of three colours, in folders named by them, and the file of their labels."""
    folder, random = tmp_path_factory.mktemp("colours"), np.random.default_rng(0)
    (folder / "labels.txt").write_text("\n".join(COLOURS))
    for number in range(24):
        pixels = random.integers(0, 120, (40, 40, 3), np.uint8)
        pixels[..., number % 3] += 100
        place = folder / "photos" / COLOURS[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number}.png")
        if number < FEW:
            shutil.copytree(place, folder / "few" / place.name, dirs_exist_ok=True)
    return folder


@pytest.fixture
def run(colours, tmp_path):
    """Import with these options; the report."""
    from tools import import_model, import_options  # noqa: PLC0415 - need tools/requirements.txt

    def run(source, *options, to=tmp_path / "model", calibrate=True):
        arguments = [str(source), "--to", str(to), "--report", str(tmp_path / "report")]
        arguments += ["--labels", str(colours / "labels.txt")]
        arguments += ["--evaluation", str(colours / "photos"), *map(str, options)]
        if calibrate:
            arguments += ["--calibration", str(colours / "few")]
        return import_model.run(import_options.parser().parse_args(arguments))

    return run
