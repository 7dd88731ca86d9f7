"""Each failure stops deploy.sh, changes nothing more, and comes with the step that fixes it."""

import os
import subprocess

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def refused(new_operator):
    """Run deploy.sh, insist that it fails before it deploys; the error."""

    def refused(*flags, **options):
        done = new_operator.run("--project", "my-project", *flags, **options)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "\n  fix: " in done.stderr
        assert not new_operator.cloud.functions
        assert not new_operator.cloud.accounts
        return done.stderr

    return refused


def test_gcloud_is_missing(refused, tools):
    assert "fix: https://cloud.google.com/sdk/docs/install" in refused(PATH=tools)


def test_nobody_is_logged_in(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "fix: gcloud auth login" in refused(CLOUDSDK_CONFIG=str(tmp_path / "empty"))


def test_the_project_cannot_be_seen(refused, new_operator):
    new_operator.cloud.refuse("GET serviceusage", (403, "PERMISSION_DENIED", "no such project"))
    assert "gcloud projects create my-project" in refused()


def test_the_project_has_no_billing_account(refused, new_operator):
    new_operator.cloud.billing = False
    assert "fix: gcloud billing projects link my-project" in refused()
    assert "run.googleapis.com" not in new_operator.cloud.apis


def test_the_apis_cannot_be_enabled(refused, new_operator):
    new_operator.cloud.refuse("POST serviceusage", (403, "PERMISSION_DENIED", "not an owner"))
    assert "ask an owner of my-project to run: gcloud services enable" in refused()


def test_the_region_does_not_exist(refused):
    assert "fix: choose one of: gcloud run regions list" in refused("--region", "mars-north1")


def test_a_denied_request_is_not_taken_for_a_missing_resource(refused, new_operator):
    new_operator.cloud.refuse("GET iam", (403, "PERMISSION_DENIED", "not for you"))
    assert "not for you" in refused()


def test_the_model_is_damaged(refused, new_operator, models):
    folder = models.add("damaged")
    (folder / "resnet50_int8.tflite").write_bytes(b"damaged")
    assert "is damaged" in refused("--model", "damaged")
    assert new_operator.cloud.requests == []


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 1), ("classify\n", 0)])
def test_a_deletion_asks_for_the_name(new_operator, answer, code):
    done = new_operator.run("--project", "my-project", "--delete")
    assert "fix: add --yes" in done.stderr  # there is no terminal
    assert answer_at_a_terminal(new_operator, answer) == code
    asked = [request for request in new_operator.cloud.requests if "functions" in request]
    assert bool(asked) is (code == 0)


def answer_at_a_terminal(operator, answer):
    """Run deploy.sh --delete at a terminal and type an answer; its exit code."""
    ours, terminal = os.openpty()
    os.write(ours, answer.encode())
    done = subprocess.run(
        ["bash", operator.checkout / "deploy.sh", "--project", "my-project", "--delete"],
        env=operator.environment,
        stdin=terminal,
        capture_output=True,
        timeout=500,
        check=False,
    )
    os.close(terminal)
    os.close(ours)
    return done.returncode


def test_a_canary_needs_a_serving_revision(new_operator):
    done = new_operator.run("--canary", "10", DEPLOY_PROJECT="my-project")
    assert done.returncode == 1
    assert "fix: deploy once without --canary" in done.stderr


def test_a_deletion_of_nothing_deletes_nothing(new_operator):
    environment = new_operator.environment
    command = ["gcloud", "config", "set", "project", "my-project"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    done = new_operator.run("--delete", "--yes")
    assert done.returncode == 0, done.stderr
    assert not [request for request in new_operator.cloud.requests if "DELETE" in request]


def test_a_secret_of_a_process_is_seen(new_operator):
    new_operator.cloud.watched = {"careless-0123456789"}
    new_operator.run("--project", "my-project", "--rollback", CARELESS="careless-0123456789")
    assert new_operator.cloud.exposed == {"careless-0123456789"}


def test_a_first_deployment_that_does_not_classify_is_live_until_it_is_deleted(
    new_operator, models
):
    models.add("broken", network=b"not a TFLite file")
    done = new_operator.run("--project", "my-project", "--model=broken")
    assert done.returncode == 1
    assert "the function is live but does not classify" in done.stderr
    assert "./deploy.sh --delete" in done.stderr
    assert new_operator.cloud.functions
    assert new_operator.run("--project", "my-project", "--delete", "--yes").returncode == 0
    assert not new_operator.cloud.functions
