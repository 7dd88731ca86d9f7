"""Hostile pictures get a right answer, soon, and in bounded memory; none is a 500."""

import pytest

from service.errors import ERRORS
from tests.hostile.cases import CLASSIFIED
from tests.hostile.measure import measured, outcome_of
from tests.hostile.pictures import BOMBS, OTHERS

# Pillow warns of what it repairs. A caller neither sees that nor needs to.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

# Far above what is meant, far below what a bomb takes: a caller could keep the function
# busy with as little as it sends.
MANY_SECONDS = 10


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
    data = case.make()
    outcome = outcome_of(data)
    assert outcome in case.right
    assert over_http(client, data) == outcome


@pytest.mark.slow
@pytest.mark.parametrize("case", BOMBS, ids=lambda case: case.name)
def test_a_bomb_costs_little(case, record_property):
    cost = measured(case.make())
    for figure, value in cost._asdict().items():
        record_property(figure, value)
    assert cost.outcome in case.right
    assert cost.megabytes <= case.megabytes
    assert cost.seconds <= MANY_SECONDS
