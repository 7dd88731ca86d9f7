"""What a hostile picture is to the tests: how it is made, and which answers to it are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

CLASSIFIED = "CLASSIFIED"
CORRUPT = "IMAGE_CORRUPT"
COSTLY = "IMAGE_TOO_COSTLY"
TOO_LARGE = "TOO_MANY_PIXELS"
UNKNOWN = "UNSUPPORTED_IMAGE_FORMAT"
REFUSED = {CORRUPT, COSTLY, TOO_LARGE, UNKNOWN}


@dataclass(frozen=True)
class Case:
    """A hostile picture; `make` gives its bytes, `right` are the answers that are right."""

    name: str
    make: Callable[[], bytes]
    right: frozenset[str]
    megabytes: int
    """The most memory that its decoder may take, where that is measured."""


def case(name: str, make: Callable[[], bytes], *right: str, megabytes: int = 250) -> Case:
    return Case(name, make, frozenset(right), megabytes)
