"""Hostile pictures get a right answer, soon, and in bounded memory; none is a 500."""

import sys

import pytest

from pictures import MAX_PIXELS, DecoderPool
from service.errors import ERRORS
from tests.hostile.bombs import one_tile
from tests.hostile.cases import CLASSIFIED, COSTLY
from tests.hostile.measure import CROP, cost_of, megabytes_of, outcome
from tests.hostile.pictures import BOMBS, OTHERS

# Far above what is meant, far below what a bomb takes: a caller could keep the function
# busy with as little as it sends.
MANY_SECONDS = 20


def over_http(client, data):
    response = client.post("/", data=data, content_type="application/octet-stream")
    if response.status_code == 200:
        assert response.json["labels"]
        return CLASSIFIED
    error = response.json["error"]
    (code,) = (spec.code for spec in ERRORS.values() if spec.reason == error["reason"])
    assert response.status_code == error["code"] == code
    return error["reason"]


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case.name)
def test_a_hostile_picture_gets_a_right_answer(client, case):
    assert over_http(client, case.make()) in case.right


@pytest.fixture(scope="module")
def pool():
    return DecoderPool(1, max_pixels=MAX_PIXELS)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured by /proc")
def test_bombs_take_the_memory_of_one():
    """Each has a tile of 134 MB, for a picture of 64x64 pixels."""
    pool = DecoderPool(4, max_pixels=MAX_PIXELS)
    data = one_tile(11_584, 11_584)
    decodings = [pool.submit(data, CROP) for _ in range(8)]
    peak = 0
    while not all(decoding.done() for decoding in decodings):
        peak = max(peak, megabytes_of(pool._fork_server.process))
    outcomes = {outcome(decoding.result().picture) for decoding in decodings}
    assert CLASSIFIED in outcomes
    assert outcomes <= {CLASSIFIED, COSTLY}  # on a busy machine
    assert peak < 450  # four at once would take over 536


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured by /proc")
@pytest.mark.parametrize("case", BOMBS, ids=lambda case: case.name)
def test_a_bomb_costs_little(pool, case, record_property):
    cost = cost_of(pool, case.make())
    for figure, value in cost._asdict().items():
        record_property(figure, value)
    assert cost.outcome in case.right
    assert cost.megabytes <= case.megabytes
    assert cost.seconds <= MANY_SECONDS
