"""Tokens of Firebase, verified with the keys of a server that the tests run."""

import base64
import json
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug import Request
from werkzeug.test import Client

from service import Service, read_settings
from service.access import GOOGLE, KeyServers
from tests.service.firebase import (
    NUMBER,
    PROJECT,
    KeyServer,
    app_check_claims,
    id_claims,
    private_key,
    sign,
)
from tests.service.samples import PNG, assert_error

APP_CHECK, KEY = "X-Firebase-AppCheck", "X-API-Key"


@pytest.fixture(scope="module")
def key_server():
    server = KeyServer("first", "second")
    yield server
    server.stop()


def start(key_server, **settings):
    service = Service(read_settings(settings), KeyServers(key_server.url, key_server.url))
    return Client(Request.application(service.respond))


@pytest.fixture(scope="module")
def app_only(key_server):
    return start(key_server, FIREBASE_PROJECT=NUMBER)


@pytest.fixture(scope="module")
def users_only(key_server):
    return start(key_server, FIREBASE_AUTH_PROJECT=PROJECT)


def post(client, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/", data=PNG, content_type="image/png", headers=headers)


def ask_as_app(client, token):
    return post(client, X_Firebase_AppCheck=token)


def ask_as_user(client, token):
    return post(client, Authorization=f"Bearer {token}")


@pytest.mark.parametrize("key_id", ["first", "second"])
def test_a_token_of_the_app_is_accepted(app_only, key_id):
    assert ask_as_app(app_only, sign(app_check_claims(), key_id=key_id)).status_code == 200


def test_an_id_token_is_accepted(users_only):
    assert ask_as_user(users_only, sign(id_claims())).status_code == 200


def test_clocks_may_differ_a_little(app_only):
    now = int(time.time())
    for claims in ({"exp": now - 20}, {"iat": now + 20}):
        assert ask_as_app(app_only, sign(app_check_claims(**claims))).status_code == 200


LONG_AGO, IN_AN_HOUR = int(time.time()) - 3600, int(time.time()) + 3600
WRONG_TIMES = [
    ({"exp": LONG_AGO}, "has expired"),
    ({"exp": None}, "is not valid"),
    ({"exp": "soon"}, "is not valid"),
    ({"iat": IN_AN_HOUR}, "is not valid yet"),
    ({"nbf": IN_AN_HOUR}, "is not valid yet"),
    ({"iat": None}, "is not valid"),
    ({"sub": None}, "is not valid"),
    ({"sub": ""}, "is not valid"),
    ({"sub": "x" * 129}, "is not valid"),
    ({"sub": 7}, "is not valid"),
    ({"iss": None}, "is not valid"),
    ({"aud": None}, "is not valid"),
    ({"aud": []}, "is not valid"),
    ({"iss": "https://example.com/"}, "is for another project"),
]


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        *WRONG_TIMES,
        ({"iss": "https://firebaseappcheck.googleapis.com/1"}, "is for another project"),
        ({"iss": f"https://firebaseappcheck.googleapis.com/{NUMBER}/"}, "is for another project"),
        ({"aud": ["projects/1", "projects/other"]}, "is for another project"),
        ({"aud": f"projects/{NUMBER}1"}, "is for another project"),
        (id_claims(), "is for another project"),
    ],
)
def test_a_wrong_claim_of_an_app_is_401(app_only, claims, problem):
    response = ask_as_app(app_only, sign(app_check_claims(**claims)))
    message = assert_error(response, 401, "BAD_TOKEN")
    assert message.startswith(f"the token in {APP_CHECK} {problem};")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        *WRONG_TIMES,
        ({"iss": "https://securetoken.google.com/other"}, "is for another project"),
        ({"aud": "other"}, "is for another project"),
        (app_check_claims(), "is for another project"),
    ],
)
def test_a_wrong_claim_of_a_user_is_401(users_only, claims, problem):
    response = ask_as_user(users_only, sign(id_claims(**claims)))
    message = assert_error(response, 401, "BAD_TOKEN")
    assert message.startswith(f"the token in Authorization {problem};")


def encode(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def with_header(header):
    """A valid token but for its header."""
    return ".".join([encode(header), *valid().split(".")[1:]])


def hmac_with_the_public_key(claims):
    """PyJWT itself refuses to sign with this secret."""
    pem = (
        private_key("first")
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    head = encode(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "first"}).encode())
    signed = f"{head}.{encode(json.dumps(claims).encode())}"
    hs256 = jwt.get_algorithm_by_name("HS256")
    return f"{signed}.{encode(hs256.sign(signed.encode(), pem))}"


@cache
def valid():
    return sign(app_check_claims())


def changed():
    """The signature of one payload with another."""
    head, _, signature = valid().split(".")
    return ".".join([head, encode(json.dumps(app_check_claims(sub="other")).encode()), signature])


