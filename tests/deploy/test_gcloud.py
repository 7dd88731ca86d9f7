"""The stand-in against the real gcloud, where that is installed: neither needs an account here."""

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("gcloud")

# What is newer than the oldest gcloud that this is run with.
NEW = {"monitoring policies"}
TABLE = json.loads(Path(__file__).with_name("gcloud_flags.json").read_text())


@pytest.fixture(scope="module")
def tree():
    """The commands and flags that gcloud completes, from a file of its own."""
    folder = Path(shutil.which("gcloud")).resolve().parent.parent
    path = folder / "data" / "cli" / "gcloud_completions.py"
    spec = importlib.util.spec_from_file_location("completions", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.STATIC_COMPLETION_CLI_TREE


@pytest.fixture
def gcloud(tmp_path):
    """Run the real gcloud without any account; what it complained."""

    def gcloud(*arguments):
        return subprocess.run(
            ["gcloud", *arguments],
            env={**os.environ, "CLOUDSDK_CONFIG": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return gcloud


def test_the_table_has_the_flags_of_gcloud(tree):
    compared = 0
    for command, facts in TABLE["commands"].items():
        branch = tree
        for word in command.split():
            branch = branch["commands"].get(word, {"commands": {}, "flags": {}})
        if not branch["flags"]:
            continue  # a command that gcloud does not complete, or a newer one
        compared += 1
        # A switch that is on by itself has a --no- form, which is not completed.
        known = {*branch["flags"], *(f"--no-{flag[2:]}" for flag in branch["flags"])}
        assert {*facts["values"], *facts["switches"]} <= known, command
        for flag, kind in branch["flags"].items():
            assert flag not in facts["switches" if kind != "bool" else "values"], (command, flag)
    assert compared > 10


def test_the_real_gcloud_takes_the_deployment(gcloud, deploy):
    shown = next(line for line in deploy().splitlines() if line.startswith("$ gcloud functions"))
    command = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {shown[2:]}"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "active account" in gcloud(*command[1:]).stderr, "it was refused for what it says"
    assert "unrecognized arguments" in gcloud(*command[1:], "--memroy=1Gi").stderr
