"""The dialects: what each client sends, and what it gets."""

import base64

import msgspec
import pytest

from service.dialects import DIALECTS
from tests.service.samples import BASE64, PNG

PHOTOS = [("chelsea.jpg", "Egyptian cat"), ("coffee.jpg", "espresso"), ("camera.jpg", "tripod")]
CALL = "/"
PREDICT = "/v1/models/resnet50:predict"
HUGGING_FACE = "/image-classification"
ANNOTATE = "/v1/images:annotate"
LABELS = [{"type": "LABEL_DETECTION", "maxResults": 5}]
INTEGER = "type.googleapis.com/google.protobuf.Int64Value"


def annotated(content, features=LABELS, **fields):
    return {"image": {"content": content}, "features": features, **fields}


# How a client asks for the labels of one image in base64, and where they are in its reply.
ASK = {
    "firebase": (CALL, lambda text: {"data": {"image": text}}),
    "tensorflow": (PREDICT, lambda text: {"instances": [{"b64": text}]}),
    "tensorflow, named input": (PREDICT, lambda text: {"instances": [{"bytes": {"b64": text}}]}),
    "hugging-face": (HUGGING_FACE, lambda text: {"inputs": text}),
    "vision": (ANNOTATE, lambda text: {"requests": [annotated(text)]}),
}
FIND = {
    CALL: lambda reply: [each["label"] for each in reply["result"]["labels"]],
    PREDICT: lambda reply: [each["label"] for each in reply["predictions"][0]["labels"]],
    HUGGING_FACE: lambda reply: [each["label"] for each in reply],
    ANNOTATE: lambda reply: [
        each["description"] for each in reply["responses"][0]["labelAnnotations"]
    ],
}


@pytest.mark.parametrize(("path", "ask"), ASK.values(), ids=ASK)
def test_photos_are_classified(client, photos, path, ask):
    for photo, label in PHOTOS:
        text = base64.b64encode((photos / photo).read_bytes()).decode()
        response = client.post(path, json=ask(text))
        assert response.status_code == 200
        labels = FIND[path](response.json)
        assert labels[0] == label
        assert len(labels) == 5


@pytest.mark.parametrize(("path", "ask"), ASK.values(), ids=ASK)
def test_no_dialect_accepts_more_pixels(make_client, chelsea, path, ask):
    response = make_client(MAX_PIXELS="100000").post(
        path, json=ask(base64.b64encode(chelsea).decode())
    )
    assert "TOO_MANY_PIXELS" in response.text
    assert "Egyptian cat" not in response.text


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (CALL, {"data": {"instances": [{"b64": BASE64}] * 2}}),
        (PREDICT, {"instances": [{"b64": BASE64}] * 2}),
        (ANNOTATE, {"requests": [annotated(BASE64)] * 2}),
    ],
)
def test_no_dialect_accepts_more_images(make_client, path, sent):
    response = make_client(MAX_IMAGES="1").post(path, json=sent)
    assert response.status_code == 400
    assert REASON[path](response.json["error"]) == "TOO_MANY_IMAGES"


# How each dialect states the reason of an error of the whole request, by its path.
REASON = {
    CALL: lambda error: error["details"]["reason"],
    PREDICT: lambda error: error.partition(":")[0],
    HUGGING_FACE: lambda error: error.partition(":")[0],
    ANNOTATE: lambda error: error["details"][0]["reason"],
}


@pytest.mark.parametrize("path", REASON)
def test_keys_limits_and_methods_are_the_same(make_client, path):
    client = make_client(API_KEYS="key", MAX_BODY_BYTES="1000")

    def reason(response):
        return response.status_code, REASON[path](response.json["error"])

    large = {"data": b"x" * 1001, "content_type": "application/json"}
    assert reason(client.post(path, **large)) == (401, "BAD_API_KEY")
    key = {"X-API-Key": "key"}
    assert reason(client.post(path, **large, headers=key)) == (413, "BODY_TOO_LARGE")
    put = client.put(path, json={}, headers=key)
    assert put.status_code == 405
    assert "POST" in put.headers["Allow"]


