"""Replies: their status, their headers, and the examples of the contract."""

import msgspec
import pytest

from model import ModelUnavailable, ScoredLabel
from service.errors import BadApiKey, BadBase64, MethodNotAllowed, Overloaded
from service.replies import (
    Classification,
    Failure,
    ImageInfo,
    ModelInfo,
    Prediction,
    Predictions,
    code_of,
    error_headers,
    failure,
    response_of,
)

MODEL = ModelInfo("resnet50", "1.0.0")
LABEL = ScoredLabel("Egyptian cat", 0.6751, 285, "n02124075")
IMAGE = ImageInfo("JPEG", 451, 300)


def test_a_classification_is_the_contracts_example():
    reply = Classification([LABEL], IMAGE, MODEL)
    assert response_of(reply).json == {
        "labels": [{"label": "Egyptian cat", "score": 0.6751, "index": 285, "wnid": "n02124075"}],
        "image": {"format": "JPEG", "width": 451, "height": 300},
        "model": {"name": "resnet50", "version": "1.0.0"},
    }


def test_an_error_is_the_contracts_example():
    assert msgspec.to_builtins(failure(BadBase64("image is not valid base64: ..."))) == {
        "error": {
            "code": 400,
            "status": "INVALID_ARGUMENT",
            "reason": "BAD_BASE64",
            "message": "image is not valid base64: ...",
        }
    }


GOOD, BAD, WORSE = Prediction([LABEL], IMAGE), failure(BadBase64("")), failure(ModelUnavailable(""))


@pytest.mark.parametrize(
    ("predictions", "code"),
    [([GOOD], 200), ([BAD, GOOD], 200), ([BAD, WORSE], 400), ([WORSE, BAD], 503)],
)
def test_a_batch_succeeds_if_one_image_was_classified(predictions, code):
    assert code_of(Predictions(predictions, MODEL)) == code
    assert response_of(Predictions(predictions, MODEL)).status_code == code


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (MethodNotAllowed("", allow="GET"), {"Allow": "GET"}),
        (Overloaded("", retry_after=1), {"Retry-After": "1"}),
        (BadApiKey(""), {"WWW-Authenticate": 'ApiKey realm="classify"'}),
        (BadBase64(""), {}),
    ],
)
def test_some_errors_have_headers(error, headers):
    assert error_headers(error) == headers


def test_what_is_not_ours_is_internal_and_silent():
    reply = failure(RuntimeError("secret"))
    assert isinstance(reply, Failure)
    assert reply.error.reason == "INTERNAL"
    assert "secret" not in reply.error.message
