"""The errors of a model.

ClassifyError (in pictures.errors)
├── FeaturesUnavailable
└── ModelUnavailable
"""

from pictures import ClassifyError


class FeaturesUnavailable(ClassifyError):
    """The model gives labels only: no heat maps and no embeddings."""


class ModelUnavailable(ClassifyError):
    """The model is missing, damaged, does not match its card, or ran out of memory."""
