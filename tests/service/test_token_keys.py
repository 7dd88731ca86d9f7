"""The keys that verify tokens: fetched, kept, and done without."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.errors import BadToken, KeyServerUnavailable
from service.tokens import TokenVerifier
from tests.service.firebase import (
    NUMBER,
    KeyServer,
    app_check_claims,
    private_key,
    sign,
)
from tests.service.samples import assert_error
from tests.service.test_tokens import APP_CHECK, FORGED, ask_as_app, post, start, valid


@pytest.fixture
def another_key_server():
    server = KeyServer("first")
    yield server
    server.stop()


@pytest.fixture
def make_verifier(another_key_server):
    def make():
        return TokenVerifier(
            field=APP_CHECK,
            issuer=app_check_claims()["iss"],
            audience=f"projects/{NUMBER}",
            keys_url=another_key_server.url,
        )

    return make


@pytest.fixture
def verifier(make_verifier):
    return make_verifier()


def outcome(verifier, token=None):
    try:
        verifier.check(token or valid())
    except (BadToken, KeyServerUnavailable) as error:
        return type(error)
    return None


def test_keys_are_fetched_once(verifier, another_key_server):
    assert another_key_server.fetches == 0
    assert [outcome(verifier) for _ in range(20)] == [None] * 20
    assert another_key_server.fetches == 1


def test_a_flood_of_unknown_keys_causes_one_fetch(verifier, another_key_server):
    another_key_server.delay = 0.1
    flood = [sign(app_check_claims(), key=private_key("first"), key_id=str(n)) for n in range(50)]
    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(lambda token: outcome(verifier, token), flood))
    assert outcomes == [BadToken] * 50
    assert outcome(verifier) is None
    assert another_key_server.fetches == 1


def test_a_new_key_is_found_after_the_cooldown(verifier, another_key_server, monkeypatch):
    monkeypatch.setattr("service.tokens._COOLDOWN_SECONDS", 0.05)
    new = sign(app_check_claims(), key_id="second")
    assert outcome(verifier, new) is BadToken
    another_key_server.key_ids = ("second",)
    time.sleep(0.06)
    assert outcome(verifier, new) is None
    assert outcome(verifier) is BadToken, "the server has withdrawn this key"


@pytest.mark.parametrize("reply", [b"<html>", b"[]", b'{"keys": []}', b"\xff"])
def test_a_reply_that_is_no_key_set_is_a_failure(verifier, another_key_server, reply):
    another_key_server.reply = reply
    assert outcome(verifier) is KeyServerUnavailable


def test_without_any_key_it_is_503_until_the_server_is_back(another_key_server, monkeypatch):
    monkeypatch.setattr("service.tokens._COOLDOWN_SECONDS", 1)
    another_key_server.stop()
    client = start(another_key_server, FIREBASE_PROJECT=NUMBER, API_KEYS="key")
    response = ask_as_app(client, valid())
    assert_error(response, 503, "KEY_SERVER_UNAVAILABLE")
    assert response.headers["Retry-After"] == "1"
    another_key_server.start()
    assert_error(ask_as_app(client, valid()), 503, "KEY_SERVER_UNAVAILABLE")
    assert post(client, X_API_Key="key").status_code == 200, "keys need no server"
    time.sleep(1)
    assert ask_as_app(client, valid()).status_code == 200


def test_old_keys_stay_in_use_while_the_server_is_down(verifier, another_key_server, monkeypatch):
    monkeypatch.setattr("service.tokens._REFRESH_SECONDS", 0)
    monkeypatch.setattr("service.tokens._COOLDOWN_SECONDS", 0)
    assert outcome(verifier) is None
    another_key_server.stop()
    for _ in range(3):
        assert outcome(verifier) is None
        assert outcome(verifier, FORGED["another key"]()) is BadToken
    unknown = FORGED["an unknown key"]()
    assert outcome(verifier, unknown) is KeyServerUnavailable, "the key may be a new one"
    another_key_server.start()
    assert outcome(verifier) is None
    assert outcome(verifier, unknown) is BadToken
    assert another_key_server.fetches >= 3


def test_keys_expire_in_the_end(verifier, another_key_server, monkeypatch):
    monkeypatch.setattr("service.tokens._COOLDOWN_SECONDS", 0)
    monkeypatch.setattr("service.tokens._MAX_AGE_SECONDS", 0.3)
    assert outcome(verifier) is None
    another_key_server.stop()
    assert outcome(verifier) is None
    time.sleep(0.3)
    assert outcome(verifier) is KeyServerUnavailable
    another_key_server.start()
    assert outcome(verifier) is None


def test_a_server_that_hangs_delays_one_request(make_verifier, another_key_server, monkeypatch):
    monkeypatch.setattr("service.tokens._TIMEOUT_SECONDS", 1)
    monkeypatch.setattr("service.tokens._REFRESH_SECONDS", 0)
    verifier = make_verifier()
    assert outcome(verifier) is None
    monkeypatch.setattr("service.tokens._COOLDOWN_SECONDS", 0.3)
    time.sleep(0.3)
    another_key_server.delay = 2

    def timed(_):
        started = time.monotonic()
        assert outcome(verifier) is None
        return time.monotonic() - started

    with ThreadPoolExecutor(8) as threads:
        seconds = sorted(threads.map(timed, range(8)))
    assert seconds[-2] < 0.8
    assert 0.8 < seconds[-1] < 1.8
    assert another_key_server.fetches == 2
