"""Evaluating: shares, ties and agreement on photos whose classes are known."""

import pytest
from PIL import Image

from model import Classifier, ScoredLabel
from tools.evaluate import in_process, labelled_photos, measure, over_http, print_table

COLOURS = ["red", "lime", "blue"]


@pytest.fixture
def folder(tmp_path):
    """Six pictures in the tiny model's three classes; two of them have a wrong name."""
    for number, colour in enumerate([*COLOURS, *COLOURS]):
        named = number % 3 if number < 4 else 0
        Image.new("RGB", (16, 16), colour).save(tmp_path / f"{named:04}_{number}.jpg")
    (tmp_path / "notes.txt").write_text("not a photo")
    return tmp_path


def test_accuracy_is_the_share_of_right_names(photos, folder, capsys):
    found = labelled_photos([folder])
    assert len(found) == 6
    tiny = Classifier(photos / "tiny", num_threads=1)
    right = measure("tiny", in_process(tiny), found)
    assert (right.photos, right.top_1, right.top_5, right.ties) == (6, pytest.approx(4 / 6), 1, 0)

    always_red = [ScoredLabel("red", 0.5, 0, ""), ScoredLabel("green", 0.5, 1, "")]
    red = measure("red", lambda _: always_red, found)
    assert (red.top_1, red.ties) == (pytest.approx(4 / 6), 6)
    assert right.agreement(red) == pytest.approx(2 / 6)

    print_table([red, right])
    assert "33.3%" in capsys.readouterr().out


def test_the_function_is_evaluated_over_http(start_server, photos, folder):
    server = start_server(MODEL=str(photos / "tiny"))
    found = labelled_photos([folder])
    tiny = Classifier(photos / "tiny", num_threads=1)
    here = measure("here", in_process(tiny), found)
    there = measure("there", over_http(server.url), found)
    assert here.agreement(there) == 1


def test_a_folder_without_photos_is_told(tmp_path):
    with pytest.raises(SystemExit, match="no photos named INDEX_ANYTHING"):
        labelled_photos([tmp_path])
