"""The model is checked before it is uploaded, and its card read with any Python 3."""

import hashlib
import json
import subprocess
import sys

import pytest

from tests.deploy.conftest import ROOT

CARD = {
    "name": "mine",
    "file": "net.tflite",
    "sha256": hashlib.sha256(b"network").hexdigest(),
    "source": {"sha256": "1" * 64},
    "licence": {"name": "Mine", "commercial_use": True},
}


@pytest.fixture
def read_card(tmp_path):
    """Read a card, written with options of json.dumps; the lines, or what is wrong."""

    def read_card(card, **options):
        (tmp_path / "net.tflite").write_bytes(b"network")
        (tmp_path / "model.json").write_text(json.dumps(card, **options))
        return run(tmp_path)

    return read_card


def run(folder):
    command = [sys.executable, "-IS", ROOT / "deploy" / "read_card.py", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else done.stderr


@pytest.mark.parametrize("options", [{}, {"indent": 4}, {"separators": (",", ":")}])
def test_any_layout_of_the_card(read_card, options):
    assert read_card(CARD, **options) == ["", "", f"{ROOT}/tests/data/chelsea.jpg", '"mine"']


def test_the_example_and_the_licence(read_card):
    licence = {"name": "Research", "commercial_use": False}
    example = {"photo": "tests/data/coffee.jpg", "label": 'a "café"'}
    photo = f"{ROOT}/tests/data/coffee.jpg"
    expected = ["Research", '"a \\"café\\""', photo, '"mine"']
    assert read_card({**CARD, "licence": licence, "example": example}) == expected


def test_a_damaged_model(read_card):
    assert "is damaged" in read_card({**CARD, "sha256": "0" * 64})


def test_a_missing_model(read_card):
    assert "is incomplete" in read_card({**CARD, "file": "other.tflite"})


def test_a_missing_photo(read_card):
    example = {"photo": "nowhere.jpg", "label": "cat"}
    assert "nowhere.jpg is missing" in read_card({**CARD, "example": example})


def test_a_missing_field(read_card):
    card = {name: value for name, value in CARD.items() if name != "licence"}
    assert "is not a model card: KeyError('licence')" in read_card(card)


def test_no_json(tmp_path):
    (tmp_path / "model.json").write_text("no JSON")
    assert "is not a model card" in run(tmp_path)


def test_the_model_that_ships():
    licence, label, photo, name = run(ROOT / "model" / "resnet50")
    assert "non-commercial" in licence
    assert (label, name) == ('"Egyptian cat"', '"resnet50"')
    assert photo == f"{ROOT}/tests/data/chelsea.jpg"
