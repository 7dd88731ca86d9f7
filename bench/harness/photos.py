"""The photos of the benchmarks, made from those of the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from bench.harness.report import OUTPUT

DATA = Path("tests/data")
FOLDER = OUTPUT / "photos"

#: A small photo: 451x300, 50 kB.
SMALL = DATA / "chelsea.jpg"

ASPECT = 4 / 3  # of most cameras' sensors
# Enlarged pixels are smoother than a sensor's, and a smooth JPEG decodes too fast. Noise with this
# standard deviation gives a 12-megapixel photo the 3 to 5 MB of a phone's.
NOISE = 6


def large() -> Path:
    """A photo as phones take it: a JPEG of 12 megapixels."""
    return of_size(12)


def of_size(megapixels: float, kind: str = "JPEG", **options: object) -> Path:
    """A photo in one of Pillow's formats, created on first use and then kept."""
    name = "-".join([f"{megapixels:g}MP", *options, f"photo.{kind.lower()}"])
    path = FOLDER / name
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        _sensor_picture(megapixels).save(path, kind, **{"quality": 88, **options})
    return path


def _sensor_picture(megapixels: float) -> Image.Image:
    height = round((megapixels * 1e6 / ASPECT) ** 0.5)
    size = (round(height * ASPECT), height)
    enlarged = Image.open(DATA / "coffee.jpg").resize(size, Image.Resampling.BICUBIC)
    noise = np.random.default_rng(seed=0).normal(0, NOISE, (size[1], size[0], 1))
    pixels = np.asarray(enlarged, np.float32) + noise.astype(np.float32)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
