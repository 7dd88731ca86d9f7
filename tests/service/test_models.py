"""Models of every kind answer over HTTP, through the decoder processes."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.model.networks import network, write

SIGNED = {"mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5]}
MANY = np.vstack([np.zeros((998, 3)), np.eye(3)])
KINDS = {
    "float with mean and std": ({}, {"input": {"size": 8, **SIGNED}}),
    "int8 of another scale": (
        {"dtype": "int8", "quantization": (2 / 255, -1)},
        {"input": {"size": 8, **SIGNED}},
    ),
    "uint8": ({"dtype": "uint8", "quantization": (1.0, 0)}, {}),
    "sigmoid": (
        {"activation": "sigmoid"},
        {"input": {"size": 8, **SIGNED}, "output": "sigmoid"},
    ),
    "240x320, stretched": (
        {"shape": (1, 240, 320, 3)},
        {"input": {"size": [240, 320], "fit": "stretch"}},
    ),
    "320x240, cropped": ({"shape": (1, 320, 240, 3)}, {"input": {"size": [320, 240]}}),
}


@pytest.fixture
def blue():
    file = io.BytesIO()
    Image.new("RGB", (90, 70), (20, 30, 240)).save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize(("options", "card"), KINDS.values(), ids=KINDS)
def test_a_model_of_each_kind_is_served(make_client, tmp_path, blue, options, card):
    client = make_client(MODEL=str(write(tmp_path, network(**options), **card)))
    reply = client.post("/", data=blue, content_type="image/jpeg").json
    assert reply["labels"][0]["label"] == "blue"
    assert reply["image"] == {"format": "JPEG", "width": 90, "height": 70}
    assert client.get("/model").json["input"]["size"] == card.get("input", {"size": 8})["size"]


def test_1001_classes_with_plain_labels_are_served(make_client, tmp_path, blue):
    labels = [f"thing {number}" for number in range(1001)]
    client = make_client(MODEL=str(write(tmp_path, network(weights=MANY), labels=labels)))
    reply = client.post("/?top_k=1001", data=blue, content_type="image/jpeg").json
    assert (reply["labels"][0]["label"], len(reply["labels"])) == ("thing 1000", 1001)


def test_a_contradiction_is_503_with_the_fix(make_client, tmp_path, blue):
    client = make_client(MODEL=str(write(tmp_path, network(), input={"size": 9})))
    response = client.post("/", data=blue, content_type="image/jpeg")
    assert response.status_code == 503
    assert "set input.size to 8" in response.json["error"]["message"]


def test_a_model_that_ships_is_served_by_its_name(make_client, photos):
    client = make_client(MODEL="efficientnet_lite2")
    for photo, label in {
        "chelsea": "Egyptian cat",
        "coffee": "espresso",
        "camera": "tripod",
    }.items():
        data = (photos / f"{photo}.jpg").read_bytes()
        reply = client.post("/", data=data, content_type="image/jpeg").json
        assert reply["labels"][0]["label"] == label
        assert reply["model"] == {"name": "efficientnet_lite2", "version": "1.0.0"}
    assert client.get("/model").json["licence"]["commercial_use"] is True
