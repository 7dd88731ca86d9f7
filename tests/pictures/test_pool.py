"""Decoder processes: what a picture can do to them, and cannot do to anything else."""

import io
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pictures import (
    Crop,
    DecoderPool,
    ImageCorrupt,
    ImageTooCostly,
    Picture,
    TooManyPixels,
    UnsupportedImageFormat,
    read_picture,
)
from tests.pictures.misbehaviour import FORGERIES, patch_decoder
from tests.pictures.processes import decoders, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tests read /proc")

CROP = Crop(size=64, shorter_side=64)
MAX_PIXELS = 50_000_000


@pytest.fixture(scope="module")
def pool():
    """A pool whose decoders misbehave where a JPEG's comment says so; all else is real."""
    with pytest.MonkeyPatch.context() as patch:
        patch_decoder(patch)
        yield DecoderPool(2, max_pixels=MAX_PIXELS)


@pytest.fixture(scope="module")
def cat(chelsea):
    return Image.open(io.BytesIO(chelsea))


def jpeg(cat, comment=b"", **options):
    file = io.BytesIO()
    cat.save(file, "JPEG", comment=comment, **options)
    return file.getvalue()


def decode(pool, data):
    return pool.submit(data, CROP).result(timeout=60)


@pytest.mark.parametrize("name", ["chelsea.jpg", "chelsea.heic", "chelsea_rotated.heic"])
def test_a_picture_is_the_same_as_decoded_in_this_process(pool, photos, name):
    data = (photos / name).read_bytes()
    picture, here = decode(pool, data).picture, read_picture(data, CROP, max_pixels=MAX_PIXELS)
    assert (picture.format, picture.width, picture.height) == (here.format, 451, 300)
    np.testing.assert_array_equal(picture.pixels, here.pixels)


@pytest.mark.parametrize("mode", ["P", "LA", "RGBA", "I;16", "LAB", "CMYK"])
def test_every_colour_mode_is_converted_without_opening_a_file(pool, cat, mode):
    from PIL import ImageCms  # noqa: PLC0415

    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.buildTransform(srgb, lab, "RGB", "LAB").apply(cat)
    elif mode == "I;16":
        image = Image.fromarray(np.asarray(cat.convert("L")).astype(np.uint16) * 257)
    else:
        image = cat.convert(mode)
    file = io.BytesIO()
    image.save(file, "TIFF")
    assert isinstance(decode(pool, file.getvalue()).picture, Picture)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"hello", UnsupportedImageFormat),
        (b"\xff\xd8\xff", ImageCorrupt),
        (b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\xff\xff\xff\xff\0", TooManyPixels),
    ],
)
def test_an_error_keeps_its_type_and_the_decoder(pool, chelsea, data, error):
    decode(pool, chelsea)
    before = decoders(pool)
    assert type(decode(pool, data).picture) is error
    assert decoders(pool) == before


def test_an_endless_loop_ends_at_the_limit_of_time(pool, cat, chelsea):
    picture, seconds = decode(pool, jpeg(cat, b"hang"))
    assert isinstance(picture, ImageTooCostly)
    assert "too much time" in str(picture)
    assert 1 <= seconds < 10
    assert isinstance(decode(pool, chelsea).picture, Picture)


def test_endless_allocation_ends_at_the_limit_of_memory(pool, cat, chelsea):
    picture = decode(pool, jpeg(cat, b"allocate")).picture
    assert isinstance(picture, ImageTooCostly)
    assert "too much memory" in str(picture)
    assert isinstance(decode(pool, chelsea).picture, Picture)


@pytest.mark.parametrize("comment", [b"open_file", b"connect"])
def test_a_decoder_opens_no_file_and_no_socket(pool, cat, comment):
    picture = decode(pool, jpeg(cat, comment)).picture
    assert isinstance(picture, ImageCorrupt)
    assert "Too many open files" in str(picture)


