"""Responses: status, headers, JSON."""

import msgspec
import pytest

from model import ModelUnavailable, ScoredLabel
from service.errors import (
    BadApiKey,
    BadBase64,
    BadToken,
    KeyServerUnavailable,
    MethodNotAllowed,
    Overloaded,
)
from service.response import (
    Classification,
    ErrorResponse,
    ImageInfo,
    ModelInfo,
    Prediction,
    Predictions,
    error_headers,
    status_code,
    to_response,
)

MODEL = ModelInfo("resnet50", "1.0.0")
LABEL = ScoredLabel("Egyptian cat", 0.6751, 285, "n02124075")
IMAGE = ImageInfo("JPEG", 451, 300)


def test_a_classification_is_encoded_as_documented():
    reply = Classification([LABEL], IMAGE, MODEL)
    assert to_response(reply, 200).json == {
        "labels": [{"label": "Egyptian cat", "score": 0.6751, "index": 285, "wnid": "n02124075"}],
        "image": {"format": "JPEG", "width": 451, "height": 300},
        "model": {"name": "resnet50", "version": "1.0.0"},
    }


def test_an_error_is_encoded_as_documented():
    assert msgspec.to_builtins(
        ErrorResponse.from_exception(BadBase64("image is not valid base64: ..."))
    ) == {
        "error": {
            "code": 400,
            "status": "INVALID_ARGUMENT",
            "reason": "BAD_BASE64",
            "message": "image is not valid base64: ...",
        }
    }


GOOD = Prediction([LABEL], IMAGE)
BAD, WORSE = map(ErrorResponse.from_exception, (BadBase64(""), ModelUnavailable("")))


@pytest.mark.parametrize(
    ("predictions", "code"),
    [([GOOD], 200), ([BAD, GOOD], 200), ([BAD, WORSE], 400), ([WORSE, BAD], 503)],
)
def test_a_batch_succeeds_if_one_image_was_classified(predictions, code):
    assert status_code(Predictions(predictions, MODEL)) == code


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (MethodNotAllowed("", allow="GET"), {"Allow": "GET"}),
        (Overloaded("", retry_after=1), {"Retry-After": "1"}),
        (KeyServerUnavailable("", retry_after=9), {"Retry-After": "9"}),
        (BadToken(""), {"WWW-Authenticate": 'Bearer realm="classify"'}),
        (BadApiKey(""), {"WWW-Authenticate": 'ApiKey realm="classify"'}),
        (BadBase64(""), {}),
    ],
)
def test_some_errors_have_headers(error, headers):
    assert error_headers(error) == headers


def test_an_unexpected_exception_is_internal_and_reveals_nothing():
    reply = ErrorResponse.from_exception(RuntimeError("secret"))
    assert isinstance(reply, ErrorResponse)
    assert reply.error.reason == "INTERNAL"
    assert "secret" not in reply.error.message
