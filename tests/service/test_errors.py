"""The errors: one class for each reason, a true drawing of the tree, documented codes."""

import re

import pytest

from model import errors as model_errors
from pictures import ClassifyError
from service import errors
from service.errors import ERRORS, INTERNAL

CONTRACT = {
    "BAD_JSON": (400, "INVALID_ARGUMENT"),
    "UNKNOWN_FIELD": (400, "INVALID_ARGUMENT"),
    "BAD_PARAMETER": (400, "INVALID_ARGUMENT"),
    "BAD_BASE64": (400, "INVALID_ARGUMENT"),
    "NO_IMAGE": (400, "INVALID_ARGUMENT"),
    "TOO_MANY_IMAGES": (400, "INVALID_ARGUMENT"),
    "BAD_MULTIPART": (400, "INVALID_ARGUMENT"),
    "UNSUPPORTED_FEATURE": (400, "INVALID_ARGUMENT"),
    "BODY_INCOMPLETE": (400, "INVALID_ARGUMENT"),
    "IMAGE_CORRUPT": (400, "INVALID_ARGUMENT"),
    "FEATURES_UNAVAILABLE": (400, "FAILED_PRECONDITION"),
    "BAD_API_KEY": (401, "UNAUTHENTICATED"),
    "BAD_TOKEN": (401, "UNAUTHENTICATED"),
    "NO_SUCH_PATH": (404, "NOT_FOUND"),
    "METHOD_NOT_ALLOWED": (405, "INVALID_ARGUMENT"),
    "BODY_TOO_LARGE": (413, "INVALID_ARGUMENT"),
    "IMAGE_TOO_COSTLY": (413, "INVALID_ARGUMENT"),
    "TOO_MANY_PIXELS": (413, "INVALID_ARGUMENT"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "INVALID_ARGUMENT"),
    "UNSUPPORTED_IMAGE_FORMAT": (415, "INVALID_ARGUMENT"),
    "INTERNAL": (500, "INTERNAL"),
    "KEY_SERVER_UNAVAILABLE": (503, "UNAVAILABLE"),
    "OVERLOADED": (503, "UNAVAILABLE"),
    "MODEL_UNAVAILABLE": (503, "UNAVAILABLE"),
}


def leaves(error=ClassifyError):
    below = error.__subclasses__()
    return {leaf for each in below for leaf in leaves(each)} if below else {error}


def test_every_error_has_a_spec_and_every_spec_an_error():
    assert set(ERRORS) == leaves()


def test_codes_and_statuses_are_as_documented():
    specs = {spec.reason: (spec.code, spec.status) for spec in [*ERRORS.values(), INTERNAL]}
    assert specs == CONTRACT


def test_a_reason_is_the_class_name_in_capitals():
    for error, spec in ERRORS.items():
        words = re.findall("[A-Z][a-z0-9]+|[A-Z]+", error.__name__)
        assert spec.reason.replace("_", "") == "".join(words).upper()


@pytest.mark.parametrize("module", [errors, model_errors])
def test_the_drawing_matches_the_class_tree(module):
    drawn = re.findall(r"^([│ ├└─]*)(\w+)(?: \(in [\w.]+\))?$", module.__doc__, re.MULTILINE)
    ancestors, edges = [], set()
    for indent, name in drawn:
        depth = len(indent) // 4
        ancestors[depth:] = [name]
        if depth:
            edges.add((ancestors[depth - 1], name))
    real = {
        (base.__name__, error.__name__)
        for error in vars(module).values()
        if isinstance(error, type) and issubclass(error, ClassifyError)
        for base in error.__bases__
        if issubclass(base, ClassifyError)
    }
    assert real <= edges
    assert {name for edge in edges for name in edge} <= {
        "ClassifyError",
        "RequestError",
        "ImageError",
        *(leaf.__name__ for leaf in leaves()),
    }
