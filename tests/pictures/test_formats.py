"""Formats by their first bytes."""

import pytest

from pictures import FORMATS, UnsupportedImageFormat
from pictures.decode import PLUGINS
from pictures.formats import format_of


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WEBP"),
        (b"GIF87a", "GIF"),
        (b"GIF89a", "GIF"),
        (b"BM\x10\0", "BMP"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"II+\0", "TIFF"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
    ],
)
def test_the_first_bytes_decide(data, name):
    assert format_of(data) == name
    assert name in FORMATS


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"%PDF-1.7 ...",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0\0\0\x18ftypisom\0\0\0\0isommp41",
        b"8BPS\0\1",
        b"RIFF\0\0\0\0WAVEfmt ",
    ],
)
def test_other_bytes_are_an_unsupported_format(data):
    with pytest.raises(UnsupportedImageFormat, match="JPEG, PNG, WEBP, GIF, BMP, TIFF, AVIF, HEIC"):
        format_of(data)


def test_every_format_has_a_decoder():
    assert set(PLUGINS) == set(FORMATS)
