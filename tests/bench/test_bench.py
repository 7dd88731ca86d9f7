"""The benchmarks' client, load generator, baseline and command line; no test asserts a speed."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.harness import load
from bench.harness.baseline import Baseline
from bench.harness.client import Client, post, post_form
from bench.harness.errors import Skipped
from bench.harness.memory import LIMITS, MemoryLimit, MemorySearch, Trial
from tests.needs import skip


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/garbage":
            self.wfile.write(b"garbage\r\n\r\n")
            self.close_connection = True
            return
        self.send_response(404 if self.path == "/wrong" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


def test_the_client_sends_and_receives_whole_bodies(port):
    client = Client(port)
    body = bytes(range(256)) * 4000
    for _ in range(2):
        response = client.send(post("/", "application/octet-stream", body))
        assert (response.status, response.body) == (200, body)
    assert b'name="photo"' in client.send(post_form("/", "photo", b"bytes")).body
    client.close()


def test_the_load_counts_requests_and_errors(port):
    requests = [post(path, "text/plain", b"body") for path in ("/right", "/wrong")]
    done = load.run(port, requests, clients=2, seconds=0.2)
    assert len(done.requests) > done.errors > 0
    # Without the first request of each client, one of which succeeded.
    assert len(done.milliseconds) == done.successes - 1 == len(done.requests) - done.errors - 1
    assert done.cpu_seconds > 0


@pytest.mark.parametrize("path", ["/wrong", "/garbage"])
def test_a_failed_request_is_neither_timed_nor_counted_as_success(port, path):
    done = load.run(port, [post(path, "text/plain", b"body")], clients=2, seconds=0)
    assert (done.errors, done.successes, done.milliseconds) == (4, 0, [])


def test_every_client_of_a_slow_server_is_timed(port):
    done = load.run(port, [post("/", "text/plain", b"body")], clients=3, seconds=0)
    assert len(done.milliseconds) == 3


def test_the_baseline_runs_the_steps_requested():
    with Baseline(Path("tests/data/chelsea.jpg"), num_threads=1) as baseline:
        assert [len(baseline.run(steps)) for steps in (2, 1)] == [2, 1]


@pytest.mark.parametrize(
    ("needed", "smallest"), [(0, LIMITS[0]), (150, 160), (LIMITS[-1], LIMITS[-1]), (10**6, None)]
)
def test_the_search_finds_the_smallest_limit_that_passes(monkeypatch, needed, smallest):
    tried = []

    def trial(_, mebibytes):
        tried.append(mebibytes)
        return Trial(mebibytes, kills=int(mebibytes < needed), errors=0, rate=1.0)

    monkeypatch.setattr(MemorySearch, "_trial", trial)
    trials = MemorySearch.of(None, [], clients=1, quick=False).run()
    assert next((each.mebibytes for each in trials if each.passed), None) == smallest
    assert len(tried) <= 4


@pytest.mark.parametrize("trial", [(1, 0, 1.0), (0, 1, 1.0), (0, 0, 0.94)])
def test_a_limit_fails_by_a_kill_an_error_or_a_lower_rate(trial):
    assert not Trial(128, *trial).passed
    assert Trial(128, kills=0, errors=0, rate=0.95).passed


def test_a_process_over_the_memory_limit_is_killed():
    try:
        limit = MemoryLimit(64)
    except Skipped:
        skip("control-group")
    with limit:
        for size, kills in ((16, 0), (128, 1)):
            command = [sys.executable, "-c", f"bytearray({size} << 20).replace(b'', b'')"]
            done = subprocess.run(command, preexec_fn=limit.enter, check=False)
            assert (done.returncode, limit.kills()) == (-9 * kills, kills)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["florr"], "Unknown benchmark 'florr'"),
        (["--quick", "--publish"], "exclude each other"),
        (["floor", "soak", "--", "--minutes", "1"], "for one benchmark"),
        (["--", "--minutes", "1"], "for one benchmark"),
    ],
)
def test_a_wrong_command_is_refused_before_anything_is_installed(arguments, complaint):
    done = subprocess.run(
        ["scripts/bench", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
