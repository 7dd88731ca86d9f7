"""Classification over HTTP: four forms of request, two forms of reply."""

import base64
import concurrent.futures
import io
import json
import urllib.request

import pytest

PHOTOS = [("chelsea.jpg", "Egyptian cat"), ("coffee.jpg", "espresso"), ("camera.jpg", "tripod")]


def as_json(data):
    return {"json": {"image": base64.b64encode(data).decode()}}


def as_multipart(data):
    return {"data": {"photo": (io.BytesIO(data), "photo.bin", "application/octet-stream")}}


def as_bytes(data):
    return {"data": data, "content_type": "image/jpeg"}


def as_instances(data):
    return {"json": {"instances": [{"b64": base64.b64encode(data).decode()}]}}


@pytest.mark.parametrize("send", [as_json, as_multipart, as_bytes])
@pytest.mark.parametrize(("photo", "label"), PHOTOS)
def test_one_photo_is_classified(client, photos, send, photo, label):
    response = client.post("/", **send((photos / photo).read_bytes()))
    assert response.status_code == 200
    assert response.json["labels"][0]["label"] == label
    assert response.json["image"]["format"] == "JPEG"
    assert response.json["model"] == {"name": "resnet50", "version": "1.0.0"}


@pytest.mark.parametrize(("photo", "label"), PHOTOS)
def test_an_instance_is_classified(client, photos, photo, label):
    response = client.post("/", **as_instances((photos / photo).read_bytes()))
    assert response.status_code == 200
    (prediction,) = response.json["predictions"]
    assert prediction["labels"][0]["label"] == label


def test_predictions_are_in_the_order_of_the_request(client, photos):
    files = [(io.BytesIO((photos / photo).read_bytes()), photo) for photo, _ in PHOTOS]
    response = client.post("/", data={"photos": files})
    first = [prediction["labels"][0]["label"] for prediction in response.json["predictions"]]
    assert first == [label for _, label in PHOTOS]


def test_the_default_is_five_labels_by_descending_score(client, chelsea):
    labels = client.post("/", **as_bytes(chelsea)).json["labels"]
    scores = [label["score"] for label in labels]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert labels[0].keys() == {"label", "score", "index", "wnid"}
    assert (labels[0]["index"], labels[0]["wnid"]) == (285, "n02124075")


def test_all_thousand_scores_sum_to_one(client, chelsea):
    labels = client.post("/?top_k=1000", **as_bytes(chelsea)).json["labels"]
    assert len(labels) == 1000
    assert sum(label["score"] for label in labels) == pytest.approx(1, abs=0.01)


def test_a_bad_photo_does_not_fail_the_batch(client, chelsea):
    good = base64.b64encode(chelsea).decode()
    instances = [{"b64": good}, {"b64": "?"}, {"b64": good[:800]}, {}, {"b64": good}]
    response = client.post("/", json={"instances": instances})
    assert response.status_code == 200
    outcomes = [
        prediction["error"]["reason"] if "error" in prediction else prediction["labels"][0]["label"]
        for prediction in response.json["predictions"]
    ]
    assert outcomes == ["Egyptian cat", "BAD_BASE64", "IMAGE_CORRUPT", "NO_IMAGE", "Egyptian cat"]


def test_a_batch_of_bad_photos_has_the_status_of_the_first(client):
    instances = [{"b64": base64.b64encode(b"hello").decode()}, {"b64": "?"}]
    response = client.post("/", json={"instances": instances})
    assert response.status_code == 415
    reasons = [prediction["error"]["reason"] for prediction in response.json["predictions"]]
    assert reasons == ["UNSUPPORTED_IMAGE_FORMAT", "BAD_BASE64"]


def test_a_model_with_fewer_classes_than_the_default_top_k(make_client, photos, chelsea):
    client = make_client(MODEL=str(photos / "tiny"))
    assert len(client.post("/", **as_bytes(chelsea)).json["labels"]) == 3


def test_concurrent_requests_get_their_own_labels(start_server, photos):
    server = start_server()

    def classify(photo):
        request = urllib.request.Request(
            server.url, (photos / photo).read_bytes(), {"Content-Type": "image/jpeg"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["labels"][0]["label"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        labels = list(pool.map(classify, [photo for photo, _ in PHOTOS] * 8))
    assert labels == [label for _, label in PHOTOS] * 8
