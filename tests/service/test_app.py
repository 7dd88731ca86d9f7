"""The HTTP contract, a row for every line of it."""

import base64
import io
import json
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest
from PIL import Image

from pictures import read_picture
from service.settings import read_settings

GOOD = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="
)
PNG = base64.b64decode(GOOD)


def form(data=PNG, **fields):
    return {"data": {"image": (io.BytesIO(data), "any.name"), **fields}}


def body(data, content_type="application/json", **options):
    return {"data": data, "content_type": content_type, **options}


def picture(width, height):
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


# What is sent, then the HTTP code and reason of the answer, then words that the message
# must have to tell a developer what to change.
ERRORS = {
    "no JSON": (body(b'{"image"'), 400, "BAD_JSON", "not valid JSON"),
    "nothing at all": (body(b""), 400, "BAD_JSON", "not valid JSON"),
    "not UTF-8": (body(b'{"image\xff": 1}'), 400, "BAD_JSON", "not valid JSON"),
    "an image not UTF-8": (body(b'{"image": "\xff"}'), 400, "BAD_BASE64", "not even UTF-8"),
    "both forms": (
        {"json": {"image": GOOD, "instances": [{"b64": GOOD}]}},
        400,
        "BAD_JSON",
        "not both",
    ),
    "a hundred thousand instances": (
        body(b'{"instances": [' + b"{}," * 100_000 + b"{}]}"),
        400,
        "TOO_MANY_IMAGES",
        "more than 16",
    ),
    "deep JSON": (body(b'{"x":' + b"[" * 100_000), 400, "BAD_JSON", "not valid JSON"),
    "a JSON list": ({"json": [GOOD]}, 400, "BAD_JSON", "Expected `object`"),
    "instances no list": ({"json": {"instances": GOOD}}, 400, "BAD_JSON", "$.instances"),
    "instances of text": ({"json": {"instances": [GOOD]}}, 400, "BAD_JSON", "$.instances[0]"),
    "a misspelt field": ({"json": {"image": GOOD, "topk": 1}}, 400, "UNKNOWN_FIELD", "`topk`"),
    "a field of the other form": (
        {"json": {"instances": [{"b64": GOOD}], "top_k": 1}},
        400,
        "UNKNOWN_FIELD",
        '"parameters": {"top_k"',
    ),
    "a misspelt parameter": (
        {"json": {"instances": [{"b64": GOOD}], "parameters": {"k": 1}}},
        400,
        "UNKNOWN_FIELD",
        "`k`",
    ),
    "an unknown text field": (form(topk="1"), 400, "UNKNOWN_FIELD", "'topk'"),
    "an image as text": (
        {"data": {"image": GOOD}, "content_type": "multipart/form-data"},
        400,
        "UNKNOWN_FIELD",
        "file part",
    ),
    "top_k 0": ({"json": {"image": GOOD, "top_k": 0}}, 400, "BAD_PARAMETER", "top_k"),
    "top_k 1001": ({"json": {"image": GOOD, "top_k": 1001}}, 400, "BAD_PARAMETER", "1000"),
    "top_k as text": ({"json": {"image": GOOD, "top_k": "5"}}, 400, "BAD_PARAMETER", "top_k"),
    "top_k null": ({"json": {"image": GOOD, "top_k": None}}, 400, "BAD_PARAMETER", "top_k"),
    "top_k 1.5 in a form": (form(top_k="1.5"), 400, "BAD_PARAMETER", "whole number"),
    "top_k empty in a form": (form(top_k=""), 400, "BAD_PARAMETER", "whole number"),
    "top_k in the query": (
        {"json": {"image": GOOD}, "query_string": "top_k=x"},
        400,
        "BAD_PARAMETER",
        "top_k",
    ),
    "min_score 2": ({"json": {"image": GOOD, "min_score": 2}}, 400, "BAD_PARAMETER", "0 to 1"),
    "min_score -1": (form(min_score="-1"), 400, "BAD_PARAMETER", "0 to 1"),
    "min_score nan": (form(min_score="nan"), 400, "BAD_PARAMETER", "0 to 1"),
    "min_score of instances": (
        {"json": {"instances": [{"b64": GOOD}], "parameters": {"min_score": "x"}}},
        400,
        "BAD_PARAMETER",
        "0 to 1",
    ),
    "no base64": ({"json": {"image": "/a/b.jpg"}}, 400, "BAD_BASE64", "not its path"),
    "base64 cut short": ({"json": {"image": GOOD[:5]}}, 400, "BAD_BASE64", "cut short"),
    "base64 of another type": ({"json": {"image": 7}}, 400, "BAD_BASE64", "must be a string"),
    "no image": ({"json": {"top_k": 5}}, 400, "NO_IMAGE", "image is missing"),
    "an empty image": ({"json": {"image": ""}}, 400, "NO_IMAGE", "image is empty"),
    "no instances": ({"json": {"instances": []}}, 400, "NO_IMAGE", "instances is empty"),
    "an empty body": (body(b"", "image/png"), 400, "NO_IMAGE", "the body is empty"),
    "an empty file": (form(b""), 400, "NO_IMAGE", "file part 1 is empty"),
    "a form without files": (
        {"data": {"top_k": "1"}, "content_type": "multipart/form-data"},
        400,
        "NO_IMAGE",
        "no file in it",
    ),
    "17 instances": (
        {"json": {"instances": [{"b64": GOOD}] * 17}},
        400,
        "TOO_MANY_IMAGES",
        "more than 16",
    ),
    "17 files": (
        {"data": {"images": [(io.BytesIO(PNG), "x") for _ in range(17)]}},
        400,
        "TOO_MANY_IMAGES",
        "more than 16",
    ),
    "no boundary": (body(b"--x", "multipart/form-data"), 400, "BAD_MULTIPART", "boundary"),
    "a form cut short": (
        body(b'--x\r\nContent-Disposition: form-data; name="a"', "multipart/form-data; boundary=x"),
        400,
        "BAD_MULTIPART",
        "not valid multipart/form-data",
    ),
    "an image as long text": (
        body(
            b'--x\r\nContent-Disposition: form-data; name="image"\r\n\r\n'
            + b"A" * 600_000
            + b"\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
        400,
        "BAD_MULTIPART",
        "file part",
    ),
    "many text fields": (
        form(**{f"field{i}": "x" for i in range(40)}),
        400,
        "BAD_MULTIPART",
        "file part",
    ),
    "a body cut short": (
        body(PNG, "image/png", environ_overrides={"CONTENT_LENGTH": "1000"}),
        400,
        "BODY_INCOMPLETE",
        "Content-Length of 1,000",
    ),
    "a damaged image": (body(PNG[:40], "image/png"), 400, "IMAGE_CORRUPT", "PNG"),
    "a large body": (
        body(b"x" * (10 * 2**20 + 1), "image/png"),
        413,
        "BODY_TOO_LARGE",
        "at most 10,485,760",
    ),
    "a large picture": (
        body(picture(10_000, 5_001), "image/png"),
        413,
        "TOO_MANY_PIXELS",
        "10000x5001",
    ),
    "no Content-Type": ({"data": PNG}, 415, "UNSUPPORTED_MEDIA_TYPE", "is missing"),
    "curl -d": (
        body(b"image=x", "application/x-www-form-urlencoded"),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "send application/json, multipart/form-data, image/* or application/octet-stream",
    ),
    "gzip": (
        body(PNG, "image/png", headers={"Content-Encoding": "gzip"}),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "Content-Encoding gzip",
    ),
    "a PDF": (body(b"%PDF-1.7", "image/png"), 415, "UNSUPPORTED_IMAGE_FORMAT", "JPEG, PNG"),
}


def assert_error(response, code, reason):
    assert response.status_code == code
    assert response.mimetype == "application/json"
    assert response.json.keys() == {"error"}
    error = response.json["error"]
    assert error.keys() == {"code", "status", "reason", "message"}
    assert (error["code"], error["reason"]) == (code, reason)
    return error["message"]


@pytest.mark.parametrize(("sent", "code", "reason", "words"), ERRORS.values(), ids=ERRORS)
def test_what_is_wrong_is_told(client, sent, code, reason, words):
    sent = {**sent}
    if "data" in sent and isinstance(sent["data"], dict):
        sent["data"] = {name: reopened(value) for name, value in sent["data"].items()}
    assert words in assert_error(client.post("/", **sent), code, reason)


def reopened(value):
    """The test client closes the files that it sends; a table's rows are sent twice."""
    if isinstance(value, list):
        return [reopened(each) for each in value]
    return (io.BytesIO(value[0].getvalue()), value[1]) if isinstance(value, tuple) else value


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        ("/", "PUT", "GET, POST, HEAD, OPTIONS"),
        ("/", "DELETE", "GET, POST, HEAD, OPTIONS"),
        ("/model", "POST", "GET, HEAD, OPTIONS"),
        ("/labels", "PATCH", "GET, HEAD, OPTIONS"),
        ("/health", "POST", "GET, HEAD, OPTIONS"),
        ("/ready", "TRACE", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "POST", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method_is_405_with_allow(client, path, method, allow):
    response = client.open(path, method=method)
    assert allow in assert_error(response, 405, "METHOD_NOT_ALLOWED")
    assert allow in response.headers["Allow"]


@pytest.mark.parametrize("path", ["/nope", "/model/", "/classify", "/health/x", "/%00"])
def test_another_path_is_404_that_names_those_there_are(client, path):
    assert "/model" in assert_error(client.get(path), 404, "NO_SUCH_PATH")


GETS = ["/model", "/labels", "/health", "/ready", "/openapi.json"]


@pytest.mark.parametrize("path", GETS)
def test_head_is_get_without_the_body(client, path):
    get, head = client.get(path), client.head(path)
    assert get.status_code == head.status_code == 200
    assert head.data == b""
    assert head.headers["Content-Type"] == get.headers["Content-Type"] == "application/json"
    assert head.content_length == get.content_length


@pytest.mark.parametrize("path", [*GETS, "/", "/nope"])
def test_every_answer_is_json_that_is_not_stored_nor_sniffed(client, path):
    response = client.get(path) if path != "/" else client.post("/")
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    json.loads(response.data.decode("utf-8"))


@pytest.mark.parametrize("path", [*GETS, "/", "/nope"])
def test_options_is_204_with_cors_headers(client, path):
    response = client.options(path, headers={"Origin": "https://app.example"})
    assert (response.status_code, response.data) == (204, b"")
    assert "Content-Type" not in response.headers
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]


def test_model_tells_all_that_a_user_should_know(client):
    card = client.get("/model").json
    assert (card["name"], card["version"], card["classes"]) == ("resnet50", "1.0.0", 1000)
    assert card["architecture"].startswith("ResNet-50")
    assert len(card["sha256"]) == 64
    assert card["input"]["size"] == 224
    assert 0.7 < card["accuracy"]["top_1"] < card["accuracy"]["top_5"] < 1
    assert card["source"]["url"].startswith("https://")
    assert card["licence"]["commercial_use"] is False
    settings = read_settings({})
    assert card["limits"] == {
        "max_body_bytes": settings.max_body_bytes,
        "max_pixels": settings.max_pixels,
        "max_images": settings.max_images,
        "max_top_k": 1000,
    }


def test_labels_lists_every_class(client):
    labels = client.get("/labels").json["labels"]
    assert len(labels) == 1000
    assert labels[285] == {"index": 285, "wnid": "n02124075", "label": "Egyptian cat"}


def test_health_never_loads_the_model_and_ready_does(make_client):
    client = make_client()
    assert client.get("/health").json == {"status": "ok", "model_loaded": False}
    assert client.get("/health").json == {"status": "ok", "model_loaded": False}
    assert client.get("/ready").json == {"status": "ok", "model_loaded": True}
    assert client.get("/health").json == {"status": "ok", "model_loaded": True}


def test_a_model_that_cannot_be_loaded_is_503_with_the_reason(make_client, tmp_path):
    client = make_client(MODEL_DIR=str(tmp_path))
    assert "model.json" in assert_error(client.get("/ready"), 503, "MODEL_UNAVAILABLE")
    assert_error(client.post("/", **form()), 503, "MODEL_UNAVAILABLE")
    assert_error(client.get("/model"), 503, "MODEL_UNAVAILABLE")
    assert client.get("/health").status_code == 200


def top(client, **sent):
    return len(client.post("/", **sent).json["labels"])


def test_the_query_may_hold_the_parameters_and_the_body_wins(client):
    assert top(client, json={"image": GOOD}) == 5
    assert top(client, json={"image": GOOD}, query_string="top_k=3") == 3
    assert top(client, json={"image": GOOD, "top_k": 2}, query_string="top_k=3") == 2
    assert top(client, **form(top_k="2"), query_string="top_k=3") == 2
    assert top(client, data=PNG, content_type="image/png", query_string="top_k=1") == 1
    assert top(client, json={"image": GOOD}, query_string="min_score=1") == 0


def test_min_score_leaves_labels_out(client, chelsea):
    labels = client.post("/?min_score=0.5", data=chelsea, content_type="image/jpeg").json["labels"]
    assert [label["label"] for label in labels] == ["Egyptian cat"]


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "image/x-anything", "application/octet-stream", "IMAGE/PNG; q=1"]
)
def test_what_the_bytes_are_decides(client, content_type):
    reply = client.post("/", data=PNG, content_type=content_type).json
    assert reply["image"] == {"format": "PNG", "width": 1, "height": 1}


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/ld+json"])
def test_json_by_any_name(client, content_type):
    data = json.dumps({"image": GOOD})
    assert client.post("/", data=data, content_type=content_type).status_code == 200


