"""The words of the app for each error, and the font for each character."""

from __future__ import annotations

import re
from pathlib import Path

import client
import pytest
from words import WORDS, Action, words_for

MOBILE = Path(__file__).parents[2] / "mobile"


def leaves(error):
    """The errors that are raised: those without subclasses."""
    below = error.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [error]


@pytest.mark.parametrize("error", leaves(client.ClassifyError), ids=lambda error: error.__name__)
def test_every_error_has_a_title_a_text_and_an_action(error):
    words = WORDS[error]
    assert words.title[0].isupper()
    assert words.text.endswith(".")
    assert isinstance(words.action, Action)


def test_an_unknown_reason_has_words_too():
    assert words_for(client.ApiError(400, "NEW", "")).title == "App and function do not fit"


@pytest.mark.parametrize(
    ("status", "title"),
    [(200, "No function there"), (403, "Function is private"), (429, "Very busy"),
     (502, "Out of service"), (504, "Too slow")],
)  # fmt: skip
def test_a_reply_of_a_platform_is_explained_by_its_status(status, title):
    assert words_for(client.UnexpectedReply(status)).title == title


def test_a_pinned_requirement_is_pinned_alike_for_phones():
    pinned = set(
        re.findall(r"^[\w-]+==.*", (MOBILE / "requirements.txt").read_text(), re.MULTILINE)
    )
    built = set(re.findall(r'"([\w-]+==[\w.]+)"', (MOBILE / "pyproject.toml").read_text()))
    assert built == {pin for pin in pinned if not pin.startswith("flet-web==")}
