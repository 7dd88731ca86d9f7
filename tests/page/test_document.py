"""The page as HTTP: one document, small, cached, and allowed to run nothing but itself."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys

import pytest

from service.page import FOLDER, read_page


@pytest.fixture
def reply(client):
    return client.get("/")


def test_it_is_html(reply):
    assert reply.status_code == 200
    assert reply.content_type == "text/html; charset=utf-8"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_every_file_of_the_folder_is_in_it(reply):
    files = [path.read_text() for path in FOLDER.iterdir() if path.suffix in (".css", ".js")]
    assert len(files) > 1
    assert all(file in reply.text for file in files)


def test_it_refers_to_no_file(reply):
    assert not re.search(r"<script [^>]*src=|<link [^>]*stylesheet", reply.text)


def test_a_browser_that_has_it_is_told_so(client, reply):
    again = client.get("/", headers={"If-None-Match": reply.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == reply.headers["ETag"]
    assert reply.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-cache"


def test_a_browser_that_has_another_gets_it(client, reply):
    again = client.get("/", headers={"If-None-Match": 'W/"another"'})
    assert again.data == reply.data


def test_it_is_compressed_for_who_can_read_that(client, reply):
    packed = client.get("/", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == reply.data
    assert "Content-Encoding" not in reply.headers
    assert packed.headers["Vary"] == reply.headers["Vary"] == "Accept-Encoding"


def test_it_is_small():
    assert len(read_page().gzipped) <= 40_000


def test_head_tells_of_it_without_it(client, reply):
    head = client.head("/")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == reply.headers["ETag"]
    assert head.content_length == len(reply.data)


def test_the_policy_allows_nothing_but_its_own(reply):
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert policy.count("'sha256-") == len(re.findall("<script>|<style>", reply.text))


def test_the_start_does_not_wait_for_it():
    code = "import main; from service.page import read_page; print(read_page.cache_info())"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert b"misses=0" in started.stdout
