"""Firebase's SDK in Node calls the function as a callable one."""

import base64
import json
import time

import pytest

from tests.client.guarded import COMMAND
from tests.service.firebase import NUMBER, KeyServer, app_check_claims, private_key, sign
from tests.service.samples import BASE64


@pytest.fixture
def call(npm):
    """Call the function at a URL with each of these values; the results or errors."""

    def call(url, *values, token=""):
        printed = npm("node", "firebase.mjs", url, token, stdin="\n".join(map(json.dumps, values)))
        return [json.loads(line) for line in printed.splitlines()]

    return call


@pytest.mark.slow
@pytest.mark.needs("npm", "node")
def test_the_sdk_classifies_photos_and_reads_errors(call, start_server, photos):
    texts = [
        base64.b64encode((photos / photo).read_bytes()).decode()
        for photo in ("chelsea.jpg", "coffee.jpg", "camera.jpg")
    ]
    *ones, batch, bad, unknown = call(
        start_server().url,
        *({"image": text, "top_k": 2} for text in texts),
        {"instances": [{"b64": texts[0]}, {"b64": "?"}]},
        {"image": "?"},
        {"image": texts[0], "topk": 1},
    )
    labels = ["Egyptian cat", "espresso", "tripod"]
    assert [one["labels"][0]["label"] for one in ones] == labels
    assert batch["predictions"][0]["labels"][0]["label"] == "Egyptian cat"
    assert batch["predictions"][1]["error"]["reason"] == "BAD_BASE64"
    assert (bad["code"], bad["details"]) == (
        "functions/invalid-argument",
        {"reason": "BAD_BASE64"},
    )
    assert "image is not valid base64" in bad["message"]
    assert unknown["details"] == {"reason": "UNKNOWN_FIELD"}


@pytest.mark.slow
@pytest.mark.needs("npm", "node")
@pytest.mark.parametrize(
    ("settings", "code", "reason"),
    [
        ({"API_KEYS": "key"}, "functions/unauthenticated", "BAD_API_KEY"),
        ({"MODEL": "/"}, "functions/unavailable", "MODEL_UNAVAILABLE"),
        ({"MAX_BODY_BYTES": "1"}, "functions/invalid-argument", "BODY_TOO_LARGE"),
    ],
)
def test_errors_before_the_body_is_read_have_their_code(call, start_server, settings, code, reason):
    (error,) = call(start_server(**settings).url, {"image": "x"})
    assert (error["code"], error["details"]) == (code, {"reason": reason})


@pytest.fixture(scope="module")
def guarded(start_server):
    """The URL of a function that asks for tokens."""
    key_server = KeyServer("first")
    yield start_server(COMMAND, FIREBASE_PROJECT=NUMBER, KEY_SERVER=key_server.url).url
    key_server.stop()


@pytest.mark.slow
@pytest.mark.needs("npm", "node")
@pytest.mark.parametrize(
    ("problem", "claims", "key_id"),
    [
        (None, {}, "first"),
        ("has expired", {"exp": int(time.time()) - 60}, "first"),
        ("is for another project", {"aud": ["projects/1", "projects/other"]}, "first"),
        ("is not valid", {}, "stolen"),
    ],
)
def test_the_sdk_sends_a_token(call, guarded, problem, claims, key_id):
    token = sign(app_check_claims(**claims), key=private_key(key_id))
    (reply,) = call(guarded, {"image": BASE64}, token=token)
    if problem:
        assert (reply["code"], reply["details"]["reason"]) == (
            "functions/unauthenticated", "BAD_TOKEN",
        )  # fmt: skip
        assert f"X-Firebase-AppCheck {problem};" in reply["message"]
    else:
        assert reply["model"]["name"] == "resnet50"


@pytest.mark.slow
@pytest.mark.needs("npm", "node")
def test_the_sdk_without_a_token_is_refused(call, guarded):
    (error,) = call(guarded, {"image": BASE64})
    assert (error["code"], error["details"]) == (
        "functions/unauthenticated", {"reason": "BAD_TOKEN"},
    )  # fmt: skip
    assert "X-Firebase-AppCheck is missing" in error["message"]
