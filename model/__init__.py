"""Vision: from the bytes of a picture to the names of what is in it. Knows nothing of HTTP.

The data goes one way: bytes -> `imaging` -> pixels -> `classifier` -> scores -> `scores`.
"""

from pathlib import Path

from model.card import Label, ModelCard
from model.classifier import Classifier
from model.cpus import available_cpus
from model.errors import (
    ClassifyError,
    ImageCorrupt,
    ImageError,
    ModelUnavailable,
    TooManyPixels,
    UnsupportedImageFormat,
)
from model.imaging import Picture, read_picture
from model.memory import save_memory
from model.scores import ScoredLabel, top_labels

#: The model that ships with the code.
RESNET50 = Path(__file__).parent / "resnet50"

__all__ = [
    "RESNET50",
    "Classifier",
    "ClassifyError",
    "ImageCorrupt",
    "ImageError",
    "Label",
    "ModelCard",
    "ModelUnavailable",
    "Picture",
    "ScoredLabel",
    "TooManyPixels",
    "UnsupportedImageFormat",
    "available_cpus",
    "read_picture",
    "save_memory",
    "top_labels",
]
