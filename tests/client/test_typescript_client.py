"""A TypeScript client, type-checked against types made from the OpenAPI document, in Node."""

import urllib.request

import pytest


@pytest.mark.slow
@pytest.mark.needs("npm", "node")
def test_a_client_written_from_the_document_classifies_a_photo(npm, start_server, photos):
    server = start_server()
    with urllib.request.urlopen(f"{server.url}/openapi.json") as response:
        (npm.folder / "openapi.json").write_bytes(response.read())
    npm("npx", "openapi-typescript", "openapi.json", "--output", "api.d.ts")
    npm(
        "npx", "tsc", "client.ts", "--strict", "--target", "es2022", "--module", "nodenext",
        "--types", "node", "--skipLibCheck",
    )  # fmt: skip
    printed = npm("node", "client.js", server.url, str(photos / "chelsea.jpg"))
    label, count, error, reason = printed.splitlines()
    assert (label, count, reason) == ("Egyptian cat", "5", "BAD_BASE64")
    assert error.startswith("BAD_BASE64: instances[1].b64")