@pytest.mark.parametrize("path", REASON)
def test_without_a_slot_it_is_503_with_retry_after(make_client, monkeypatch, path):
    monkeypatch.setattr("service.admission.threading.BoundedSemaphore.acquire", lambda *_, **__: 0)
    response = make_client().post(path, json={})
    assert REASON[path](response.json["error"]) == "OVERLOADED"
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


BROKEN = b'{"data": {"image"'


@pytest.mark.parametrize("path", REASON)
@pytest.mark.parametrize(
    "data",
    [
        BROKEN,
        b'{"data":' + b"[" * 100_000,
        b'{"data": [' + b"{}," * 100_000 + b"{}]}",
        b'{"data": {' + b'"a": 1,' * 100_000 + b'"a": 1}}',
    ],
    ids=["cut short", "deep", "long", "wide"],
)
def test_hostile_json_is_refused(client, path, data):
    response = client.post(path, data=data, content_type="application/json")
    assert response.status_code == 400
    assert REASON[path](response.json["error"]) in {"BAD_JSON", "UNKNOWN_FIELD"}


def test_all_dialects_are_tested():
    assert {dialect.name for dialect in DIALECTS} - {"native"} == {
        name.partition(",")[0] for name in ASK
    }


def call(client, data, **options):
    return client.post(CALL, json={"data": data}, **options)


@pytest.mark.parametrize("order", [("@type", "value"), ("value", "@type")])
def test_a_call_may_have_the_integers_of_swift_and_kotlin(client, order):
    three = {"@type": INTEGER, "value": "3"}
    three = {name: three[name] for name in order}
    assert len(call(client, {"image": BASE64, "top_k": three}).json["result"]["labels"]) == 3
    batch = {"instances": [{"b64": BASE64}], "parameters": {"top_k": three}}
    (prediction,) = call(client, batch).json["result"]["predictions"]
    assert len(prediction["labels"]) == 3


@pytest.mark.parametrize("value", ["x", "1.5", "1001", "-1", 7, None, {"value": "3"}])
def test_another_value_in_its_place_is_a_bad_parameter(client, value):
    wrong = {"@type": INTEGER, "value": value} if value != 7 else {"@type": "x", "value": "3"}
    error = call(client, {"image": BASE64, "top_k": wrong}).json["error"]
    assert (error["status"], error["details"]) == ("INVALID_ARGUMENT", {"reason": "BAD_PARAMETER"})


def test_a_call_with_slashes_escaped_as_by_swift(client):
    text = base64.b64encode(b"\xff\xff\xff" + PNG).decode().replace("/", "\\/")
    data = f'{{"data":{{"image":"{text}"}}}}'
    error = client.post(CALL, data=data, content_type="application/json").json["error"]
    assert error["details"]["reason"] == "UNSUPPORTED_IMAGE_FORMAT"


def test_a_call_with_the_byte_values_of_flutter(client):
    assert len(call(client, {"image": list(PNG)}).json["result"]["labels"]) == 5


def test_a_call_with_several_unreadable_images_succeeds(client):
    response = call(client, {"instances": [{"b64": "?"}]})
    assert response.status_code == 200
    assert response.json["result"]["predictions"][0]["error"]["reason"] == "BAD_BASE64"


@pytest.mark.parametrize("data", [None, 1, "x", [], {"image": BASE64, "topk": 1}, {}])
def test_an_invalid_call_is_an_invalid_argument(client, data):
    response = call(client, data)
    assert response.status_code == 400
    assert response.json["error"]["status"] == "INVALID_ARGUMENT"
    assert response.json["error"]["details"]["reason"] in {"BAD_JSON", "UNKNOWN_FIELD", "NO_IMAGE"}


def test_the_preflight_of_a_call_allows_its_headers(client):
    allowed = client.options(CALL, headers={"Origin": "https://app.example"}).headers
    for name in ("Authorization", "X-Firebase-AppCheck", "Firebase-Instance-ID-Token"):
        assert name in allowed["Access-Control-Allow-Headers"]