def test_server_timing_tells_the_parts(make_client):
    client = make_client()
    first, second = (client.post("/", **form()).headers["Server-Timing"] for _ in range(2))
    assert [part.partition(";")[0] for part in first.split(", ")] == [
        "read", "wait", "decode", "load", "infer",
    ]  # fmt: skip
    assert [part.partition(";")[0] for part in second.split(", ")] == [
        "read", "wait", "decode", "infer",
    ]  # fmt: skip


def test_only_the_request_that_loaded_the_model_says_so(make_client):
    client = make_client()
    with ThreadPoolExecutor(8) as pool:
        posts = list(pool.map(lambda _: client.post("/", **form()), range(8)))
    assert sum("load" in post.headers["Server-Timing"] for post in posts) == 1


def test_an_unexpected_error_is_internal_and_says_nothing_of_its_cause(
    make_client, monkeypatch, capsys
):
    def fail(*_, **__):
        raise RuntimeError("the secret cause")

    client = make_client()
    monkeypatch.setattr("service.decoding.read_picture", fail)
    response = client.post("/", **form())
    message = assert_error(response, 500, "INTERNAL")
    assert "secret" not in message
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line["severity"] == "ERROR"
    assert "RuntimeError: the secret cause" in line["exception"]


def test_when_all_places_are_taken_the_answer_is_503_with_retry_after(make_client, monkeypatch):
    """Of three requests at once one has the turn and one the only place to wait."""
    leave = threading.Event()

    def slow(*arguments, **options):
        leave.wait(30)
        return read_picture(*arguments, **options)

    monkeypatch.setattr("service.decoding.read_picture", slow)
    client = make_client(NUM_THREADS="1", MAX_WAITING="1")
    with ThreadPoolExecutor(3) as pool:
        posts = [pool.submit(client.post, "/", **form()) for _ in range(3)]
        done, waiting = wait(posts, timeout=30, return_when=FIRST_COMPLETED)
        leave.set()
    (refused,) = done
    assert_error(refused.result(), 503, "OVERLOADED")
    assert refused.result().headers["Retry-After"] == "1"
    assert [post.result().status_code for post in waiting] == [200, 200]
