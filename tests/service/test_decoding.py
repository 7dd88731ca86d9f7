"""The images of a request through the real decoder processes: order, errors, timings."""

import pytest

from pictures import Crop, DecoderPool, ImageCorrupt, Picture
from service.decoding import decode
from service.errors import NoImage
from service.timings import Timings

CROP = Crop(size=8, shorter_side=8)


@pytest.fixture(scope="module")
def pool():
    return DecoderPool(2, max_pixels=10**6)


def test_results_keep_the_order_of_the_request(pool, chelsea):
    images = [chelsea, NoImage("none"), chelsea[:2000], chelsea]
    results = decode(images, pool, CROP, Timings())
    assert [type(result) for result in results] == [Picture, NoImage, ImageCorrupt, Picture]


def test_decoding_and_waiting_are_measured(pool, chelsea):
    timings = Timings()
    decode([chelsea], pool, CROP, timings)
    assert timings.milliseconds["decode"] > 0
    assert timings.milliseconds["wait"] >= 0
