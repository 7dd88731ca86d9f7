"""A run says what it skipped and how to get it; in CI it fails unless that was foreseen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def run():
    """Run the tests of the TypeScript client where no program is installed."""

    def run(*options, **environment):
        inherited = {name: value for name, value in os.environ.items() if name != "CI"}
        # Without conftest.py and installed plugins, whose imports take a second each.
        plugins = ["--noconftest", "-p", "tests.needs", "-p", "no:cacheprovider"]
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                *plugins,
                "tests/client/test_typescript_client.py",
                *options,
            ],
            cwd=ROOT,
            env={**inherited, "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_what_is_skipped_is_said_with_the_command_that_brings_it(run):
    done = run("--slow")
    assert done.returncode == 0
    *_, skipped, command, _ = done.stdout.splitlines()
    assert skipped == "1 skipped: needs npm, node"
    assert command == "To run them: apt-get install nodejs npm"


@pytest.mark.parametrize("processes", [(), ("-p", "xdist", "-n", "1")])
def test_slow_tests_are_left_out_and_counted(run, processes):
    *_, left_out, _ = run(*processes).stdout.splitlines()
    assert left_out == "Slow tests left out: 1. To run them: scripts/test --slow"


@pytest.mark.parametrize(
    ("may_lack", "code"), [("", 1), ("npm", 1), ("chromium", 1), ("node npm chromium", 0)]
)
def test_in_ci_only_what_is_listed_may_be_skipped(run, may_lack, code):
    done = run("--slow", CI="true", MAY_LACK=may_lack)
    assert done.returncode == code
    assert ("CI must not skip" in done.stdout) == bool(code)
