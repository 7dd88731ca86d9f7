"""Hostile pictures get a right answer, soon, and in bounded memory; none is a 500."""

import sys

import pytest

from pictures import MAX_PIXELS, DecoderPool
from service.errors import ERRORS
from tests.hostile.cases import CLASSIFIED
from tests.hostile.measure import cost_of
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
@pytest.mark.parametrize("case", BOMBS, ids=lambda case: case.name)
def test_a_bomb_costs_little(pool, case, record_property):
    cost = cost_of(pool, case.make())
    for figure, value in cost._asdict().items():
        record_property(figure, value)
    assert cost.outcome in case.right
    assert cost.megabytes <= case.megabytes
    assert cost.seconds <= MANY_SECONDS
