"""Decoder processes: what a picture can do to them, and cannot do to anything else."""

import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile, JpegImagePlugin

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

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tests read /proc")

CROP = Crop(size=64, shorter_side=64)
MAX_PIXELS = 50_000_000
# A comment of a JPEG that makes the patched decoder of these tests misbehave.
HANG, ALLOCATE, CRASH, OPEN, CONNECT, NAP = (
    b"hang", b"allocate", b"crash", b"open", b"connect", b"nap",
)  # fmt: skip


def misbehave(comment):
    """What a decoder with a hole could be made to do, by the comment of the picture."""
    if comment == HANG:
        while True:
            pass
    if comment == ALLOCATE:
        held = []
        while True:
            held.append(bytes(10**7))
    if comment == CRASH:
        os.kill(os.getpid(), signal.SIGSEGV)
    if comment == OPEN:
        Path("/etc/passwd").read_bytes()
    if comment == CONNECT:
        import socket  # noqa: PLC0415

        socket.socket()
    if comment == NAP:
        time.sleep(0.5)


@pytest.fixture(scope="module")
def pool():
    """A pool whose decoders misbehave where a JPEG's comment says so; all else is real."""
    load = ImageFile.ImageFile.load

    def patched(image):
        misbehave(image.info.get("comment"))
        return load(image)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JpegImagePlugin.JpegImageFile, "load", patched)
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


def decoders(pool):
    """The processes of the pool's decoders: the children of its fork server."""
    server = pool._fork_server.process
    return set(Path(f"/proc/{server}/task/{server}/children").read_text().split())


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


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
    picture, seconds = decode(pool, jpeg(cat, HANG))
    assert isinstance(picture, ImageTooCostly)
    assert "too much time" in str(picture)
    assert 1 <= seconds < 10
    assert isinstance(decode(pool, chelsea).picture, Picture)


def test_endless_allocation_ends_at_the_limit_of_memory(pool, cat, chelsea):
    picture = decode(pool, jpeg(cat, ALLOCATE)).picture
    assert isinstance(picture, ImageTooCostly)
    assert "too much memory" in str(picture)
    assert isinstance(decode(pool, chelsea).picture, Picture)


@pytest.mark.parametrize("comment", [OPEN, CONNECT])
def test_a_decoder_opens_no_file_and_no_socket(pool, cat, comment):
    picture = decode(pool, jpeg(cat, comment)).picture
    assert isinstance(picture, ImageCorrupt)
    assert "Too many open files" in str(picture)


def test_a_crash_costs_its_own_picture_and_is_logged(pool, cat, chelsea, caplog):
    data = jpeg(cat, CRASH)
    results = [pool.submit(each, CROP) for each in (chelsea, data, chelsea, chelsea)]
    good, bad, *others = (future.result(timeout=60).picture for future in results)
    assert isinstance(bad, ImageCorrupt)
    assert all(isinstance(each, Picture) for each in (good, *others))
    message = f"a JPEG image of {len(data)} bytes ended its decoder: SIGSEGV"
    assert ("ERROR", message) in [(each.levelname, each.message) for each in caplog.records]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_decoder_killed_at_work_costs_one_picture(pool, cat, chelsea, number):
    """A napping decoder is killed while other pictures are decoded."""
    napping = pool.submit(jpeg(cat, NAP), CROP)
    with ThreadPoolExecutor(16) as clients:
        others = [clients.submit(decode, pool, chelsea) for _ in range(16)]
        time.sleep(0.2)
        for process in decoders(pool):
            os.kill(int(process), number)
        killed = isinstance(napping.result(timeout=60).picture, ImageCorrupt)
        corrupt = sum(isinstance(each.result().picture, ImageCorrupt) for each in others)
    assert killed
    assert corrupt <= 1
    assert isinstance(decode(pool, chelsea).picture, Picture)


def test_a_decoder_killed_between_pictures_costs_none(pool, chelsea):
    decode(pool, chelsea)
    for process in decoders(pool):
        os.kill(int(process), signal.SIGKILL)
    wait_until(lambda: not decoders(pool))
    assert isinstance(decode(pool, chelsea).picture, Picture)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_the_fork_server_is_replaced_if_it_is_killed(chelsea):
    pool = DecoderPool(1, max_pixels=MAX_PIXELS)
    decode(pool, chelsea)
    os.kill(pool._fork_server.process, signal.SIGKILL)
    wait_until(lambda: not decoders_alive(pool))
    assert isinstance(decode(pool, chelsea).picture, Picture)


def decoders_alive(pool):
    path = Path(f"/proc/{pool._fork_server.process}/task")
    return path.exists() and bool(decoders(pool))


OWNER = """
import sys, time
from pathlib import Path
from pictures import Crop, DecoderPool

pool = DecoderPool(1, max_pixels=10**6)
pool.submit(Path(sys.argv[1]).read_bytes(), Crop(size=8, shorter_side=8)).result()
print(pool._fork_server.process, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_server(photos, number):
    command = [sys.executable, "-c", OWNER, photos / "chelsea.jpg"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        server = owner.stdout.readline().strip()
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        assert len(children) == 1
        owner.send_signal(number)
        owner.wait(timeout=30)
    wait_until(lambda: not any(alive(process) for process in (server, *children)))


def alive(process):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_pool_that_is_dropped_ends_its_processes(chelsea):
    pool = DecoderPool(1, max_pixels=MAX_PIXELS)
    decode(pool, chelsea)
    processes = [str(pool._fork_server.process), *decoders(pool)]
    del pool
    wait_until(lambda: not any(alive(process) for process in processes))


def test_what_libraries_write_of_a_damaged_picture_is_not_in_the_log(pool, cat, capfd):
    """Libtiff writes a line for each damaged row."""
    file = io.BytesIO()
    cat.convert("1").save(file, "TIFF", compression="group3")
    data = file.getvalue()
    start, end = len(data) // 4, len(data) // 2
    noise = np.random.default_rng(seed=0).bytes(end - start)
    assert decode(pool, data[:start] + noise + data[end:]).picture.width == 451
    assert capfd.readouterr() == ("", "")
