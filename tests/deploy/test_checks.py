"""What is wrong is found before anything is changed, and comes with the step that fixes it."""

import json
import re

import msgspec
import pytest

from service.settings import Settings


@pytest.fixture
def refused(run, cloud):
    """Run deploy.sh, insist that it refuses and changes nothing; what it complained."""

    def refused(*flags, **options):
        done = run("--project", "my-project", *flags, **options)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "\n  fix: " in done.stderr
        changes = [call for call in cloud.commands() if {"create", "deploy", "add"} & set(call)]
        assert changes == []
        return done.stderr

    return refused


def test_gcloud_is_not_there(refused, path_without_gcloud):
    assert "fix: https://cloud.google.com/sdk/docs/install" in refused(PATH=path_without_gcloud)


def test_gcloud_is_not_logged_in(refused, cloud):
    cloud["account"] = ""
    assert "fix: gcloud auth login" in refused()


def test_the_project_is_not_there(refused, cloud):
    cloud["projects"] = {}
    assert "gcloud projects create my-project" in refused()


def test_no_project_was_named(run):
    done = run()
    assert done.returncode == 1
    assert "add --project" in done.stderr


def test_the_project_has_no_billing_account(refused, cloud):
    cloud["billing"] = False
    assert "fix: gcloud billing projects link my-project" in refused()


def test_the_apis_may_not_be_switched_on(refused, cloud):
    cloud.refuse("services enable", "PERMISSION_DENIED")
    assert "ask an owner of my-project to run: gcloud services enable" in refused()


def test_the_region_is_not_there(refused):
    assert "fix: choose one of: gcloud run regions list" in refused("--region", "mars-north1")


def test_the_model_is_damaged(refused, checkout):
    give_a_model(checkout, sha256="0" * 64)
    assert "is damaged" in refused("--model", "other")


def test_the_model_is_missing(refused, checkout):
    give_a_model(checkout, sha256="0" * 64)
    (checkout / "model" / "other" / "net.tflite").unlink()
    assert "git checkout -- " in refused("--model", "other")


@pytest.mark.parametrize("name", ["nowhere", "../tests", "model/resnet50", ""])
def test_a_model_that_is_not_there_is_refused(refused, name):
    assert "--model" in refused("--model", name)


def give_a_model(checkout, sha256):
    folder = checkout / "model" / "other"
    (checkout / "model").unlink()
    folder.mkdir(parents=True)
    (folder / "net.tflite").write_text("not what the card says")
    card = {"file": "net.tflite", "sha256": sha256, "source": {"sha256": "1" * 64}}
    (folder / "model.json").write_text(json.dumps(card, indent=2))


def test_a_refused_question_is_not_taken_for_an_absence(refused, cloud):
    cloud.refuse("iam service-accounts describe", "PERMISSION_DENIED: not for you")
    assert "PERMISSION_DENIED: not for you" in refused()


@pytest.mark.parametrize(
    "name", ["my function", "it's", 'say "cat"', "$(id)", "-x", "Classify", ""]
)
def test_names_that_would_need_quoting_are_refused(refused, name):
    assert "--name" in refused("--name", name)


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--project", "My Project"),
        ("--region", "us central1"),
        ("--memory", "1GB"),
        ("--cpu", "0.5"),
        ("--concurrency", "0"),
        ("--min-instances", "-1"),
        ("--max-instances", "none"),
        ("--timeout", "60s"),
        ("--load", "many"),
        ("--canary", "100"),
    ],
)
def test_values_that_gcloud_would_refuse_minutes_later(refused, flag, value):
    assert f"{flag} '{value}'" in refused(flag, value)


def test_more_instances_at_least_than_at_most(refused):
    assert "raise --max-instances" in refused("--min-instances", "20")


def test_unknown_flags_and_missing_values(refused):
    assert "there is no flag '--pubic'" in refused("--pubic")
    assert "--memory needs a value" in refused("--memory")


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("MAX_PIXELS=ten", "MAX_PIXELS"),
        ("MAX_PIXELS=1e6", "MAX_PIXELS"),
        ("MAX_BODY_BYTES=33554433", "32 MiB"),
        ("PRELOAD=maybe", "PRELOAD"),
        ("CORS_ORIGINS=example.com", "CORS_ORIGINS"),
        ("CORS_ORIGINS=https://a.example/path", "CORS_ORIGINS"),
        ("MODEL=resnet50", "add --model resnet50"),
        ("MAX_IMAGE=4", "there is no setting MAX_IMAGE"),
        ("MAX_IMAGES", "has no value"),
        ("CORS_ORIGINS=https://a|b", "holds a '|'"),
    ],
)
def test_settings_that_would_stop_the_function_at_its_start(refused, setting, complaint):
    assert complaint in refused("--set", setting)


def test_a_setting_given_twice(refused):
    assert "MAX_IMAGES is set twice" in refused("--set", "MAX_IMAGES=1", "--set", "MAX_IMAGES=2")


def test_the_settings_are_those_of_the_service(checkout):
    known = {field.encode_name for field in msgspec.structs.fields(Settings)}
    arms = re.findall(
        r"^    ([A-Z_ |]+)\)$", (checkout / "deploy" / "checks.sh").read_text(), re.MULTILINE
    )
    assert {name for arm in arms for name in arm.split(" | ")} == known
