"""Invalid flags and settings get an error that names the fix, before gcloud is called."""

import re

import msgspec
import pytest

from service.settings import Settings
from tests.deploy.conftest import ROOT


@pytest.fixture
def refused(dry_run):
    """Run deploy.sh and insist on an error with a fix; the error."""

    def refused(*flags, **options):
        done = dry_run(*flags, **options)
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stdout == ""
        assert "\n  fix: " in done.stderr
        return done.stderr

    return refused


def test_no_project(refused):
    assert "add --project" in refused(project=None)


@pytest.mark.parametrize(
    "name", ["my function", "it's", 'say "cat"', "$(id)", "-x", "Classify", ""]
)
def test_names_that_need_quoting(refused, name):
    assert "--name" in refused("--name", name)


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--project", "My Project"),
        ("--region", "us central1"),
        ("--memory", "1GB"),
        ("--cpu", "0.5"),
        ("--cpu", "3"),
        ("--concurrency", "0"),
        ("--concurrency", "1001"),
        ("--min-instances", "-1"),
        ("--max-instances", "none"),
        ("--timeout", "60s"),
        ("--timeout", "0"),
        ("--timeout", "3601"),
        ("--timeout", "9999"),
        ("--load", "many"),
        ("--canary", "100"),
    ],
)
def test_values_that_cloud_run_refuses(refused, flag, value):
    assert f"{flag} '{value}'" in refused(flag, value)


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [(1, "511Mi"), (1, "1Mi"), (1, "5Gi"), (2, "9Gi"), (4, "1Gi"), (6, "3Gi"), (8, "1Gi")],
)
def test_memory_that_cloud_run_refuses_for_these_cpus(refused, cpu, memory):
    error = refused("--cpu", str(cpu), "--memory", memory)
    assert f"--memory {memory} does not fit --cpu {cpu}" in error


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [(1, "512Mi"), (1, "4Gi"), (2, "8Gi"), (4, "2Gi"), (6, "24Gi"), (8, "4096Mi"), (8, "32Gi")],
)
def test_memory_that_cloud_run_takes(dry_run, cpu, memory):
    done = dry_run("--cpu", str(cpu), "--memory", memory, "--timeout", "3600")
    assert done.returncode == 0, done.stderr
    assert f"--memory={memory} --cpu={cpu} " in done.stdout


@pytest.mark.parametrize("name", ["nowhere", "../tests", "model/resnet50", ""])
def test_a_model_that_does_not_exist(refused, name):
    assert "--model" in refused("--model", name)


def test_min_instances_above_max_instances(refused):
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
        ("FIREBASE_PROJECT=my-project", "projects describe my-project"),
        ("FIREBASE_PROJECT=", "FIREBASE_PROJECT '' is not"),
        ("FIREBASE_AUTH_PROJECT=123456789012", "FIREBASE_AUTH_PROJECT"),
        ("CORS_ORIGINS=https://a|b", "contains '|'"),
    ],
)
def test_settings_that_the_function_refuses(refused, setting, complaint):
    assert complaint in refused("--set", setting)


def test_a_setting_given_twice(refused):
    assert "MAX_IMAGES is set twice" in refused("--set", "MAX_IMAGES=1", "--set", "MAX_IMAGES=2")


def test_the_settings_are_those_of_the_service():
    known = {field.encode_name for field in msgspec.structs.fields(Settings)}
    options = (ROOT / "deploy" / "options.sh").read_text()
    cases = re.findall(r"^    ([A-Z_ |]+)\)", options, re.MULTILINE)
    assert {name for case in cases for name in case.split(" | ")} == known


def test_the_default_model_is_that_of_the_service():
    script = (ROOT / "deploy.sh").read_text()
    default = re.search(r"^readonly DEFAULT_MODEL=(.*)$", script, re.MULTILINE)
    assert default[1] == Settings().model.name
    assert f"!/model/{default[1]}\n" in (ROOT / ".gcloudignore").read_text()


@pytest.mark.parametrize("text", ["too-short", "has spaces in it 0123", "", "\n\n"])
def test_invalid_keys_are_refused_without_being_shown(refused, text, tmp_path):
    path = tmp_path / "keys"
    path.write_text(text)
    error = refused("--api-keys", str(path))
    assert "openssl rand -hex 32" in error
    assert not text.strip() or text not in error


def test_keys_in_the_settings(refused):
    error = refused("--set", "API_KEYS=first-key-0123456789")
    assert "--api-keys FILE" in error
    assert "first-key" not in error


def test_a_file_of_keys_that_cannot_be_read(refused):
    assert "'/nowhere' cannot be read" in refused("--api-keys", "/nowhere")


def test_threads_follow_the_cpus_unless_set(dry_run):
    assert "NUM_THREADS=2" in dry_run("--cpu", "2").stdout
    set_to_one = dry_run("--cpu", "2", "--set", "NUM_THREADS=1").stdout
    assert "NUM_THREADS=1" in set_to_one
    assert "NUM_THREADS=2" not in set_to_one
