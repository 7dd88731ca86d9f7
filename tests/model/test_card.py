"""The card and the labels of a model: read whole, or refused by name."""

import hashlib
import json
import shutil

import msgspec
import pytest

from model import RESNET50, ModelUnavailable, read_card
from model.card import read_labels


@pytest.fixture
def folder(photos, tmp_path):
    """A copy of the tiny model's folder, to be damaged."""
    return shutil.copytree(photos / "tiny", tmp_path / "tiny")


def test_the_card_that_ships_tells_the_truth_of_its_file():
    card = read_card(RESNET50)
    assert hashlib.sha256((RESNET50 / card.file).read_bytes()).hexdigest() == card.sha256
    assert card.classes == 1000
    assert (card.input.size, card.input.shorter_side) == (224, 256)


def test_the_card_that_ships_passes_the_licence_on():
    card = read_card(RESNET50)
    assert card.licence.commercial_use is False
    assert "non-commercial" in card.licence.notice
    assert "WITH NO WARRANTIES" in (RESNET50 / card.licence.file).read_text()
    assert [bool(change.date and change.nature) for change in card.changes] == [True]
    assert card.source.url in card.licence.notice


def test_the_labels_that_ship_are_imagenets():
    labels = read_labels(RESNET50 / "labels.tsv", classes=1000)
    assert (labels[285].wnid, labels[285].label) == ("n02124075", "Egyptian cat")
    assert [label.wnid for label in labels] == sorted({label.wnid for label in labels})


def test_a_card_needs_only_what_is_used(folder):
    card = read_card(folder)
    assert (card.name, card.accuracy, card.source, card.changes) == ("tiny", None, None, [])


def test_a_missing_card_is_named(tmp_path):
    with pytest.raises(ModelUnavailable, match=r"model\.json cannot be read: No such file"):
        read_card(tmp_path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"classes": "three"}, r"\$\.classes"),
        ({"output": "features"}, r"\$\.output"),
        ({"input": {"size": 8}}, "resize"),
    ],
)
def test_a_wrong_card_is_refused_by_the_field_at_fault(folder, change, problem):
    card = json.loads((folder / "model.json").read_bytes()) | change
    (folder / "model.json").write_bytes(msgspec.json.encode(card))
    with pytest.raises(ModelUnavailable, match=problem):
        read_card(folder)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("index\twnid\tlabel\n0\t\tred\n", "from 0 to 2"),
        ("index\twnid\tlabel\n1\t\tred\n0\t\tgreen\n2\t\tblue\n", "from 0 to 2"),
        ("0\t\tred\n1\t\tgreen\n2\t\tblue\n", "tab-separated index, wnid and label"),
        ("index\twnid\tlabel\nzero\t\tred\n", "tab-separated index, wnid and label"),
        ("index\twnid\tlabel\n0\n", "tab-separated index, wnid and label"),
    ],
)
def test_wrong_labels_are_refused(tmp_path, text, problem):
    path = tmp_path / "labels.tsv"
    path.write_text(text)
    with pytest.raises(ModelUnavailable, match=problem):
        read_labels(path, classes=3)


def test_missing_labels_are_named(tmp_path):
    with pytest.raises(ModelUnavailable, match=r"labels\.tsv cannot be read: No such file"):
        read_labels(tmp_path / "labels.tsv", classes=3)
