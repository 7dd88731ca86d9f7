"""What can be wrong with the model.

ClassifyError (in pictures.errors)
└── ModelUnavailable
"""

from pictures import ClassifyError


class ModelUnavailable(ClassifyError):
    """The model is missing, damaged, not what its card says, or ran out of memory."""
