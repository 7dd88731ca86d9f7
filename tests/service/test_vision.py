"""Google Vision: each request with its own result or error."""

import grpc
import pytest

from service.dialects.vision import RPC_CODES
from service.errors import ERRORS, INTERNAL
from tests.service.samples import BASE64
from tests.service.test_dialects import ANNOTATE, LABELS, annotated


def annotate(client, *requests):
    response = client.post(ANNOTATE, json={"requests": list(requests)})
    assert response.status_code == 200
    return response.json["responses"]


def test_each_annotation_has_its_own_result_or_error(client):
    three = [{"type": 4, "maxResults": 3, "model": "builtin/latest"}]
    responses = annotate(
        client,
        annotated(BASE64, three),
        annotated("?"),
        annotated(BASE64, [{"type": "LABEL_DETECTION"}]),
        annotated(BASE64, [{"type": "LABEL_DETECTION", "maxResults": 5000}]),
    )
    assert [len(each.get("labelAnnotations", [])) for each in responses] == [3, 0, 10, 1000]
    assert responses[0]["labelAnnotations"][0].keys() == {"description", "score"}
    error = responses[1]["error"]
    assert (error["code"], error["status"]) == (3, "INVALID_ARGUMENT")
    assert error["message"].startswith("requests[1].image.content")


ADDRESS = {"source": {"imageUri": "https://example.com/a.jpg"}}


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (annotated(BASE64, [{"type": "FACE_DETECTION"}]), "FACE_DETECTION"),
        (annotated(BASE64, [{"type": 1}, *LABELS]), "FACE_DETECTION is not supported"),
        (annotated(BASE64, []), "without features"),
        ({"image": ADDRESS, "features": LABELS}, "imageUri"),
        (annotated(BASE64, imageContext={"languageHints": ["en"]}), "imageContext"),
    ],
)
def test_what_vision_can_do_and_we_cannot_is_named(client, request_, word):
    (response,) = annotate(client, request_)
    assert word in response["error"]["message"]
    assert response["error"]["details"][0]["reason"] == "UNSUPPORTED_FEATURE"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"requests": []}, "NO_IMAGE"),
        ({}, "BAD_JSON"),
        ({"requests": [annotated(BASE64)] * 17}, "TOO_MANY_IMAGES"),
        ({"requests": [{"img": 1}]}, "UNKNOWN_FIELD"),
        ({"requests": [annotated(BASE64, [{"maxResults": -1}])]}, "BAD_JSON"),
    ],
)
def test_an_invalid_request_to_annotate_is_an_error(client, sent, reason):
    response = client.post(ANNOTATE, json=sent)
    error = response.json["error"]
    assert (response.status_code, error["code"], error["details"][0]["reason"]) == (
        400, 400, reason,
    )  # fmt: skip


def test_every_status_has_the_number_of_google_rpc_code():
    numbers = {name: code.value[0] for name, code in grpc.StatusCode.__members__.items()}
    assert {spec.status for spec in [*ERRORS.values(), INTERNAL]} == RPC_CODES.keys()
    assert RPC_CODES.items() <= numbers.items()
