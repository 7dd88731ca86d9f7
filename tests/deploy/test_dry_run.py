"""A dry run needs no gcloud, changes nothing and prints the commands of a real run."""

import re
import shlex

import pytest


@pytest.fixture
def commands(dry_run):
    """The gcloud commands that a dry run prints."""

    def commands(*flags):
        done = dry_run(*flags)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return gcloud_commands(done.stdout)

    return commands


def gcloud_commands(output):
    lines = re.findall(r"^\$ gcloud (.*)$", output, re.MULTILINE)
    return [shlex.split(line) for line in lines]


def test_it_prints_everything_that_would_be_deleted(commands, dry_run):
    deleted = [" ".join(each) for each in commands("--delete") if "delete" in each]
    for thing in ("functions delete classify ", "secrets delete", "service-accounts delete"):
        assert any(thing in command for command in deleted)
    assert sum("policies delete" in command for command in deleted) == 3
    assert "Deleted" not in dry_run("--delete").stdout


def test_it_prints_the_rollback(commands):
    *_, last = commands("--rollback")
    assert last[-1] == "--to-revisions=previous-revision=100"


def test_it_prints_the_canary(commands):
    first, last = [each for each in commands("--canary", "10") if "update-traffic" in each]
    assert first[-2:] == ["--to-revisions=serving-revision=100", "--update-tags=candidate=LATEST"]
    assert last[-1] == "--to-revisions=LATEST=10,serving-revision=90"


def test_it_prints_no_key(dry_run, keys_file, keys):
    done = dry_run("--api-keys", str(keys_file))
    assert "gcloud secrets versions add classify-api-keys" in done.stdout
    assert not any(key in done.stdout for key in keys)


def test_public_requires_keys_or_a_flag(dry_run):
    done = dry_run("--public")
    assert done.returncode == 1
    assert "anybody on the internet" in done.stderr
    assert "--no-api-keys" in done.stderr
    assert "--allow-unauthenticated" in dry_run("--public", "--no-api-keys").stdout


def test_a_function_for_firebase_requires_keys(dry_run, keys_file):
    project = ("--set", "FIREBASE_PROJECT=123456789012")
    for flags in ((), ("--public",), ("--public", "--no-api-keys")):
        done = dry_run(*flags, *project)
        assert done.returncode == 1
        assert "has no Firebase token" in done.stderr
    allowed = dry_run("--public", "--api-keys", str(keys_file), *project)
    assert "FIREBASE_PROJECT=123456789012" in allowed.stdout


def test_a_first_deployment_does_not_offer_a_rollback(dry_run):
    assert "--rollback" not in dry_run().stdout


def test_keys_are_removed_by_their_flag(commands):
    (deploy,) = [each for each in commands("--no-api-keys") if each[:2] == ["functions", "deploy"]]
    assert "--clear-secrets" in deploy
