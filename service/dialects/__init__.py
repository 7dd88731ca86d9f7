"""The dialects: how the clients of different services ask for the same classification.

Adding one is adding its module, and its class to DIALECTS.
"""

from collections.abc import Sequence

from service.dialects.dialect import Dialect
from service.dialects.firebase import Firebase
from service.dialects.hugging_face import HuggingFace
from service.dialects.native import Native
from service.dialects.tensorflow import TensorFlow
from service.dialects.vision import Vision

#: The dialect of requests to paths that belong to none.
NATIVE = Native()
#: All dialects; the first of a route that claims a request gets it.
DIALECTS: tuple[Dialect, ...] = (Firebase(), NATIVE, TensorFlow(), HuggingFace(), Vision())

__all__ = ["DIALECTS", "NATIVE", "Dialect", "select"]


def select(dialects: Sequence[Dialect], media_type: str, data: bytes | None = None) -> Dialect:
    """The dialect of a request. Before its body is received, `data` is None."""
    return next(dialect for dialect in dialects if dialect.claims(media_type, data))
