"""More than the server can carry, in little: `scripts/fuzz storm` does it for two minutes."""

import pytest

from tests.hostile.overload import capacity, load


@pytest.mark.slow
def test_the_admitted_are_answered_right_and_the_rest_are_turned_away(start_server):
    server = start_server(THREADS="80", PRELOAD="true", MAX_WAITING="4")
    rate = capacity(server.port, seconds=1, clients=2)
    during = load(server.port, rate=3 * rate, seconds=3)
    assert not during.wrong
    assert during.refused
    # A quarter, because the machine may be busy; what must not happen is a collapse.
    assert len(during.right) / 3 > rate / 4
    assert capacity(server.port, seconds=1, clients=2) > rate / 4
