"""What part of a picture the network sees, and at what size."""

import io

import msgspec
import numpy as np
import pytest
from PIL import Image, ImageOps

from pictures import Crop, read_picture

#: Wide, with a different value in each pixel of each channel.
RAMP = Image.merge(
    "RGB",
    [
        Image.linear_gradient("L").resize((600, 400)),
        Image.linear_gradient("L").rotate(90).resize((600, 400)),
        Image.radial_gradient("L").resize((600, 400)),
    ],
)


def pixels(image, crop, **options):
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return read_picture(file.getvalue(), crop, max_pixels=10**8).pixels.astype(int)


def resized_whole(image, size, box):
    """The reference: all of the picture resized, then the box cut out."""
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR).crop(box), int)


@pytest.mark.parametrize(
    ("crop", "size", "box"),
    [
        (Crop(size=200, shorter_side=250), (375, 250), (88, 25, 288, 225)),
        (Crop(size=200), (300, 200), (50, 0, 250, 200)),
        (Crop(size=(240, 320)), (360, 240), (20, 0, 340, 240)),
        (Crop(size=(320, 240), shorter_side=300), (600, 400), (180, 40, 420, 360)),
        (Crop(size=(320, 240), fit="stretch"), (240, 320), (0, 0, 240, 320)),
    ],
    ids=str,
)
def test_the_part_that_is_kept(crop, size, box):
    seen = pixels(RAMP, crop)
    assert seen.shape == (crop.height, crop.width, 3)
    assert np.abs(seen - resized_whole(RAMP, size, box)).mean() < 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("crop", [Crop(size=(40, 90)), Crop(size=(90, 40), fit="stretch")], ids=str)
def test_every_mode_is_cut_alike(mode, crop):
    """The modes that must be converted first are reduced band by band."""
    image = RAMP.resize((1500, 900)).quantize() if mode == "P" else RAMP.resize((1500, 900))
    seen = pixels(image.convert(mode), crop)
    assert np.abs(seen - pixels(image.convert("RGB"), crop)).mean() < 1


@pytest.mark.parametrize("crop", [Crop(size=(64, 96)), Crop(size=(64, 96), fit="stretch")], ids=str)
def test_a_picture_on_its_side_is_cut_upright(crop):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    stored = RAMP.transpose(Image.Transpose.ROTATE_90)
    assert np.asarray(ImageOps.exif_transpose(stored)).shape[:2] == (600, 400)
    assert np.abs(pixels(stored, crop, exif=exif) - pixels(RAMP, crop)).mean() < 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"size": 224, "resize": 200}', "resize is 200, less than the size 224"),
        ('{"size": [320, 240], "resize": 230}', "resize is 230, less than the size 240"),
        ('{"size": 224, "resize": 256, "fit": "stretch"}', "but fit is stretch"),
        ('{"size": 0}', r">= 1"),
        ('{"size": [224]}', "length >= 2"),
        ('{"size": 224, "fit": "pad"}', "pad"),
    ],
)
def test_what_contradicts_itself_is_refused(text, problem):
    with pytest.raises(msgspec.ValidationError, match=problem):
        msgspec.json.decode(text, type=Crop)
