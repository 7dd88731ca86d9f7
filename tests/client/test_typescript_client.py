"""A TypeScript client, type-checked against types made from the OpenAPI document, in Node."""

import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

CLIENT = Path(__file__).parent


@pytest.fixture
def npm(tmp_path):
    """A copy of the client with its tools installed, and a way to run them."""
    for name in ("package.json", "client.ts"):
        shutil.copy(CLIENT / name, tmp_path)

    def run(*command):
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund")
    return run


@pytest.mark.slow
@pytest.mark.needs("npm", "node")
def test_a_client_written_from_the_document_classifies_a_photo(npm, start_server, photos, tmp_path):
    server = start_server()
    with urllib.request.urlopen(f"{server.url}/openapi.json") as response:
        (tmp_path / "openapi.json").write_bytes(response.read())
    npm("npx", "openapi-typescript", "openapi.json", "--output", "api.d.ts")
    npm(
        "npx", "tsc", "client.ts", "--strict", "--target", "es2022", "--module", "nodenext",
        "--types", "node", "--skipLibCheck",
    )  # fmt: skip
    printed = npm("node", "client.js", server.url, str(photos / "chelsea.jpg"))
    label, count, error, reason = printed.splitlines()
    assert (label, count, reason) == ("Egyptian cat", "5", "BAD_BASE64")
    assert error.startswith("BAD_BASE64: instances[1].b64")
