"""The page over HTTP: one small document, cached, with a strict content security policy."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys

import pytest

from pictures import FORMATS
from service.page import FOLDER, read_page


@pytest.fixture
def reply(client):
    return client.get("/")


def test_the_page_is_html(reply):
    assert reply.status_code == 200
    assert reply.content_type == "text/html; charset=utf-8"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_contains_every_static_file(reply):
    files = [path.read_text() for path in FOLDER.iterdir() if path.suffix in (".css", ".js")]
    assert len(files) > 1
    assert all(file in reply.text for file in files)


def test_the_page_names_every_format(reply):
    assert all(name.casefold() in reply.text.casefold() for name in FORMATS)


def test_the_page_loads_no_other_file(reply):
    assert not re.search(r"<script [^>]*src=|<link [^>]*stylesheet", reply.text)


def test_a_cached_page_is_304(client, reply):
    again = client.get("/", headers={"If-None-Match": reply.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == reply.headers["ETag"]
    assert reply.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-cache"


def test_an_outdated_page_is_sent_again(client, reply):
    again = client.get("/", headers={"If-None-Match": 'W/"another"'})
    assert again.data == reply.data


def test_the_page_is_compressed_if_accepted(client, reply):
    packed = client.get("/", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == reply.data
    assert "Content-Encoding" not in reply.headers
    assert packed.headers["Vary"] == reply.headers["Vary"] == "Accept-Encoding"


def test_the_page_is_small():
    assert len(read_page().gzipped) <= 40_000


def test_head_has_the_headers_without_the_page(client, reply):
    head = client.head("/")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == reply.headers["ETag"]
    assert head.content_length == len(reply.data)


def test_the_policy_allows_only_inlined_scripts_and_styles(reply):
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert policy.count("'sha256-") == len(re.findall("<script>|<style>", reply.text))


def test_the_page_is_not_assembled_at_the_start():
    code = "import main; from service.page import read_page; print(read_page.cache_info())"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert b"misses=0" in started.stdout
