"""Heat maps and embeddings over HTTP, in every form of request."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from model import RESNET50, read_card


def as_bytes(data, **options):
    return {"data": data, "content_type": "image/jpeg", "query_string": options}


def as_json(data, **options):
    return {"json": {"image": base64.b64encode(data).decode(), **options}}


def as_form(data, **options):
    texts = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in options.items()
    }
    return {"data": {"photo": (io.BytesIO(data), "photo.jpg"), **texts}}


def as_instances(data, **options):
    return {
        "json": {"instances": [{"b64": base64.b64encode(data).decode()}], "parameters": options}
    }


def prediction(client, request):
    reply = client.post("/", **request).json
    return reply["predictions"][0] if "predictions" in reply else reply


FORMS = pytest.mark.parametrize("send", [as_bytes, as_json, as_form, as_instances])


@FORMS
def test_every_label_has_a_heat_map(client, chelsea, send):
    found = prediction(client, send(chelsea, explain="png", top_k=2))
    assert len(found["labels"]) == 2
    for label in found["labels"]:
        grid = np.array(label["heatmap"]["grid"])
        assert grid.shape == (7, 7)
        assert (grid.min() >= 0, grid.max()) == (True, 1)
        assert label["heatmap"]["png"].startswith("data:image/png;base64,")
    assert "embedding" not in found


@FORMS
def test_an_embedding_has_unit_length_and_names_its_space(client, chelsea, send):
    found = prediction(client, send(chelsea, embedding="base64", top_k=0))
    assert found["labels"] == []
    vector = np.frombuffer(base64.b64decode(found["embedding"]["values"]), "<f4")
    assert len(vector) == found["embedding"]["dimensions"] == 2048
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert found["embedding"]["space"] == {
        "model": "resnet50",
        "sha256": read_card(RESNET50).sha256,
    }


def test_a_list_has_the_numbers_of_the_base64(client, chelsea):
    as_text, as_list = (
        prediction(client, as_json(chelsea, embedding=form))["embedding"]["values"]
        for form in (True, "list")
    )
    vector = np.frombuffer(base64.b64decode(as_text), "<f4")
    assert (np.array(as_list, np.float32) == vector).all()


@pytest.mark.parametrize("asked", [{}, {"explain": False, "embedding": False}])
def test_a_request_that_does_not_ask_gets_neither(client, chelsea, asked):
    found = prediction(client, as_json(chelsea, **asked))
    assert found.keys() == {"labels", "image", "model"}
    assert all(label.keys() == {"label", "score", "index", "wnid"} for label in found["labels"])


def test_the_body_overrides_the_query(client, chelsea):
    request = as_json(chelsea, explain=False, embedding=True)
    found = prediction(client, request | {"query_string": "explain=true&embedding=false"})
    assert "embedding" in found
    assert "heatmap" not in found["labels"][0]


def test_a_batch_has_an_explanation_for_each_picture(client, chelsea):
    instances = [{"b64": base64.b64encode(chelsea).decode()}, {"b64": "?"}]
    request = {"instances": instances * 2, "parameters": {"explain": True, "embedding": True}}
    first, error, again, _ = client.post("/", json=request).json["predictions"]
    assert error["error"]["reason"] == "BAD_BASE64"
    assert first == again
    assert {"heatmap"} <= first["labels"][0].keys()
    assert first["embedding"]["dimensions"] == 2048


def turned(data, orientation):
    """The same picture, stored otherwise, so that EXIF turns it upright."""
    method = {3: 180, 6: 90, 8: 270}[orientation]
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.open(io.BytesIO(data)).rotate(method, expand=True).save(
        file, "JPEG", quality=95, exif=exif
    )
    return file.getvalue()


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_box_and_grid_are_those_of_the_upright_picture(client, chelsea, orientation):
    upright, stored = (
        prediction(client, as_bytes(data, explain="true", top_k=1))["labels"][0]["heatmap"]
        for data in (chelsea, turned(chelsea, orientation))
    )
    # The central 224 of a shorter side of 256 pixels.
    side, middle = 300 * 224 / 256, (451 / 2, 300 / 2)
    assert upright["box"] == stored["box"]
    assert upright["box"] == pytest.approx(
        {
            "left": middle[0] - side / 2,
            "top": middle[1] - side / 2,
            "right": middle[0] + side / 2,
            "bottom": middle[1] + side / 2,
        },
        abs=0.06,
    )
    pair = np.array([upright["grid"], stored["grid"]]).reshape(2, -1)
    assert np.corrcoef(pair)[0, 1] > 0.97


def overlay(client, data):
    label = prediction(client, as_bytes(data, explain="png", top_k=1))["labels"][0]
    png = base64.b64decode(label["heatmap"]["png"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")), label["heatmap"]


def test_the_overlay_covers_the_picture_and_is_clear_outside_of_the_box(client, chelsea):
    pixels, heatmap = overlay(client, chelsea)
    height, width = pixels.shape[:2]
    assert (width, height) == (256, round(256 * 300 / 451))
    opacity = pixels[..., 3]
    scale = 256 / 451
    left, right = (round(heatmap["box"][side] * scale) for side in ("left", "right"))
    assert opacity[:, :left].max() == opacity[:, right:].max() == 0
    assert opacity[:, left:right].max() > 150
    # The most opaque place is in the hottest cell.
    row, column = np.unravel_index(opacity.argmax(), opacity.shape)
    top, bottom = (heatmap["box"][side] * scale for side in ("top", "bottom"))
    cell = int((row - top) / (bottom - top) * 7), int((column - left) / (right - left) * 7)
    grid = np.array(heatmap["grid"])
    assert grid[cell] > 0.9


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (5, 4)])
def test_pictures_of_extreme_proportions_have_an_overlay(client, size):
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    pixels, _ = overlay(client, file.getvalue())
    assert max(pixels.shape[:2]) == min(max(size), 256)


def test_a_label_without_any_heat_has_zeros(client, chelsea):
    labels = prediction(client, as_bytes(chelsea, explain="true", top_k=1000))["labels"]
    highest = {max(map(max, label["heatmap"]["grid"])) for label in labels}
    assert highest <= {0, 1}


@pytest.mark.parametrize("send", [as_bytes, as_form])
def test_booleans_may_be_spelt_as_in_python(client, chelsea, send):
    found = prediction(client, send(chelsea, explain="True", embedding="False", top_k=1))
    assert "heatmap" in found["labels"][0]
    assert "embedding" not in found


@pytest.mark.parametrize("asked", [{"explain": True}, {"explain": "png"}, {"embedding": "list"}])
def test_a_model_of_labels_alone_refuses(make_client, photos, chelsea, asked):
    client = make_client(MODEL=str(photos / "tiny"))
    response = client.post("/", **as_json(chelsea, **asked))
    assert response.status_code == 400
    assert response.json["error"]["reason"] == "FEATURES_UNAVAILABLE"
    assert "leave explain and embedding out" in response.json["error"]["message"]
    assert len(prediction(client, as_json(chelsea))["labels"]) == 3


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"explain": "maybe"}, "explain must be true, false or png"),
        ({"embedding": "hex"}, "embedding must be true, false, base64 or list"),
        ({"top_k": -1}, "top_k must be a whole number from 0 up"),
    ],
)
@pytest.mark.parametrize("send", [as_bytes, as_json, as_form])
def test_a_wrong_value_is_named(client, chelsea, send, asked, told):
    response = client.post("/", **send(chelsea, **asked))
    assert response.status_code == 400
    assert response.json["error"]["reason"] == "BAD_PARAMETER"
    assert told in response.json["error"]["message"]


def test_the_time_is_reported(client, chelsea):
    timed = client.post("/", **as_bytes(chelsea, explain="true")).headers["Server-Timing"]
    assert "explain;dur=" in timed
    assert "explain" not in client.post("/", **as_bytes(chelsea)).headers["Server-Timing"]