def test_a_crash_costs_its_own_picture_and_is_logged(pool, cat, chelsea, caplog):
    data = jpeg(cat, b"crash")
    results = [pool.submit(each, CROP) for each in (chelsea, data, chelsea, chelsea)]
    good, bad, *others = (future.result(timeout=60).picture for future in results)
    assert isinstance(bad, ImageCorrupt)
    assert all(isinstance(each, Picture) for each in (good, *others))
    message = f"a JPEG image of {len(data)} bytes ended its decoder: SIGSEGV"
    assert ("ERROR", message) in [(each.levelname, each.message) for each in caplog.records]


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGKILL, ImageTooCostly), (signal.SIGSEGV, ImageCorrupt)]
)
def test_a_decoder_killed_at_work_costs_one_picture(pool, cat, chelsea, number, error):
    """A napping decoder is killed while other pictures are decoded."""
    napping = pool.submit(jpeg(cat, b"nap"), CROP)
    with ThreadPoolExecutor(16) as clients:
        others = [clients.submit(decode, pool, chelsea) for _ in range(16)]
        time.sleep(0.2)
        kill_decoders(pool, number)
        killed = isinstance(napping.result(timeout=60).picture, error)
        others_killed = sum(isinstance(each.result().picture, error) for each in others)
    assert killed
    assert others_killed <= 1
    assert isinstance(decode(pool, chelsea).picture, Picture)


def kill_decoders(pool, number=signal.SIGKILL):
    killed = decoders(pool)
    for process in killed:
        os.kill(int(process), number)
    wait_until(lambda: not killed & decoders(pool))


def test_a_decoder_killed_between_pictures_costs_none(pool, chelsea):
    decode(pool, chelsea)
    kill_decoders(pool)
    assert isinstance(decode(pool, chelsea).picture, Picture)


@pytest.mark.slow
@pytest.mark.parametrize("forgery", FORGERIES, ids=bytes.decode)
def test_an_answer_that_is_none_ends_the_decoder(pool, cat, chelsea, forgery):
    before = resident_bytes()
    assert isinstance(decode(pool, jpeg(cat, forgery)).picture, ImageCorrupt | ImageTooCostly)
    assert resident_bytes() - before < 10**8
    assert isinstance(decode(pool, chelsea).picture, Picture)


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def impatient_pool(pool):
    """A pool that waits a second for a decoder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "_timeout_seconds", 1)
        kill_decoders(pool)  # they would be waited for longer
        yield pool
    kill_decoders(pool)


@pytest.mark.slow
def test_a_decoder_that_ignores_its_limits_is_killed(impatient_pool, cat, chelsea):
    picture, seconds = decode(impatient_pool, jpeg(cat, b"ignore_limits"))
    assert isinstance(picture, ImageTooCostly)
    assert seconds < 5
    assert isinstance(decode(impatient_pool, chelsea).picture, Picture)
    assert len(decoders(impatient_pool)) == 1


@pytest.mark.slow
def test_a_stopped_decoder_is_killed(impatient_pool, chelsea):
    """A large file does not fit into the socket of a decoder that does not read it."""
    large = chelsea + bytes(10**6)
    decode(impatient_pool, large)
    for process in decoders(impatient_pool):
        os.kill(int(process), signal.SIGSTOP)
    picture = decode(impatient_pool, large).picture
    assert isinstance(picture, ImageTooCostly)
    assert isinstance(decode(impatient_pool, large).picture, Picture)


def test_what_libraries_write_of_a_damaged_picture_is_not_in_the_log(pool, cat, capfd):
    """Libtiff writes a line for each damaged row."""
    file = io.BytesIO()
    cat.convert("1").save(file, "TIFF", compression="group3")
    data = file.getvalue()
    start, end = len(data) // 4, len(data) // 2
    noise = np.random.default_rng(seed=0).bytes(end - start)
    assert decode(pool, data[:start] + noise + data[end:]).picture.width == 451
    assert capfd.readouterr() == ("", "")
