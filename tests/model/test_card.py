"""The card and the labels of a model: read whole, or refused by name."""

import hashlib
import json
import shutil
from pathlib import Path

import msgspec
import pytest

from model import RESNET50, ModelUnavailable, find_model, read_card, write_card
from model.check import schema


@pytest.fixture
def folder(photos, tmp_path):
    """A copy of the tiny model's folder, to be damaged."""
    return shutil.copytree(photos / "tiny", tmp_path / "tiny")


@pytest.mark.parametrize(
    ("name", "size", "shorter_side"), [("resnet50", 224, 256), ("efficientnet_lite2", 260, 292)]
)
def test_the_shipped_cards_match_their_files(name, size, shorter_side):
    folder = find_model(name)
    card = read_card(folder)
    assert hashlib.sha256((folder / card.file).read_bytes()).hexdigest() == card.sha256
    assert card.classes == 1000
    assert (card.input.size, card.input.shorter_side) == (size, shorter_side)
    files = {"model.json", card.file, card.labels, card.licence.file}
    assert {file.name for file in folder.iterdir()} == files


def test_the_commercial_model_includes_its_licence():
    folder = find_model("efficientnet_lite2")
    card = read_card(folder)
    assert card.licence.commercial_use is True
    assert "ImageNet" in card.licence.notice
    text = (folder / card.licence.file).read_text()
    for part in ("Apache License", "Version 2.0", "Changed:"):
        assert part in text


def test_the_shipped_card_includes_the_licence():
    card = read_card(RESNET50)
    assert card.licence.commercial_use is False
    assert "non-commercial" in card.licence.notice
    assert "WITH NO WARRANTIES" in (RESNET50 / card.licence.file).read_text()
    assert [bool(change.date and change.nature) for change in card.changes] == [True, True]
    assert card.source.url in card.licence.notice


def test_optional_fields_can_be_omitted(folder):
    card = read_card(folder)
    assert (card.name, card.accuracy, card.source, card.changes) == ("tiny", None, None, [])


def test_a_card_is_written_as_it_is_read(folder):
    card = read_card(folder)
    write_card(folder, card)
    assert read_card(folder) == card
    assert "null" not in (folder / "model.json").read_text()


def test_the_published_schema_matches_the_types():
    published = Path(__file__).parents[2] / "docs" / "model.schema.json"
    assert published.read_text() == schema() + "\n"


def test_a_missing_card_is_named(tmp_path):
    with pytest.raises(ModelUnavailable, match=r"model\.json cannot be read: No such file"):
        read_card(tmp_path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"classes": "three"}, r"\$\.classes"),
        ({"output": "features"}, r"\$\.output"),
        ({"input": {"resize": 8}}, "size"),
        ({"input": {"size": 8, "resize": 6}}, r"resize is 6, less than the size 8.*\$\.input"),
        ({"input": {"size": 8, "maen": [0, 0, 0]}}, r"unknown field `maen` - at `\$\.input`"),
        ({"input": {"size": 8, "mean": [127.5]}}, r"length >= 3 - at `\$\.input\.mean`"),
        ({"input": {"size": 8, "std": [1, 1, 0]}}, r"> 0.* - at `\$\.input\.std\[2\]`"),
        ({"input": {"size": [8, 0]}}, r">= 1 - at `\$\.input\.size\[1\]`"),
        ({"lables": "labels.tsv"}, "unknown field `lables`"),
        ({"format_version": 2}, r"2 - at `\$\.format_version`.*docs/models\.md"),
        ({"temperature": 2.0}, "temperature is 2.0, but output is probabilities"),
        ({"more_outputs": ["features"]}, r"more_outputs is \['features'\]: set it to .*weights'\]"),
        ({"more_outputs": ["map"]}, r"\$\.more_outputs"),
        ({"temperature": 0, "output": "logits"}, r"> 0.* - at `\$\.temperature`"),
    ],
)
def test_an_invalid_card_is_rejected_by_field(folder, change, problem):
    card = json.loads((folder / "model.json").read_bytes()) | change
    (folder / "model.json").write_bytes(msgspec.json.encode(card))
    with pytest.raises(ModelUnavailable, match=problem):
        read_card(folder)
