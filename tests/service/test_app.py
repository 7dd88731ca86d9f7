"""The responses of the function in one process."""

import io
import json
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest

from pictures import DecoderPool
from service import read_settings
from tests.service.samples import BASE64, PNG, assert_error, form


def test_model_returns_the_card_and_the_limits(client):
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


def test_labels_returns_every_class(client):
    labels = client.get("/labels").json["labels"]
    assert len(labels) == 1000
    assert labels[285] == {"index": 285, "wnid": "n02124075", "label": "Egyptian cat"}


def test_ready_loads_the_model_and_health_does_not(make_client):
    client = make_client()
    assert client.get("/health").json == {"status": "ok", "model_loaded": False}
    assert client.get("/health").json == {"status": "ok", "model_loaded": False}
    assert client.get("/ready").json == {"status": "ok", "model_loaded": True}
    assert client.get("/health").json == {"status": "ok", "model_loaded": True}


def test_a_model_that_cannot_be_loaded_is_503_with_the_reason(make_client, tmp_path):
    client = make_client(MODEL=str(tmp_path))
    assert "model.json" in assert_error(client.get("/ready"), 503, "MODEL_UNAVAILABLE")
    assert_error(client.post("/", **form()), 503, "MODEL_UNAVAILABLE")
    assert_error(client.get("/model"), 503, "MODEL_UNAVAILABLE")
    assert client.get("/health").status_code == 200


def top(client, **sent):
    return len(client.post("/", **sent).json["labels"])


def test_parameters_of_the_body_override_those_of_the_query(client):
    assert top(client, json={"image": BASE64}) == 5
    assert top(client, json={"image": BASE64}, query_string="top_k=3") == 3
    assert top(client, json={"image": BASE64, "top_k": 2}, query_string="top_k=3") == 2
    assert top(client, **form(top_k="2"), query_string="top_k=3") == 2
    assert top(client, data=PNG, content_type="image/png", query_string="top_k=1") == 1
    assert top(client, json={"image": BASE64}, query_string="min_score=1") == 0


def test_labels_below_min_score_are_left_out(client, chelsea):
    labels = client.post("/?min_score=0.5", data=chelsea, content_type="image/jpeg").json["labels"]
    assert [label["label"] for label in labels] == ["Egyptian cat"]


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "image/x-anything", "application/octet-stream", "IMAGE/PNG; q=1"]
)
def test_the_format_is_detected_from_the_bytes(client, content_type):
    reply = client.post("/", data=PNG, content_type=content_type).json
    assert reply["image"] == {"format": "PNG", "width": 1, "height": 1}


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/ld+json"])
def test_json_is_accepted_under_other_media_types(client, content_type):
    data = json.dumps({"image": BASE64})
    assert client.post("/", data=data, content_type=content_type).status_code == 200


def test_server_timing_lists_the_parts(make_client):
    client = make_client()
    first, second = (client.post("/", **form()).headers["Server-Timing"] for _ in range(2))
    assert [part.partition(";")[0] for part in first.split(", ")] == [
        "read", "wait", "decode", "load", "infer",
    ]  # fmt: skip
    assert [part.partition(";")[0] for part in second.split(", ")] == [
        "read", "wait", "decode", "infer",
    ]  # fmt: skip


def test_only_the_request_that_loads_the_model_reports_it(make_client):
    client = make_client()
    with ThreadPoolExecutor(8) as pool:
        posts = list(pool.map(lambda _: client.post("/", **form()), range(8)))
    assert sum("load" in post.headers["Server-Timing"] for post in posts) == 1


def test_an_unexpected_error_is_internal_and_its_cause_is_only_logged(
    make_client, monkeypatch, capsys
):
    def fail(*_, **__):
        raise RuntimeError("the secret cause")

    client = make_client()
    monkeypatch.setattr(DecoderPool, "submit", fail)
    response = client.post("/", **form())
    message = assert_error(response, 500, "INTERNAL")
    assert "secret" not in message
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line["severity"] == "ERROR"
    assert "RuntimeError: the secret cause" in line["exception"]


def test_a_request_without_a_slot_is_503_with_retry_after(make_client, monkeypatch):
    """Of three requests, one is being decoded and one is waiting in the only other slot."""
    leave = threading.Event()

    submit = DecoderPool.submit

    def slow(*arguments):
        leave.wait(30)
        return submit(*arguments)

    monkeypatch.setattr(DecoderPool, "submit", slow)
    client = make_client(NUM_THREADS="1", MAX_WAITING="1")
    with ThreadPoolExecutor(3) as pool:
        posts = [pool.submit(client.post, "/", **form()) for _ in range(3)]
        done, waiting = wait(posts, timeout=30, return_when=FIRST_COMPLETED)
        leave.set()
    (rejected,) = done
    assert_error(rejected.result(), 503, "OVERLOADED")
    assert rejected.result().headers["Retry-After"] == "1"
    assert [post.result().status_code for post in waiting] == [200, 200]


JSON_OF_ONE_BYTE = {"content_type": "application/json", "content_length": 1}


def test_json_is_parsed_within_the_admission(make_client, monkeypatch):
    """If others take all slots during an upload, even invalid JSON is 503: it is not parsed."""
    full, leave = threading.Barrier(3), threading.Event()
    submit = DecoderPool.submit

    def slow(*arguments):
        full.wait(30)
        leave.wait(30)
        return submit(*arguments)

    class Upload(io.BytesIO):
        def readinto(self, buffer):
            for _ in range(2):
                others.submit(client.post, "/", **form())
            full.wait(30)
            return super().readinto(buffer)

    monkeypatch.setattr(DecoderPool, "submit", slow)
    client = make_client(NUM_THREADS="1", MAX_WAITING="1")
    with ThreadPoolExecutor(2) as others:
        rejected = client.post("/", input_stream=Upload(b"{"), **JSON_OF_ONE_BYTE)
        leave.set()
    assert_error(rejected, 503, "OVERLOADED")
    assert_error(client.post("/", data=b"{", **JSON_OF_ONE_BYTE), 400, "BAD_JSON")
