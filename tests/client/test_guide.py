"""The examples of docs/clients.md are run as they stand, or parsed where they cannot be run."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from service.dialects import DIALECTS
from service.errors import ERRORS, INTERNAL
from tests.app.proxy import Proxy, replaced
from tests.app.running import run as run_coroutine
from tests.client.grammars import GRAMMARS, is_valid
from tests.needs import need

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "clients.md").read_text()
URL = "https://classify-abc.a.run.app"
# The first block of each section, by heading.
EXAMPLES = {
    heading: (language, code)
    for heading, language, code in re.findall(
        r"^## ([^\n]+)\n\n```(\w+)\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE
    )
}
PARSED = [heading for heading, (language, _) in EXAMPLES.items() if language in GRAMMARS]
RUN = [heading for heading in EXAMPLES if heading not in PARSED]
FIREBASE = "Firebase callable, in JavaScript"
# Those that retry; they are also the quick ones.
RETRYING = ["JavaScript", "Python with httpx", "curl"]
# How the examples in a language name the fields of a reply.
FIELDS = {
    "dart": r"\['(\w+)'\]",
    "kotlin": r"\.get\w+\(\"(\w+)\"\)",
    "swift": r"(\w+): (?:String|Double|\[ScoredLabel\]|ClassifyError)",
    "tsx": r"\breply\.(?:error\.)?(\w+)",
}


def test_the_table_says_which_examples_are_run():
    rows = re.findall(r"^\| \[(.+)\]\(#(.+)\) \| (\w+) \|$", GUIDE, re.MULTILINE)
    expected = {**dict.fromkeys(PARSED, "parsed"), **dict.fromkeys(RUN, "run")}
    assert {heading: how for heading, _, how in rows} == expected
    for heading, anchor, _ in rows:
        assert anchor == re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", GUIDE))
def test_the_links_lead_somewhere(link):
    assert (DOCS / link).exists()


@pytest.mark.parametrize("heading", PARSED)
def test_the_syntax_is_right(heading):
    language, code = EXAMPLES[heading]
    assert is_valid(language, code)
    # The parser would see a bracket that is missing.
    start, _, end = code.rpartition("}")
    assert not is_valid(language, start + end)


@pytest.fixture(scope="module")
def names(client):
    """The documented names of fields, parameters and paths."""
    document = client.get("/openapi.json").json
    schemas = document["components"]["schemas"].values()
    fields = {name for schema in schemas for name in schema.get("properties", ())}
    parameters = {each["name"] for each in document["paths"]["/"]["post"]["parameters"]}
    return fields, parameters, {*document["paths"], *(dialect.route.path for dialect in DIALECTS)}


@pytest.mark.parametrize("heading", EXAMPLES)
def test_the_paths_and_parameters_are_documented(names, heading):
    _, parameters, paths = names
    _, code = EXAMPLES[heading]
    addresses = re.findall(rf"{URL}(/[\w:./-]*)?", code)
    assert addresses or 'host="classify-abc' in code
    assert {path or "/" for path in addresses} <= paths
    assert set(re.findall(r"\?(\w+)=", code)) <= parameters


@pytest.mark.parametrize("heading", PARSED)
def test_the_fields_are_documented(names, heading):
    fields, _, _ = names
    language, code = EXAMPLES[heading]
    read = set(re.findall(FIELDS[language], code))
    assert {"labels", "reason"} <= read <= fields


def test_the_reasons_exist():
    reasons = {spec.reason for spec in [*ERRORS.values(), INTERNAL]}
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+|OVERLOADED)`", GUIDE))
    assert named - {"CORS_ORIGINS", "LABEL_DETECTION"} <= reasons
    assert len(named) > 5


@pytest.fixture
def run(tmp_path, request):
    """Run an example against the function at a URL, in a folder with this photo; what it prints."""

    def run(heading, url, photo):
        language, code = EXAMPLES[heading]
        # Of the examples' address, Google's client takes host and scheme apart.
        host = f'host="{url.removeprefix("http://")}", url_scheme="http"'
        code = code.replace('host="classify-abc.a.run.app"', host).replace(URL, url)
        folder = tmp_path
        if heading == FIREBASE:
            folder = request.getfixturevalue("npm").folder
            # `firebase` only re-exports these, and is many times their size.
            code = code.replace('"firebase/', '"@firebase/')
        (folder / "photo.jpg").write_bytes(photo)
        file = folder / {"js": "example.mjs", "python": "example.py", "sh": "example.sh"}[language]
        file.write_text(code)
        return subprocess.run(
            _command(language, file), cwd=folder, capture_output=True, text=True, check=False
        )

    return run


def _command(language, file):
    if language == "python":
        return [sys.executable, file]
    if language == "sh":
        need("curl")
        return ["bash", file]
    need("node")
    # Firebase's SDK keeps timers, which would keep Node running.
    return ["node", "--eval", f"import({str(file)!r}).then(() => process.exit())"]


@pytest.fixture(scope="module")
def server(start_server):
    return start_server()


@pytest.mark.parametrize(
    "heading",
    [
        *RETRYING,
        *(pytest.param(each, marks=pytest.mark.slow) for each in RUN if each not in RETRYING),
    ],
)
def test_the_example_classifies_a_photo(run, server, chelsea, heading):
    done = run(heading, server.url, chelsea)
    assert done.returncode == 0, done.stderr
    assert "Egyptian cat" in done.stdout.partition("tabby")[0]
    assert "tiger cat" in done.stdout
    assert "lynx" not in done.stdout  # the fourth label
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("heading", RUN)
def test_the_example_reports_an_error(run, server, heading):
    done = run(heading, server.url, b"no picture")
    assert "UNSUPPORTED_IMAGE_FORMAT" in done.stdout
    assert done.returncode == (22 if heading == "curl" else 0), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("heading", RETRYING)
@pytest.mark.parametrize("status", [429, 503])
def test_the_example_retries_when_the_function_is_busy(run, server, chelsea, heading, status):
    async def attempt():
        async with Proxy(
            server, replaced(status, b"Rate exceeded."), replaced(status, Retry_After=1)
        ) as proxy:
            done = await asyncio.to_thread(run, heading, proxy.url, chelsea)
            return done, proxy.connections

    done, connections = run_coroutine(attempt())
    assert "Egyptian cat" in done.stdout, done.stderr
    assert connections == 3


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/octet-stream"}])
def test_zero_bytes_are_no_image(client, headers):
    assert client.post("/", data=b"", headers=headers).json["error"]["reason"] == "NO_IMAGE"
