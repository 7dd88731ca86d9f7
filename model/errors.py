"""The error of a model that cannot be used.

ClassifyError (in pictures.errors)
└── ModelUnavailable
"""

from pictures import ClassifyError


class ModelUnavailable(ClassifyError):
    """The model is missing, damaged, does not match its card, or ran out of memory."""
