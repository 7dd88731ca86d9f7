"""The app's client with faults between it and the real function."""

from __future__ import annotations

import asyncio
import time

import client
import client.client
import httpx
import pytest
from client import Client

from tests.app.proxy import Proxy, cut, delayed, in_pieces, replaced, reset, stalled, whole
from tests.app.running import run

OVERLOADED = b'{"error": {"code": 503, "reason": "OVERLOADED", "message": "wait"}}'
BUSY = replaced(503, OVERLOADED)


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch):
    monkeypatch.setattr(client.client, "_FIRST_DELAY", 0.01)


def classify(server, photo, *faults, **options):
    """The reply or the error to a photo sent through the faults, and the number of connections."""

    async def send():
        async with Proxy(server, *faults) as proxy, Client(proxy.url, **options) as client_:
            try:
                reply = await client_.classify(photo)
            except client.ClassifyError as error:
                reply = error
            return reply, proxy.connections

    return run(send())


@pytest.mark.parametrize(
    ("faults", "connections"),
    [
        ([], 1),
        ([in_pieces], 1),
        ([delayed(0.3)], 1),
        ([reset], 2),
        ([cut], 2),
        ([BUSY], 2),
        ([replaced(503, b"<h1>Service Unavailable</h1>")], 2),
        ([replaced(429, b"<h1>Rate exceeded.</h1>")], 2),
        ([BUSY, reset, cut], 4),
    ],
    ids=["none", "500 pieces", "delay", "reset", "cut", "503", "503 of a platform", "429", "three"],
)
def test_a_photo_gets_its_labels_in_spite_of_faults(server, chelsea, faults, connections):
    reply, made = classify(server, chelsea, *faults)
    assert reply.labels[0].label == "Egyptian cat"
    assert made == connections


@pytest.mark.parametrize(
    ("fault", "error"),
    [(reset, client.ConnectionBroken), (cut, client.ConnectionBroken), (BUSY, client.Overloaded)],
    ids=["reset", "cut", "503"],
)
@pytest.mark.parametrize("tries", [1, 4])
def test_it_gives_up_after_the_last_try(server, chelsea, fault, error, tries):
    reply, connections = classify(server, chelsea, *[fault] * 9, tries=tries)
    assert isinstance(reply, error)
    assert connections == tries


@pytest.mark.parametrize("status", [302, 401, 403, 404, 500, 502, 504])
def test_other_statuses_are_not_retried(server, chelsea, status):
    reply, connections = classify(server, chelsea, replaced(status, b"<h1>Another server</h1>"))
    assert isinstance(reply, client.UnexpectedReply)
    assert (reply.status, connections) == (status, 1)


@pytest.mark.parametrize("body", [b"", b"<p>Sign in</p>", b"[]", b'{"labels": 1}', b"\xff"])
def test_a_success_of_a_captive_portal_is_no_reply(server, chelsea, body):
    reply, connections = classify(server, chelsea, replaced(200, body))
    assert isinstance(reply, client.UnexpectedReply)
    assert connections == 1


def test_an_unknown_reason_of_a_later_function_is_an_error_of_the_api(server, chelsea):
    body = b'{"error": {"code": 400, "reason": "NEW", "message": "do this"}}'
    reply, _ = classify(server, chelsea, replaced(400, body))
    assert (type(reply), reply.reason, str(reply)) == (client.ApiError, "NEW", "do this")


def test_it_waits_as_long_as_retry_after_says(server, chelsea):
    start = time.perf_counter()
    _, connections = classify(server, chelsea, replaced(503, OVERLOADED, Retry_After="1"))
    assert connections == 2
    assert 1 <= time.perf_counter() - start < 3


def test_a_long_retry_after_is_for_people(server, chelsea):
    reply, connections = classify(server, chelsea, replaced(503, OVERLOADED, Retry_After="3600"))
    assert isinstance(reply, client.Overloaded)
    assert connections == 1


def test_a_reply_that_takes_too_long_is_not_retried(server, chelsea):
    reply, connections = classify(server, chelsea, delayed(5), timeout=httpx.Timeout(0.5))
    assert isinstance(reply, client.TimedOut)
    assert connections == 1


def test_a_server_that_reads_nothing_times_out():
    async def send():
        async with Client(url, timeout=httpx.Timeout(0.5)) as client_:
            await client_.classify(bytes(8 * 2**20))

    with stalled() as url, pytest.raises(client.TimedOut):
        run(send())


def test_a_cancelled_request_closes_its_connection_and_the_client_goes_on(server, chelsea):
    async def send():
        gone = asyncio.Event()

        async def hold(connection):
            await connection.reply()
            assert await connection.reader.read() == b""
            gone.set()

        async with Proxy(server, hold, whole) as proxy, Client(proxy.url) as client_:
            task = asyncio.create_task(client_.classify(chelsea))
            await asyncio.sleep(0.5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(gone.wait(), 5)
            assert (await client_.classify(chelsea)).labels[0].label == "Egyptian cat"
            assert proxy.connections == 2

    run(send())


def test_the_delays_grow_and_are_random(server, chelsea, monkeypatch):
    monkeypatch.setattr(client.client, "_FIRST_DELAY", 0.1)
    took = []
    for _ in range(3):
        start = time.perf_counter()
        classify(server, chelsea, BUSY, BUSY, BUSY)
        took.append(time.perf_counter() - start)
    assert len({round(seconds, 3) for seconds in took}) == 3
    assert max(took) < 0.1 + 0.2 + 0.4 + 1
