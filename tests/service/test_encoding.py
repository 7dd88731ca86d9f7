"""Base64 in all its variants."""

import base64
import textwrap

import msgspec
import pytest

from service.encoding import decode_base64
from service.errors import BadBase64

DATA = bytes(range(256)) + b"\xfb\xff"  # encodes to + and /, and needs padding
STANDARD = base64.b64encode(DATA).decode()
URL_SAFE = base64.urlsafe_b64encode(DATA).decode()


def decode(text):
    return decode_base64(msgspec.Raw(msgspec.json.encode(text)), field="image")


@pytest.mark.parametrize(
    "text",
    [
        STANDARD,
        URL_SAFE,
        STANDARD.rstrip("="),
        URL_SAFE.rstrip("="),
        "\n".join(textwrap.wrap(STANDARD, 76)),
        "\r\n".join(textwrap.wrap(STANDARD, 76)) + "\r\n",
        f"\t {STANDARD} \n",
        f" data:image/jpeg;base64,\t{STANDARD}",
        f"data:image/jpeg;base64,{STANDARD}",
        f"data:;base64,{URL_SAFE}",
        f"DATA:image/svg+xml;charset=utf-8;BASE64,{STANDARD.rstrip('=')}",
    ],
)
def test_every_variant_is_decoded(text):
    assert decode(text) == DATA


def test_slashes_escaped_in_json_are_decoded():
    raw = msgspec.Raw(b'"' + STANDARD.replace("/", "\\/").encode() + b'"')
    assert decode_base64(raw, field="image") == DATA


@pytest.mark.parametrize("length", range(10))
def test_every_length_is_decoded_without_padding(length):
    assert decode(base64.b64encode(DATA[:length]).decode().rstrip("=")) == DATA[:length]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("/storage/emulated/0/cat.jpg", r"image is not valid base64: it contains '\.'.*path"),
        ("QUJD!", "it contains '!'"),
        ("QUJ=QUJD", "it contains '='"),
        ("QUJDR", "cut short"),
        ("bäh", "it contains 'ä'"),
        ("data:image/png,QUJD", "data URL without ';base64,'"),
        ("data:image/png;base64", "data URL without ';base64,'"),
        (5, "must be a string"),
        (None, "must be a string"),
        ({"b64": "QUJD"}, "must be a string"),
        (["QUJD"], "a list of something other than byte values"),
    ],
)
def test_invalid_base64_is_rejected_with_its_problem(value, problem):
    with pytest.raises(BadBase64, match=problem):
        decode(value)
