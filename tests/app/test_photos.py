"""How photos are made ready to be sent."""

from __future__ import annotations

import io

import pytest
from photos import HEIC_BRANDS, SHORT_SIDE, format_name, prepare
from PIL import Image

from pictures.errors import UnsupportedImageFormat
from pictures.formats import format_of


def encoded(image, name="JPEG", **options):
    output = io.BytesIO()
    image.save(output, name, **options)
    return output.getvalue()


def opened(photo):
    return Image.open(io.BytesIO(photo.data))


@pytest.mark.parametrize(("size", "sent"), [((4000, 3000), (683, 512)), ((451, 300), (451, 300))])
def test_a_photo_is_shrunk_and_never_enlarged(size, sent):
    photo = prepare(encoded(Image.new("RGB", size, "teal")))
    assert opened(photo).size == sent
    assert photo.aspect == pytest.approx(size[0] / size[1], rel=0.01)
    assert min(sent) <= SHORT_SIDE


def test_a_photo_is_turned_upright():
    image = Image.new("RGB", (400, 200))
    exif = image.getexif()
    exif[0x0112] = 6
    photo = prepare(encoded(image, exif=exif))
    assert opened(photo).size == (200, 400)
    assert 0x0112 not in opened(photo).getexif()


def test_transparency_becomes_white():
    photo = prepare(encoded(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "PNG"))
    assert opened(photo).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "LA"])
def test_every_colour_mode_becomes_rgb(mode):
    name = "TIFF" if mode == "CMYK" else "PNG"
    assert opened(prepare(encoded(Image.new(mode, (9, 9)), name))).mode == "RGB"


@pytest.mark.parametrize("data", [b"", b"no photo", b"GIF89a"])
def test_a_file_that_cannot_be_read_is_sent_as_it_is(data):
    photo = prepare(data)
    assert (photo.data, photo.aspect) == (data, None)


def test_a_deep_picture_is_sent_as_it_is():
    data = encoded(Image.new("I;16", (9, 9)), "PNG")
    assert prepare(data).data == data


def test_a_heic_is_sent_as_it_is_and_named(photos):
    data = (photos / "chelsea.heic").read_bytes()
    assert prepare(data).data == data
    assert format_name(data) == "HEIC"
    assert format_name(b"no photo") == ""


@pytest.mark.parametrize(
    "brand", sorted(HEIC_BRANDS | {b"avif", b"hevz", b"mif2", b"mp42", b"msf1"})
)
def test_a_heic_is_what_the_function_takes_for_one(brand):
    data = b"\0\0\0\x10ftyp" + brand + b"\0\0\0\0"
    try:
        is_heic = format_of(data) == "HEIC"
    except UnsupportedImageFormat:
        is_heic = False
    assert (format_name(data) == "HEIC") is is_heic
