"""The labels of a model, as a table or as plain lines: read whole, or refused by line."""

import pytest

from model import RESNET50, ModelUnavailable
from model.labels import read_labels


def test_the_shipped_labels_are_those_of_imagenet():
    labels = read_labels(RESNET50 / "labels.tsv", classes=1000)
    assert (labels[285].wnid, labels[285].label) == ("n02124075", "Egyptian cat")
    assert [label.wnid for label in labels] == sorted({label.wnid for label in labels})


TABLE = "index\twnid\tlabel\n0\tn1\tred\n1\t\tgreen\n2\tn3\tblue"


@pytest.mark.parametrize(
    "text", [TABLE, TABLE + "\n", TABLE + "\n\n", TABLE.replace("\n", "\r\n"), "\ufeff" + TABLE]
)
def test_a_table_is_read_with_any_line_ends(tmp_path, text):
    (tmp_path / "labels.tsv").write_bytes(text.encode())
    labels = read_labels(tmp_path / "labels.tsv", classes=3)
    assert [(label.index, label.wnid, label.label) for label in labels] == [
        (0, "n1", "red"),
        (1, "", "green"),
        (2, "n3", "blue"),
    ]


@pytest.mark.parametrize("text", ["red\ngreen\ndark blue", "red\r\ngreen\r\ndark blue\r\n\r\n"])
def test_plain_lines_are_labels_in_order(tmp_path, text):
    (tmp_path / "labels.txt").write_bytes(text.encode())
    labels = read_labels(tmp_path / "labels.txt", classes=3)
    assert [label.label for label in labels] == ["red", "green", "dark blue"]
    assert [(label.index, label.wnid) for label in labels] == [(0, ""), (1, ""), (2, "")]


HEADER = "index\twnid\tlabel\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (HEADER + "0\t\tred\n", "classes is 3 in model.json, but labels.tsv has 1 labels: correct"),
        ("red\ngreen\nblue\nyellow", "classes is 3 in model.json, but labels.tsv has 4 labels"),
        (HEADER + "1\t\tred\n0\t\tgreen\n2\t\tblue", "line 2 is '1.*: write index 0"),
        (HEADER + "0\t\tred\n\n1\t\tgreen\n2\t\tblue", "line 3 is ''"),
        (HEADER + "zero\t\tred\n", "line 2 is 'zero"),
        (HEADER + "0\n", "line 2 is '0'"),
        (HEADER + "0\t\tred\n1\tn2\t\n2\t\tblue", "line 3 is '1.*and label"),
        ("0\t\tred\n1\t\tgreen\n2\t\tblue", "line 1 has a tab, but .* index<tab>wnid<tab>label"),
        ("red\n\ngreen\nblue", "line 2 is blank"),
        ("", "line 1 is blank"),
    ],
)
def test_invalid_labels_are_rejected_by_line(tmp_path, text, problem):
    path = tmp_path / "labels.tsv"
    path.write_text(text)
    with pytest.raises(ModelUnavailable, match=problem):
        read_labels(path, classes=3)


def test_labels_that_are_not_utf_8_are_rejected(tmp_path):
    (tmp_path / "labels.txt").write_bytes("caf\u00e9".encode("latin-1"))
    with pytest.raises(ModelUnavailable, match=r"labels\.txt is not UTF-8.*save it as UTF-8"):
        read_labels(tmp_path / "labels.txt", classes=1)


def test_missing_labels_are_named(tmp_path):
    with pytest.raises(ModelUnavailable, match=r"labels\.tsv cannot be read: No such file"):
        read_labels(tmp_path / "labels.tsv", classes=3)
