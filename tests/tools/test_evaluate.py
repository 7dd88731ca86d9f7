"""Evaluating: shares, calibration and confusion on photos whose classes are known."""

import json

import msgspec
import numpy as np
import pytest
from PIL import Image

from model import Label, read_card
from tools import evaluate
from tools.measurement import best_temperature, calibration_error, measure, reliability
from tools.photos import NoPhotos, classes_of, find_photos

COLOURS = {"red": "red", "green": "lime", "blue": "blue"}
LABELS = [Label(0, "n1", "red"), Label(1, "n2", "dark green"), Label(2, "", "blue")]


@pytest.fixture
def folder(tmp_path):
    """Six pictures in the tiny model's three classes; two lie in the folder of another."""
    for number, (label, colour) in enumerate([*COLOURS.items()] * 2):
        place = tmp_path / "photos" / (label if number < 4 else "red")
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), colour).save(place / f"{number}.png")
    (tmp_path / "photos" / "notes.txt").write_text("not a photo")
    return tmp_path / "photos"


@pytest.mark.parametrize(
    "name",
    ["dark green/x.jpg", "Dark_Green/x.jpg", "n2/x.jpg", "1/x.jpg", "photos/n2_x.jpg",
     "photos/0001_n1_x.jpg", "photos/dark_green_7.jpg"],
)  # fmt: skip
def test_a_class_is_named_by_folder_or_file(tmp_path, name):
    assert classes_of([tmp_path / name], LABELS) == [1]


def test_a_photo_without_a_class_is_named(tmp_path):
    with pytest.raises(NoPhotos, match=r"x\.jpg has no class: name its folder"):
        classes_of([tmp_path / "photos" / "x.jpg"], LABELS)


def test_a_folder_without_photos_is_named(tmp_path):
    with pytest.raises(NoPhotos, match="there are no photos in"):
        find_photos([tmp_path])


def test_a_photo_that_cannot_be_read_is_named(photos, tmp_path):
    (tmp_path / "0_x.jpg").write_text("no photo")
    with pytest.raises(SystemExit, match=r"0_x\.jpg cannot be used: .*; remove or replace it"):
        evaluate.main([str(tmp_path), "--model", str(photos / "tiny")])


def test_a_function_that_gives_no_labels_is_named(photos, folder):
    url = "http://127.0.0.1:1"
    with pytest.raises(SystemExit, match=rf"{url} gave no labels for .*refused"):
        evaluate.main([str(folder), "--model", str(photos / "tiny"), "--url", url])


def test_a_file_that_cannot_be_written_is_named(folder, tmp_path):
    with pytest.raises(SystemExit, match=r"No such file or directory: .*nowhere"):
        evaluate.main([str(folder), "--json", str(tmp_path / "nowhere" / "x.json")])


def test_a_model_is_measured(photos, folder):
    found = evaluate.evaluate_model(photos / "tiny", find_photos([folder]))
    assert (found.photos, found.top_1, found.top_5) == (6, pytest.approx(4 / 6), 1)
    said = {(each.shown, each.said): each.photos for each in found.confusions}
    assert said == {("red", "blue"): 1, ("red", "green"): 1}
    assert found.temperature is None  # the file gives probabilities


def test_the_function_is_evaluated_over_http(start_server, photos, folder):
    server = start_server(MODEL=str(photos / "tiny"))
    found = find_photos([folder])
    labels = [Label(i, "", name) for i, name in enumerate(COLOURS)]
    here = evaluate.evaluate_model(photos / "tiny", found)
    there = evaluate.evaluate_url(server.url, found, labels)
    assert here.agreement(there) == 1
    assert there.top_1 == here.top_1


def overconfident(count=2000, classes=5, factor=3.0):
    """Probabilities whose logits are `factor` times those that the classes were drawn from."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(count, classes)) * 2
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([random.choice(classes, p=row) for row in right])
    said = np.exp(logits * factor) / np.exp(logits * factor).sum(axis=1, keepdims=True)
    return said.astype(np.float32), truth


def test_the_temperature_undoes_overconfidence():
    said, truth = overconfident()
    assert best_temperature(said, truth) == pytest.approx(3, rel=0.1)
    labels = [Label(i, "", str(i)) for i in range(5)]
    found = measure("x", said, truth.tolist(), seconds=[0.1], labels=labels, temperature=2.0)
    assert found.temperature == pytest.approx(6, rel=0.1)  # of a card that says 2 already
    assert found.calibration_error > 0.1
    assert found.calibrated_error < 0.03


def test_the_calibration_error_is_the_mean_distance():
    scores = np.array([0.95, 0.95, 0.95, 0.95, 0.25, 0.25], np.float32)
    right = np.array([True, True, True, False, False, False])
    bins = reliability(scores, right)
    assert [(each.photos, each.right) for each in bins] == [(2, 0), (4, 0.75)]
    assert calibration_error(bins) == pytest.approx((4 * 0.2 + 2 * 0.25) / 6)


def test_models_are_compared_in_a_table_json_and_a_page(photos, folder, tmp_path, capsys):
    tiny, page, figures = photos / "tiny", tmp_path / "page.html", tmp_path / "figures.json"
    models = ["--model", str(tiny), "--model", str(tiny)]
    evaluate.main([str(folder), *models, "--html", str(page), "--json", str(figures)])
    assert "66.7%" in capsys.readouterr().out
    assert [each["photos"] for each in json.loads(figures.read_bytes())] == [6, 6]
    text = page.read_text()
    assert text.count("<svg") == 2
    assert "66.7%" in text
    assert "http" not in text  # it needs nothing else


def test_the_temperature_is_written_into_the_card(tmp_path, folder):
    from tests.model import networks  # noqa: PLC0415 - it skips, and what else is here must not

    spec = {"size": 8, "mean": [127.5] * 3, "std": [127.5] * 3}
    model = networks.write(tmp_path / "model", networks.network(), input=spec)
    evaluate.main([str(folder), "--model", str(model), "--write-temperature"])
    card = read_card(model)
    assert card.temperature != 1
    assert card == msgspec.structs.replace(card, temperature=card.temperature)


def test_a_missing_model_is_one_line(folder):
    with pytest.raises(SystemExit, match="evaluate: there is no model 'nowhere'"):
        evaluate.main([str(folder), "--model", "nowhere"])
