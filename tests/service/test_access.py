"""API keys and CORS."""

import pytest

from tests.service.samples import PNG, assert_error

PHOTO = {"data": PNG, "content_type": "image/png"}


def test_without_keys_any_request_is_accepted(client):
    assert client.post("/", **PHOTO).status_code == 200


@pytest.mark.parametrize("key", ["old", "new"])
def test_any_of_several_keys_is_accepted(make_client, key):
    client = make_client(API_KEYS="old,new")
    assert client.post("/", **PHOTO, headers={"X-API-Key": key}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({}, "is missing"),
        ({"X-API-Key": ""}, "is missing"),
        ({"X-API-Key": "older"}, "is not a valid key"),
        ({"X-API-Key": "old,new"}, "is not a valid key"),
        ({"X-API-Key": "\u00f6ld"}, "is not a valid key"),
        ({"Authorization": "Bearer old"}, "is missing"),
    ],
)
def test_a_wrong_key_is_401_before_the_body_is_read(make_client, headers, problem):
    client = make_client(API_KEYS="old,new")
    response = client.post("/", data=b"not even an image", headers=headers)
    assert problem in assert_error(response, 401, "BAD_API_KEY")
    assert response.headers["WWW-Authenticate"].startswith("ApiKey")


def test_only_classification_needs_a_key(make_client):
    client = make_client(API_KEYS="key")
    for path in ("/health", "/model", "/labels", "/ready", "/openapi.json"):
        assert client.get(path).status_code == 200
    assert client.options("/").status_code == 204


def test_the_document_says_whether_a_key_is_needed(make_client, client):
    guarded = make_client(API_KEYS="key").get("/openapi.json").json
    assert guarded["paths"]["/"]["post"]["security"] == [{"ApiKey": []}]
    assert client.get("/openapi.json").json["paths"]["/"]["post"]["security"] == []


APP, OTHER = "https://app.example", "https://other.example"


@pytest.mark.parametrize(
    ("origins", "origin", "allowed", "vary"),
    [
        ("*", APP, "*", None),
        ("*", None, "*", None),
        (f"{APP},{OTHER}", APP, APP, "Origin"),
        (f"{APP},{OTHER}", OTHER, OTHER, "Origin"),
        (APP, OTHER, None, "Origin"),
        (APP, f"{APP}.evil.example", None, "Origin"),
        (APP, None, None, "Origin"),
        ("", APP, None, None),
    ],
)
def test_pages_of_allowed_origins_may_read_responses(make_client, origins, origin, allowed, vary):
    client = make_client(CORS_ORIGINS=origins)
    headers = {"Origin": origin} if origin else {}
    for response in (
        client.post("/", **PHOTO, headers=headers),
        client.get("/nope", headers=headers),
        client.options("/", headers=headers),
    ):
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
        assert response.headers.get("Vary") == vary
        assert ("Access-Control-Expose-Headers" in response.headers) == bool(allowed)
    assert ("Access-Control-Allow-Headers" in response.headers) == bool(allowed)


def test_a_page_may_read_the_timings(client):
    exposed = client.post("/", **PHOTO).headers["Access-Control-Expose-Headers"]
    assert "Server-Timing" in exposed
