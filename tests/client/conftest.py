"""A folder with the JavaScript clients and their packages, and a way to run them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.needs import need

CLIENT = Path(__file__).parent


@pytest.fixture(scope="session")
def npm(tmp_path_factory):
    """Run a command in the folder, and return what it prints."""
    need("npm", "node")
    folder = tmp_path_factory.mktemp("client")
    for name in ("package.json", "client.ts", "firebase.mjs"):
        shutil.copy(CLIENT / name, folder)

    def run(*command, stdin=""):
        result = subprocess.run(
            command, cwd=folder, input=stdin, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund")
    run.folder = folder
    return run
