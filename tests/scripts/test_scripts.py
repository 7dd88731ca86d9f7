"""The scripts refuse wrong input before they install anything, and their environments fit."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import skip

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    path.name: path.read_text()
    for path in sorted((ROOT / "scripts").iterdir())
    if path.name != "environment"
}
# Only these stop if the Python will not do; the others would do their work.
MAKE_AN_ENVIRONMENT = [
    name for name, text in SCRIPTS.items() if re.search("^ *environment ", text, flags=re.MULTILINE)
]


@pytest.fixture
def run():
    """Run a script in an environment in which it can install nothing."""

    def run(script, *arguments, **environment):
        return subprocess.run(
            [ROOT / "scripts" / script, *arguments],
            cwd="/",
            env={**os.environ, "PYTHON": "false", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_help_comes_at_once(run, script, option):
    done = run(script, option)
    comment = re.match(r"#!.*\n((?:#.*\n)+)", SCRIPTS[script])[1]
    assert done.stdout == re.sub("^# ?", "", comment, flags=re.MULTILINE)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("script", MAKE_AN_ENVIRONMENT)
def test_an_unsuitable_python_is_refused(run, script):
    done = run(script)
    assert "PYTHON is false, but classify needs Python 3.11 to 3.14." in done.stderr
    assert done.returncode != 0


@pytest.mark.parametrize(
    ("script", "arguments", "settings", "complaint"),
    [
        ("serve", ["8081"], {}, "takes no arguments"),
        ("serve", [], {"PORT": "http"}, "PORT is 'http'"),
        ("serve", [], {"PORT": "65536"}, "PORT is '65536'"),
        ("serve", [], {"THREADS": "abc"}, "THREADS is 'abc'"),
        ("serve", [], {"THREADS": "0"}, "THREADS is '0'"),
        ("app", ["--android"], {}, "takes no arguments"),
        ("app", [], {"PORT": "http"}, "PORT is 'http'"),
        ("test", [], {"RUNTIME": "torch"}, "not 'torch'"),
        ("base-image", [], {}, "takes one argument"),
        ("base-image", ["latest"], {}, "not 'latest'"),
        ("image", ["--push"], {}, "takes one argument"),
        ("test-pythons", ["pypy"], {}, "'pypy' is no version"),
        ("fuzz", ["pictures"], {}, "no target 'pictures'"),
        ("fuzz", ["--seconds"], {}, "--seconds is ''"),
        ("fuzz", ["--seconds", "long"], {}, "--seconds is 'long'"),
    ],
)
def test_a_wrong_command_is_refused_in_one_line(run, script, arguments, settings, complaint):
    done = run(script, *arguments, **settings)
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.returncode != 0


@pytest.fixture
def checkout(tmp_path):
    """A folder with the scripts' environment and a requirements file that asks for nothing."""
    folder = tmp_path / "a folder"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "environment", folder / "scripts")
    (folder / "requirements.txt").touch()
    return folder


def make_environment(folder, python=sys.executable):
    """Whether the environment had to be made, and the Python in it."""
    code = "source scripts/environment && environment .venv requirements.txt"
    done = subprocess.run(
        ["bash", "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHON": python},
        capture_output=True,
        text=True,
        check=True,
    )
    inside = subprocess.run(
        [folder / ".venv/bin/python", "--version"], capture_output=True, text=True, check=True
    )
    return "Making .venv" in done.stderr, inside.stdout.split()[1].rpartition(".")[0]


@pytest.mark.slow
def test_an_environment_is_remade_when_what_it_was_made_from_changes(checkout):
    here = f"3.{sys.version_info.minor}"
    assert make_environment(checkout) == (True, here)
    assert make_environment(checkout) == (False, here)

    (checkout / "requirements.txt").write_text("# changed")
    assert make_environment(checkout) == (True, here)

    moved = checkout.rename(checkout.with_name("moved"))
    assert make_environment(moved) == (True, here)
    assert str(moved) in (moved / ".venv/bin/pip").read_text()


@pytest.mark.slow
def test_another_python_remakes_the_environment(checkout, other_python):
    version, path = other_python
    make_environment(checkout)
    assert make_environment(checkout, path) == (True, version)


@pytest.fixture
def other_python():
    """The version and path of a Python other than the one that runs the tests."""
    for minor in {11, 12, 13, 14} - {sys.version_info.minor}:
        code = "import ensurepip, sys; print(sys.executable)"
        path = shutil.which(f"python3.{minor}")
        found = path and subprocess.run([path, "-c", code], capture_output=True, check=False)
        if found and found.returncode == 0:
            return f"3.{minor}", found.stdout.decode().strip()
    return skip("another-python")
