"""What importing the function does, for its process and for the server that imports it."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux lists threads there")
def test_importing_it_starts_no_thread():
    """It would compete with the import, and not outlive the server's fork."""
    environment = {name: value for name, value in os.environ.items() if "OPENBLAS" not in name}
    code = "import os, main; print(len(os.listdir('/proc/self/task')))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    assert int(done.stdout) == 1


def test_the_server_starts_without_a_writable_home(start_server, monkeypatch):
    """Gunicorn's control socket would be made there, and log an error."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    server = start_server(HOME="/proc/nowhere")
    urllib.request.urlopen(f"{server.url}/ready")  # a thread would have failed by then
    server.stop()
    assert "ERROR" not in server.log.read_text()
