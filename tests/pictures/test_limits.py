"""Pictures that would take too much to decode are refused before they are."""

import io

import pytest
from PIL import Image

from pictures import Crop, TooManyPixels, read_picture
from pictures.limits import decoding_bytes

SPEC = Crop(size=224, shorter_side=256)


def saved(image, file_format, **options):
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def cat(chelsea):
    return Image.open(io.BytesIO(chelsea))


def with_scans(image, count):
    """A progressive JPEG whose last scan is there so many times more."""
    data = saved(image, "JPEG", progressive=True)
    start, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    return data[:end] + data[start:end] * count + data[end:]


def test_a_picture_at_the_limit_is_read_and_one_above_is_not(cat):
    data = saved(cat, "PNG")
    assert read_picture(data, SPEC, max_pixels=451 * 300).width == 451
    with pytest.raises(TooManyPixels, match="451x300 pixels; at most 135,299"):
        read_picture(data, SPEC, max_pixels=451 * 300 - 1)


def test_the_limit_holds_before_anything_is_decoded():
    """The pixels are missing: had decoding begun, this would be ImageCorrupt."""
    header_only = saved(Image.new("1", (30_000, 30_000)), "PNG")[:60]
    with pytest.raises(TooManyPixels, match="30000x30000"):
        read_picture(header_only, SPEC, max_pixels=50_000_000)


def test_a_progressive_jpeg_is_read_and_one_of_endless_scans_is_not(cat):
    assert read_picture(with_scans(cat, 0), SPEC, max_pixels=10**6).width == 451
    with pytest.raises(TooManyPixels, match="in more than 4,000 passes over 451x300 pixels"):
        read_picture(with_scans(cat, 5000), SPEC, max_pixels=10**6)


def test_only_the_scans_of_the_picture_itself_count(cat):
    """A thumbnail before them and a film after them, as phones append, may look like scans."""
    thumbnail = b"Exif\0\0" + b"\xff\xda\xff\xd9" * 8000
    film = b"\xff\xda" * 5000
    data = saved(cat, "JPEG", exif=thumbnail) + film
    assert read_picture(data, SPEC, max_pixels=10**6).width == 451


def test_an_end_within_a_segment_does_not_hide_the_scans_after_it(cat):
    data = with_scans(cat, 5000)
    comment = b"\xff\xfe\0\4\xff\xd9"
    with pytest.raises(TooManyPixels, match="in more than 4,000 passes"):
        read_picture(data[:2] + comment + data[2:], SPEC, max_pixels=10**6)


def memory_of(data, name, *, draft=None):
    image = Image.open(io.BytesIO(data))
    pixels = image.width * image.height
    image.draft(None, draft)
    return decoding_bytes(image, name, pixels=pixels) / pixels


def test_the_memory_that_decoding_takes_is_told_by_format(cat):
    assert memory_of(saved(cat, "PNG"), "PNG") == 4
    assert memory_of(saved(cat, "WEBP"), "WEBP") == 18
    assert memory_of(saved(cat, "AVIF"), "AVIF") == 10


def test_a_jpeg_that_is_decoded_small_takes_little_memory_unless_it_is_progressive(cat):
    large = cat.resize((1600, 1200))
    assert memory_of(saved(large, "JPEG"), "JPEG", draft=(200, 200)) == 4 / 16
    assert memory_of(saved(large, "JPEG", progressive=True), "JPEG", draft=(200, 200)) > 6
