"""Nonsense for each dialect: a short error, never a failure of the function."""

import pytest

from tests.service.samples import PNG

CALL = "/"
PREDICT = "/v1/models/resnet50:predict"
HUGGING_FACE = "/image-classification"
ANNOTATE = "/v1/images:annotate"
INTEGER = b"type.googleapis.com/google.protobuf.Int64Value"


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (CALL, b'{"image": ["' + b"a" * 70_000 + b',b"]}'),
        (CALL, b'{"image": [1, 2, "\xff"]}'),
        (CALL, b'{"data": {"image": "", "top_k": {"a": 1e400}}}'),
        (CALL, b'{"data": {"image": "", "top_k": {"a": "\xff"}}}'),
        (
            CALL,
            b'{"data": {"image": "", "top_k": {"@type": "%b", "value": 5.9}}}' % INTEGER,
        ),
        (CALL + "?top_k=" + "[" * 20_000, PNG),
        (HUGGING_FACE + "?top_k=" + "[" * 20_000, PNG),
        (PREDICT, b'{"' + b"n" * 10**6 + b'": []}'),
        (ANNOTATE, b'{"requests": [{"features": [{"type": "' + b"t" * 10**6 + b'"}]}]}'),
        (ANNOTATE, b'{"requests": [{"imageContext": {"a": [' + b"1.1," * 10**6 + b"1]}}]}"),
    ],
)
def test_nonsense_gets_a_short_error(client, path, data):
    content_type = "image/png" if data is PNG else "application/json"
    response = client.post(path, data=data, content_type=content_type)
    assert response.status_code == (200 if path == ANNOTATE else 400)
    assert b"error" in response.data
    assert len(response.data) < 2000


def test_a_wrong_method_is_an_error_of_the_dialect(client):
    assert client.put(PREDICT).json["error"].startswith("METHOD_NOT_ALLOWED: ")
    assert client.get(ANNOTATE).json["error"]["details"][0]["reason"] == "METHOD_NOT_ALLOWED"


def test_a_path_with_the_placeholder_of_the_document_is_404(client):
    assert client.post("/v1/models/{model}:predict", json={}).status_code == 404
