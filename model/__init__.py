"""The model: from the pixels of a picture to labels. Knows no HTTP.

The data goes one way: pixels -> `normalize` -> `network` -> `scores` -> labels; `classifier`
keeps the network in memory. docs/models.md describes the folders that models come in.
"""

from model.card import (
    CARD_FILE,
    MORE_OUTPUTS,
    Accuracy,
    Change,
    Input,
    Licence,
    ModelCard,
    MoreOutputs,
    Source,
    read_card,
    write_card,
)
from model.classifier import Classifier, Inference
from model.cpus import available_cpus
from model.errors import FeaturesUnavailable, ModelUnavailable
from model.features import Features
from model.folder import RESNET50, find_model
from model.labels import Label, read_labels
from model.normalize import float_normalizer
from model.scores import ScoredLabel, Scores, softmax, top_labels

__all__ = [
    "CARD_FILE",
    "MORE_OUTPUTS",
    "RESNET50",
    "Accuracy",
    "Change",
    "Classifier",
    "Features",
    "FeaturesUnavailable",
    "Inference",
    "Input",
    "Label",
    "Licence",
    "ModelCard",
    "ModelUnavailable",
    "MoreOutputs",
    "ScoredLabel",
    "Scores",
    "Source",
    "available_cpus",
    "find_model",
    "float_normalizer",
    "read_card",
    "read_labels",
    "softmax",
    "top_labels",
    "write_card",
]
