"""A dry run needs no gcloud, changes nothing and shows all that a real run would do."""

import importlib.util
import shlex
from pathlib import Path

import pytest

FLAGS = [
    ("--with-monitoring",),
    ("--canary", "10"),
    ("--rollback",),
    ("--delete",),
]


@pytest.fixture(scope="module")
def stand_in():
    """The stand-in for gcloud as a module."""
    spec = importlib.util.spec_from_file_location("gcloud", Path(__file__).with_name("gcloud.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def dry_run(run, path_without_gcloud):
    """The commands that a dry run prints where there is no gcloud."""

    def dry_run(*flags):
        done = run("--project", "my-project", "--dry-run", *flags, PATH=path_without_gcloud)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        lines = [line for line in done.stdout.splitlines() if line.startswith("$ ")]
        return [shlex.split(line)[1:] for line in lines]

    return dry_run


@pytest.mark.parametrize("flags", FLAGS)
def test_gcloud_would_take_every_command(dry_run, stand_in, flags):
    commands = [command[1:] for command in dry_run(*flags) if command[0] == "gcloud"]
    assert commands
    for command in commands:
        stand_in.parse(command)


def test_nothing_is_called(dry_run, cloud, function, keys_file):
    dry_run("--with-monitoring", "--api-keys", str(keys_file[0]))
    assert cloud["calls"] == []
    assert function.requests == []


def test_it_shows_what_a_real_run_does(dry_run, deploy, cloud):
    shown = [command[1:] for command in dry_run() if command[0] == "gcloud"]
    deploy()
    assert comparable(shown) == comparable(cloud.commands())


def test_it_shows_all_that_would_be_deleted(dry_run, run):
    deleted = [" ".join(each[1:]) for each in dry_run("--delete") if "delete" in each]
    for thing in ("functions delete classify ", "secrets delete", "service-accounts delete"):
        assert any(thing in command for command in deleted)
    assert sum("policies delete" in command for command in deleted) == 3
    assert "Removed" not in run("--project=my-project", "--dry-run", "--delete").stdout


def comparable(commands):
    return [" ".join(part for part in command if "/" not in part) for command in commands]


def test_no_key_is_shown(run, keys_file):
    path, keys = keys_file
    done = run("--project", "my-project", "--dry-run", "--api-keys", str(path))
    assert "gcloud secrets versions add classify-api-keys" in done.stdout
    assert not any(key in done.stdout for key in keys)


def test_the_stand_in_refuses_what_gcloud_would(stand_in):
    for wrong in (
        "functions deploy classify --memroy=1Gi",
        "functions deploy classify --gen2=yes",
        "functions deploy classify --cpu",
        "functions deploy classify extra",
        "functions deploy classify --clear-secrets --set-secrets=A=b:latest",
        "functions undeploy classify",
        "secrets versions access latest",
    ):
        with pytest.raises(stand_in.Refused):
            stand_in.parse(wrong.split())