def test_a_prediction_fails_as_a_string(client):
    sent = {"instances": [{"b64": "?"}, {"b64": BASE64}], "parameters": {"top_k": 1}}
    response = client.post(PREDICT, json=sent)
    bad, good = response.json["predictions"]
    assert response.status_code == 200
    assert bad["error"].startswith("BAD_BASE64: instances[0].b64")
    assert len(good["labels"]) == 1
    none = client.post(PREDICT, json={"instances": [{"b64": "?"}]})
    assert (none.status_code, none.json) == (400, bad)


@pytest.mark.parametrize(
    ("instance", "reason"),
    [
        ({"b64": BASE64, "top_k": 1}, "BAD_JSON: an instance has b64, top_k"),
        ({"x": [1, 2]}, "BAD_JSON"),
        ({"x": {"b64": BASE64, "y": 1}}, "BAD_JSON"),
        ([1, 2], "BAD_JSON"),
        ({}, "BAD_JSON: an instance has no fields"),
        ({"b64": 5}, "BAD_JSON: an instance has b64, but not as base64"),
    ],
)
def test_an_instance_of_another_shape_is_refused(client, instance, reason):
    response = client.post(PREDICT, json={"instances": [instance]})
    assert response.status_code == 400
    assert response.json["error"].startswith(reason)


def test_the_default_content_type_of_curl_is_accepted(client):
    sent = msgspec.json.encode(
        {"signature_name": "serving_default", "instances": [{"b64": BASE64}]}
    )
    response = client.post(PREDICT, data=sent, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200


def test_the_status_of_the_model(make_client, tmp_path):
    client = make_client()
    assert client.get("/v1/models/resnet50").json == {
        "name": "resnet50",
        "model_version_status": [{"version": "1.0.0", "state": "AVAILABLE"}],
        "ready": True,
    }
    assert client.get("/health").json["model_loaded"]
    broken = make_client(MODEL=str(tmp_path)).get("/v1/models/resnet50")
    assert broken.status_code == 503
    assert broken.json["error"].startswith("MODEL_UNAVAILABLE")


@pytest.mark.parametrize("path", ["/v1/models/mine", "/v1/models/mine:predict"])
def test_another_model_is_404(client, path):
    response = client.open(path, method="POST" if ":" in path else "GET")
    assert response.status_code == 404
    assert response.json["error"].startswith("NO_SUCH_PATH")
    assert path.replace("mine", "resnet50") in response.json["error"]
    assert client.get("/v1/models/a/b").status_code == 404


# How the clients whose replies have a place for them ask for heat maps and embeddings.
FEATURES = {"top_k": 1, "explain": True, "embedding": "list"}
ASK_FEATURES = {
    CALL: {"data": {"image": BASE64, **FEATURES}},
    PREDICT: {"instances": [{"b64": BASE64}], "parameters": FEATURES},
}


@pytest.mark.parametrize(("path", "sent"), ASK_FEATURES.items())
def test_heat_maps_and_embeddings(client, path, sent):
    reply = client.post(path, json=sent).json
    found = reply["result"] if path == CALL else reply["predictions"][0]
    assert "grid" in found["labels"][0]["heatmap"]
    assert len(found["embedding"]["values"]) == found["embedding"]["dimensions"]


@pytest.mark.parametrize(("path", "sent"), ASK_FEATURES.items())
def test_a_model_without_features_says_so(make_client, photos, path, sent):
    tiny = make_client(MODEL=str(photos / "tiny"))
    path = path.replace("resnet50", tiny.get("/model").json["name"])
    response = tiny.post(path, json=sent)
    assert response.status_code == 400
    find = REASON[CALL if path == CALL else PREDICT]
    assert find(response.json["error"]) == "FEATURES_UNAVAILABLE"


@pytest.mark.parametrize("path", [HUGGING_FACE, ANNOTATE])
def test_other_dialects_have_no_place_for_them(client, path):
    sent = {"inputs": BASE64} if path == HUGGING_FACE else {"requests": [annotated(BASE64)]}
    response = client.post(path + "?explain=true&embedding=true", json=sent)
    assert response.status_code == 200
    assert b"heatmap" not in response.data
    assert b"embedding" not in response.data
