"""API keys reach the function, and nobody else on the way."""

import json

import pytest


@pytest.fixture
def keys(keys_file):
    return keys_file[1]


@pytest.fixture
def with_keys(keys_file):
    return ("--api-keys", str(keys_file[0]))


def test_keys_go_from_a_file_to_secret_manager_to_the_function(deploy, cloud, with_keys, keys):
    deploy(*with_keys)
    assert cloud["secrets"]["classify-api-keys"]["versions"] == [",".join(keys)]
    flags = cloud["functions"]["classify"]["flags"]
    assert flags["--set-secrets"] == "API_KEYS=classify-api-keys:latest"


def test_keys_may_come_from_stdin(deploy, cloud, keys):
    deploy("--api-keys", "-", stdin=",".join(keys))
    assert cloud["secrets"]["classify-api-keys"]["versions"] == [",".join(keys)]


def test_the_function_alone_may_read_them(deploy, cloud, with_keys):
    deploy(*with_keys)
    readers = cloud["secrets"]["classify-api-keys"]["readers"]
    assert readers == ["classify-run@my-project.iam.gserviceaccount.com"]


def test_the_photo_is_sent_with_a_key(deploy, function, with_keys, keys):
    deploy("--public", *with_keys)
    headers = function.requests[0][0]
    assert headers["X-API-Key"] == keys[0]
    assert "Authorization" not in headers


def test_no_secret_in_what_is_said_listed_or_described(run, cloud, with_keys, keys):
    secrets = [*keys, cloud["token"]]
    cloud["watched"] = secrets
    done = run("--project", "my-project", *with_keys)
    assert done.returncode == 0, done.stderr
    described = json.dumps([cloud["functions"], cloud["services"], cloud["calls"]])
    for secret in secrets:
        assert not any(secret in text for text in (done.stdout, done.stderr, described))
    assert cloud["seen"] == []


def test_a_secret_in_a_list_of_processes_would_be_seen(run, cloud, keys):
    cloud["watched"] = keys
    run("--project", "my-project", "--rollback", CARELESS=keys[1])
    assert set(cloud["seen"]) == {keys[1]}


def test_the_same_keys_make_no_new_version(deploy, cloud, with_keys):
    deploy(*with_keys)
    deploy(*with_keys)
    assert len(cloud["secrets"]["classify-api-keys"]["versions"]) == 1


def test_rotated_keys_make_a_new_version(deploy, cloud, with_keys, keys):
    deploy(*with_keys)
    deploy("--api-keys", "-", stdin="a-newer-key-0123456789")
    versions = cloud["secrets"]["classify-api-keys"]["versions"]
    assert versions == [",".join(keys), "a-newer-key-0123456789"]


def test_an_update_keeps_the_keys(deploy, cloud, with_keys):
    deploy("--public", *with_keys)
    deploy("--public")
    assert "--set-secrets" in cloud["functions"]["classify"]["flags"]


def test_an_update_takes_the_keys_away_only_if_told_to(deploy, cloud, with_keys):
    deploy(*with_keys)
    deploy("--no-api-keys")
    assert "--clear-secrets" in cloud["functions"]["classify"]["flags"]


def test_an_update_after_keys_were_never_stored_stores_them(deploy, cloud, with_keys, keys):
    cloud["secrets"] = {"classify-api-keys": {"versions": [], "readers": []}}
    deploy(*with_keys)
    assert cloud["secrets"]["classify-api-keys"]["versions"] == [",".join(keys)]


def test_public_needs_keys_or_a_word(run, deploy, cloud):
    done = run("--project", "my-project", "--public")
    assert done.returncode == 1
    assert "anybody on the internet" in done.stderr
    assert "--no-api-keys" in done.stderr
    assert cloud["functions"] == {}
    deploy("--public", "--no-api-keys")
    assert "--allow-unauthenticated" in cloud["functions"]["classify"]["flags"]


def test_a_new_account_that_is_not_seen_yet_is_waited_for(deploy, cloud, with_keys):
    cloud.refuse("secrets add-iam-policy-binding", *["INVALID_ARGUMENT: no such account"] * 2)
    deploy(*with_keys)
    assert "--set-secrets" in cloud["functions"]["classify"]["flags"]


@pytest.mark.parametrize("text", ["too-short", "has spaces in it 0123", "", "\n\n"])
def test_keys_that_will_not_do_are_refused_without_being_shown(run, cloud, text):
    done = run("--project", "my-project", "--api-keys", "-", stdin=text)
    assert done.returncode == 1
    assert "openssl rand -hex 32" in done.stderr
    assert not text.strip() or text not in done.stderr
    assert cloud["secrets"] == {}


def test_keys_in_the_settings_are_refused(run):
    done = run("--project", "my-project", "--set", "API_KEYS=first-key-0123456789")
    assert done.returncode == 1
    assert "--api-keys FILE" in done.stderr
    assert "first-key" not in done.stderr


def test_a_file_that_cannot_be_read(run):
    done = run("--project", "my-project", "--api-keys", "/nowhere")
    assert done.returncode == 1
    assert "'/nowhere' cannot be read" in done.stderr
