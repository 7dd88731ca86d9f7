"""The model: from the RGB square of a picture to labels. Knows no HTTP.

The data goes one way: pixels -> `classifier` -> scores -> `scores` -> labels.
"""

from pathlib import Path

from model.card import CARD_FILE, Accuracy, Change, Label, Licence, ModelCard, Source, read_card
from model.classifier import Classifier, Inference
from model.cpus import available_cpus
from model.errors import ModelUnavailable
from model.scores import ScoredLabel, Scores, softmax, top_labels

#: The model that ships with the code.
RESNET50 = Path(__file__).parent / "resnet50"

__all__ = [
    "CARD_FILE",
    "RESNET50",
    "Accuracy",
    "Change",
    "Classifier",
    "Inference",
    "Label",
    "Licence",
    "ModelCard",
    "ModelUnavailable",
    "ScoredLabel",
    "Scores",
    "Source",
    "available_cpus",
    "read_card",
    "softmax",
    "top_labels",
]
