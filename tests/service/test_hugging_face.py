"""Hugging Face: bytes, parameters, and what it has none of."""

import io

import pytest

from tests.service.samples import BASE64, PNG

HUGGING_FACE = "/image-classification"


@pytest.mark.parametrize("content_type", [None, "image/png", "application/octet-stream"])
def test_hugging_face_may_send_bytes(client, content_type):
    labels = client.post(HUGGING_FACE, data=PNG, content_type=content_type).json
    assert len(labels) == 5
    assert labels[0].keys() == {"label", "score"}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"top_k": 2}, 2),
        ({"function_to_apply": "softmax", "top_k": None}, 5),
        ({"function_to_apply": "sigmoid"}, "BAD_JSON"),
        ({"top_k": 0}, 0),
        ({"top_k": -1}, "BAD_PARAMETER"),
        ({"x": 1}, "UNKNOWN_FIELD"),
    ],
)
def test_the_parameters_of_hugging_face(client, parameters, expected):
    reply = client.post(HUGGING_FACE, json={"inputs": BASE64, "parameters": parameters}).json
    if isinstance(expected, int):
        assert len(reply) == expected
    else:
        assert reply["error"].startswith(expected)


def test_hugging_face_has_no_forms(client):
    response = client.post(HUGGING_FACE, data={"x": (io.BytesIO(PNG), "x")})
    assert response.status_code == 415
    assert response.json["error"].startswith("UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("content_type", [None, "application/x-www-form-urlencoded"])
def test_json_needs_its_content_type(client, content_type):
    sent = f'{{"inputs": "{BASE64}"}}'
    assert client.post(HUGGING_FACE, data=sent, content_type="application/json").status_code == 200
    response = client.post(HUGGING_FACE, data=sent, content_type=content_type)
    assert response.status_code == 415
    assert response.json["error"].startswith("UNSUPPORTED_IMAGE_FORMAT")
