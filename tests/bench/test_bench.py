"""A smoke test of what the benchmarks measure with; how fast anything is, no test asserts."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import load
from bench.client import Client, form, request


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
        answer = client.ask(request("/", "application/octet-stream", body))
        assert (answer.status, answer.body) == (200, body)
    assert b'name="photo"' in client.ask(form("/", "photo", b"bytes")).body
    client.close()


def test_the_load_counts_requests_and_errors(port):
    requests = [request(path, "text/plain", b"body") for path in ("/right", "/wrong")]
    done = load.run(port, requests, clients=2, seconds=0.2)
    assert len(done.times) > done.errors > 0
    # But for the first of each client, one of which was right.
    assert len(done.milliseconds) == done.answered - 1 == len(done.times) - done.errors - 1
    assert done.cpu_seconds > 0


@pytest.mark.parametrize("path", ["/wrong", "/garbage"])
def test_what_fails_is_neither_timed_nor_answered(port, path):
    done = load.run(port, [request(path, "text/plain", b"body")], clients=2, seconds=0)
    assert (done.errors, done.answered, done.milliseconds) == (4, 0, [])


def test_every_client_of_a_slow_server_is_timed(port):
    done = load.run(port, [request("/", "text/plain", b"body")], clients=3, seconds=0)
    assert len(done.milliseconds) == 3


def test_the_floor_takes_the_steps_it_is_told_to():
    command = [sys.executable, "-m", "bench.bare", "tests/data/chelsea.jpg", "1"]
    done = subprocess.run(command, input="2\n1\n", capture_output=True, text=True, check=True)
    about, *turns = map(json.loads, done.stdout.splitlines())
    assert about is None
    assert [len(milliseconds) for milliseconds in turns] == [2, 1]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["florr"], "no part 'florr'"),
        (["--quick", "--publish"], "exclude each other"),
        (["floor", "soak", "--", "--minutes", "1"], "those of one part"),
        (["--", "--minutes", "1"], "those of one part"),
    ],
)
def test_a_wrong_command_is_refused_before_anything_is_installed(arguments, complaint):
    done = subprocess.run(
        ["scripts/bench", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