NONE = b'{"alg": "none", "typ": "JWT", "kid": "first"}'
FORGED = {
    "another key": lambda: sign(app_check_claims(), key=private_key("stolen")),
    "an unknown key": lambda: sign(app_check_claims(), key_id="stolen"),
    "another type": lambda: sign(app_check_claims(), typ="at+jwt"),
    "another hash": lambda: sign(app_check_claims(), algorithm="RS512"),
    "the public key as a secret": lambda: hmac_with_the_public_key(app_check_claims()),
    "algorithm none": lambda: with_header(NONE),
    "algorithm none, unsigned": lambda: with_header(NONE).rpartition(".")[0] + ".",
    "unsigned": lambda: valid().rpartition(".")[0] + ".",
    "changed": changed,
    "cut short": lambda: valid()[:-5],
    "no key": lambda: with_header(b'{"alg": "RS256", "typ": "JWT"}'),
    "an odd key": lambda: with_header(b'{"alg": "RS256", "typ": "JWT", "kid": ["first"]}'),
    "an odd algorithm": lambda: with_header(b'{"alg": ["RS256"], "typ": "JWT", "kid": "first"}'),
    "an unpaired surrogate": lambda: with_header(b'{"alg": "RS256", "crit": ["\\ud800"]}'),
    "nested": lambda: with_header(b'{"kid": ' + b"[" * 100_000),
    "a list": lambda: with_header(b"[]"),
    "no JSON": lambda: with_header(b"\xff"),
    "no token": lambda: "x",
    "not ASCII": lambda: "\u00e9.\u00e9.\u00e9",
    "empty": lambda: "",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_401(app_only, forge):
    message = assert_error(ask_as_app(app_only, forge()), 401, "BAD_TOKEN")
    assert message == f"the token in {APP_CHECK} is not valid; get a new one from Firebase's SDK"


def test_the_public_key_as_a_secret_would_verify():
    """So the test above fails where the algorithm is not checked."""
    pem = (
        private_key("first")
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    signed, _, signature = hmac_with_the_public_key(app_check_claims()).rpartition(".")
    hs256 = jwt.get_algorithm_by_name("HS256")
    assert hs256.verify(signed.encode(), pem, base64.urlsafe_b64decode(signature + "="))


def test_a_token_in_the_other_header_does_not_count(app_only, users_only):
    missing = assert_error(post(app_only, Authorization=f"Bearer {valid()}"), 401, "BAD_TOKEN")
    assert missing == f"the header {APP_CHECK} is missing; send a token from Firebase's SDK"
    assert_error(ask_as_app(users_only, sign(id_claims())), 401, "BAD_TOKEN")


def test_both_tokens_may_be_asked_for(key_server):
    client = start(key_server, FIREBASE_PROJECT=NUMBER, FIREBASE_AUTH_PROJECT=PROJECT)
    user = f"Bearer {sign(id_claims())}"
    assert post(client, X_Firebase_AppCheck=valid(), Authorization=user).status_code == 200
    assert_error(post(client, X_Firebase_AppCheck=valid()), 401, "BAD_TOKEN")
    assert_error(post(client, Authorization=user), 401, "BAD_TOKEN")
    assert_error(
        post(client, X_Firebase_AppCheck=valid(), Authorization=f"Bearer {valid()}"),
        401,
        "BAD_TOKEN",
    )
    document = client.get("/openapi.json").json
    assert document["paths"]["/"]["post"]["security"] == [{"AppCheck": [], "IdToken": []}]


def test_a_key_takes_the_place_of_a_token(key_server):
    client = start(key_server, FIREBASE_PROJECT=NUMBER, API_KEYS="key")
    assert post(client, X_API_Key="key").status_code == 200
    assert ask_as_app(client, valid()).status_code == 200
    assert_error(post(client, X_API_Key="other", X_Firebase_AppCheck=valid()), 401, "BAD_API_KEY")
    assert assert_error(post(client), 401, "BAD_TOKEN").endswith(f", or a key in {KEY}")
    document = client.get("/openapi.json").json
    security = [{"ApiKey": []}, {"AppCheck": []}]
    assert document["paths"]["/"]["post"]["security"] == security
    assert document["components"]["securitySchemes"].keys() == {"ApiKey", "AppCheck", "IdToken"}


def test_a_key_is_ignored_where_none_is_set(app_only):
    assert ask_as_app(app_only, valid()).status_code == 200
    assert_error(post(app_only, X_API_Key="key"), 401, "BAD_TOKEN")


@pytest.mark.parametrize(
    "path", ["/v1/models/resnet50:predict", "/image-classification", "/v1/images:annotate"]
)
def test_every_dialect_needs_a_token(app_only, path):
    assert app_only.post(path, json={}).status_code == 401
    assert app_only.post(path, json={}, headers={APP_CHECK: valid()}).status_code == 400
    assert app_only.get("/health").status_code == 200


def test_the_addresses_are_those_of_google():
    assert all(url.startswith("https://") and ".googleapis.com/" in url for url in GOOGLE)


def test_without_a_project_the_libraries_are_not_imported():
    program = "import main, sys; sys.exit(bool({'jwt', 'cryptography'} & sys.modules.keys()))"
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=True)
