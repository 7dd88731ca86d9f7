"""Pictures above the limit are refused by their header, before any pixel is allocated."""

import io
import time

import pytest
from PIL import Image

from pictures import Crop, TooManyPixels, read_picture

CROP = Crop(size=224, shorter_side=256)
# A screen of 1x1 with a frame of 65535x65535, whose disposal method makes Pillow allocate it.
SMALL_GIF_OF_A_LARGE_FRAME = bytes.fromhex(
    "47494638 39610100 01008000 00000000 ffffff21 f9040d00 0000002c"
    "00000000 ffffffff 00020244 01003b"
)


def saved(image, file_format, **options):
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def cat(chelsea):
    return Image.open(io.BytesIO(chelsea))


def test_a_picture_at_the_limit_is_read_and_one_above_is_not(cat):
    data = saved(cat, "PNG")
    assert read_picture(data, CROP, max_pixels=451 * 300).width == 451
    with pytest.raises(TooManyPixels, match="451x300 pixels; at most 135,299"):
        read_picture(data, CROP, max_pixels=451 * 300 - 1)


def test_the_limit_holds_before_anything_is_decoded():
    """The pixels are missing: had decoding begun, this would be ImageCorrupt."""
    header_only = saved(Image.new("1", (30_000, 30_000)), "PNG")[:60]
    with pytest.raises(TooManyPixels, match="30000x30000"):
        read_picture(header_only, CROP, max_pixels=50_000_000)


def test_the_frame_of_a_gif_counts_before_it_is_allocated():
    start = time.process_time()
    with pytest.raises(TooManyPixels, match="65535x65535"):
        read_picture(SMALL_GIF_OF_A_LARGE_FRAME, CROP, max_pixels=50_000_000)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("comment", [b"", b"a comment", bytes(600)])
def test_the_frame_of_a_gif_is_found_behind_its_colours_and_extensions(cat, comment):
    data = saved(cat.quantize(), "GIF", comment=comment)
    assert read_picture(data, CROP, max_pixels=451 * 300).width == 451
    with pytest.raises(TooManyPixels, match="451x300"):
        read_picture(data, CROP, max_pixels=451 * 300 - 1)
