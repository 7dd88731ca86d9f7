"""Paths, methods, and the headers that every response has."""

import json

import pytest

from tests.service.samples import assert_error


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        ("/", "PUT", "GET, POST, HEAD, OPTIONS"),
        ("/", "DELETE", "GET, POST, HEAD, OPTIONS"),
        ("/model", "POST", "GET, HEAD, OPTIONS"),
        ("/labels", "PATCH", "GET, HEAD, OPTIONS"),
        ("/health", "POST", "GET, HEAD, OPTIONS"),
        ("/ready", "TRACE", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "POST", "GET, HEAD, OPTIONS"),
    ],
)
def test_an_unsupported_method_is_405_with_allow(client, path, method, allow):
    response = client.open(path, method=method)
    assert allow in assert_error(response, 405, "METHOD_NOT_ALLOWED")
    assert allow in response.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/model/",
        "/classify",
        "/health/x",
        "/%00",
        "/%0d%0ax",
        "/favicon.ico",
        "/robots.txt",
    ],
)
def test_an_unknown_path_is_404_and_lists_the_paths(client, path):
    assert "/model" in assert_error(client.get(path), 404, "NO_SUCH_PATH")


GETS = ["/model", "/labels", "/health", "/ready", "/openapi.json"]


@pytest.mark.parametrize("path", GETS)
def test_head_is_get_without_a_body(client, path):
    get, head = client.get(path), client.head(path)
    assert get.status_code == head.status_code == 200
    assert head.data == b""
    assert head.headers["Content-Type"] == get.headers["Content-Type"] == "application/json"
    assert head.content_length == get.content_length


@pytest.mark.parametrize("path", [*GETS, "/", "/nope"])
def test_every_response_is_json_with_no_store_and_nosniff(client, path):
    response = client.get(path) if path != "/" else client.post("/")
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    json.loads(response.data.decode("utf-8"))


@pytest.mark.parametrize("path", [*GETS, "/", "/nope"])
def test_options_is_204_with_cors_headers(client, path):
    response = client.options(path, headers={"Origin": "https://app.example"})
    assert (response.status_code, response.data) == (204, b"")
    assert "Content-Type" not in response.headers
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]
