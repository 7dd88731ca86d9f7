"""The names of a model's classes, from a table (labels.tsv) or from plain lines (labels.txt)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from model.errors import ModelUnavailable

_COLUMNS = ["index", "wnid", "label"]


class Label(msgspec.Struct, frozen=True):
    """One class: its index in the network's output, WordNet id (wnid) and name."""

    index: int
    wnid: str
    label: str


def read_labels(path: Path, *, classes: int | None = None) -> list[Label]:
    """The classes by index.

    The file is a table of tab-separated index, wnid and label under a line with these names, or has
    one label a line, in the order of the network's output. Raises ModelUnavailable if the
    file is invalid, or has another number of labels than `classes`.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").rstrip().split("\n")
    except OSError as error:
        raise ModelUnavailable(
            f"the labels {path.name} cannot be read: {error.strerror}; "
            "set labels in model.json to the name of a file beside it"
        ) from error
    except UnicodeDecodeError as error:
        raise ModelUnavailable(f"{path.name} is not UTF-8: {error}; save it as UTF-8") from error
    try:
        labels = _parse(lines)
    except ValueError as error:
        raise ModelUnavailable(f"{path.name}, {error}") from error
    if classes is not None and len(labels) != classes:
        raise ModelUnavailable(
            f"classes is {classes} in model.json, but {path.name} has {len(labels)} labels: "
            "correct the one that is wrong (some networks have a class for the background, "
            "which needs a label, too)"
        )
    return labels


def _parse(lines: list[str]) -> list[Label]:
    """Raises ValueError, naming the line."""
    if lines[0].split("\t") == _COLUMNS:
        return [_table_row(index, line) for index, line in enumerate(lines[1:])]
    return [_plain_line(number, line) for number, line in enumerate(lines, start=1)]


def _table_row(index: int, line: str) -> Label:
    cells = line.split("\t")
    if len(cells) == len(_COLUMNS) and cells[0] == str(index) and cells[2]:
        return Label(index, cells[1], cells[2])
    raise ValueError(
        f"line {index + 2} is {line!r}: write index {index}, wnid (may be empty) and label, "
        "separated by tabs"
    )


def _plain_line(number: int, line: str) -> Label:
    if "\t" in line:
        raise ValueError(
            f"line {number} has a tab, but the first line is not {'<tab>'.join(_COLUMNS)}: add "
            "that line above the table, or leave only the labels"
        )
    if not line.strip():
        raise ValueError(f"line {number} is blank: write a label there, or remove the line")
    return Label(number - 1, "", line.strip())
