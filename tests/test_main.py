"""What importing the function does, which every cold start waits for."""

import os
import subprocess
import sys
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
