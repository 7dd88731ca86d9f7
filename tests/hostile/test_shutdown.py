"""Stopped while it works, a server finishes that; killed, it starts again."""

import signal

from tests.hostile.shutdown import admitted, finish, is_right, kill
from tests.hostile.wire import ask, post


def test_terminated_it_answers_all_that_it_has_begun(start_server):
    server = start_server(THREADS="80")
    with admitted(server.port, 8) as connections:
        server.process.send_signal(signal.SIGTERM)
        answers = finish(connections)
    assert all(is_right(answer) for answer in answers)
    assert server.process.wait(timeout=60) == 0


def test_killed_it_starts_again_at_the_same_address(start_server, chelsea):
    server = start_server(THREADS="80")
    with admitted(server.port, 2):
        kill(server)
    assert server.process.returncode == -signal.SIGKILL
    server.start()
    assert is_right(ask(server.port, post(chelsea, "image/jpeg")))
