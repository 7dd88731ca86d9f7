"""From nothing to a URL, then a canary, a rollback and updates: one story.

Each step runs once, and the tests look at its output and at the cloud after it.
"""

import copy
import re
from types import SimpleNamespace

import pytest

from tests.deploy.conftest import ROOT
from tests.deploy.test_dry_run import gcloud_commands

pytestmark = pytest.mark.slow

ALWAYS = {"PRELOAD": "true", "NUM_THREADS": "1", "THREADS": "32"}


@pytest.fixture(scope="module")
def story(operator, models):
    """The steps, each with its output, its requests and the function after it."""
    models.add("mine", example=None, licence={"name": "Mine", "commercial_use": True})
    models.add("wrong", example={"photo": "tests/data/chelsea.jpg", "label": "Siamese cat"})
    models.add("broken", network=b"not a TFLite file")
    origins = "CORS_ORIGINS=https://example.com,http://localhost:5173"
    variables = {"DEPLOY_MEMORY": "2Gi", "DEPLOY_MAX_INSTANCES": "3"}
    return SimpleNamespace(
        first=step(operator),
        rollback_of_first=operator.run("--project=my-project", "--rollback"),
        canary=step(operator, "--canary=10", "--model=mine"),
        rollback=step(operator, "--rollback"),
        broken=step(operator, "--model=broken", code=1),
        update=step(operator, "--model=mine", "--set", origins, **variables),
        wrong=step(operator, "--model=wrong", code=1),
    )


def step(operator, *flags, code=0, **variables):
    cloud = operator.cloud
    before = len(cloud.requests)
    done = operator.run("--project", "my-project", *flags, **variables)
    assert done.returncode == code, done.stdout + done.stderr
    service = cloud.services["classify"]
    return SimpleNamespace(
        output=done.stdout,
        errors=done.stderr,
        requests=cloud.requests[before:],
        function=copy.deepcopy(cloud.functions["classify"]),
        traffic=dict(service.shares),
        annotations=dict(service.annotations),
        log=service.revisions[service.latest].log.read_text(),
    )


def test_the_first_deployment_classifies_a_photo(story):
    assert re.search(r"^URL: +http://classify-\d+\.run\.app$", story.first.output, re.MULTILINE)
    assert 'The first label is "Egyptian cat". First call: ' in story.first.output
    assert sum(request.startswith("POST classify-") for request in story.first.requests) == 2


def test_the_first_deployment_is_private_and_limited(story):
    config = story.first.function.service_config
    assert config.available_memory == "1280Mi"
    assert config.available_cpu == "1"
    assert config.max_instance_request_concurrency == 32
    assert config.max_instance_count == 10
    assert config.timeout_seconds == 60
    assert config.service_account_email == "classify-run@my-project.iam.gserviceaccount.com"
    assert dict(config.environment_variables) == ALWAYS
    assert not config.secret_environment_variables
    assert story.first.function.build_config.runtime == "python314"
    assert story.first.function.build_config.entry_point == "classify"
    assert not any("setIamPolicy" in request for request in story.first.requests)


def test_the_first_deployment_enables_the_apis_and_the_boost(story, operator):
    enabled = [request for request in story.first.requests if "batchEnable" in request]
    assert len(enabled) == 2
    assert {"cloudbilling.googleapis.com", "run.googleapis.com"} <= operator.cloud.apis
    assert story.first.annotations["run.googleapis.com/startup-cpu-boost"] == "True"


def test_the_first_deployment_offers_no_rollback(story):
    assert "--rollback" not in story.first.output
    assert "--rollback" in story.update.output


def test_the_licence_is_printed_if_it_forbids_commercial_use(story):
    assert "forbids commercial use" in story.first.output
    assert "forbids commercial use" not in story.update.output


def test_the_dry_run_prints_the_changes_of_the_first_deployment(story, dry_run, checkout):
    printed = iter(gcloud_commands(dry_run().stdout.replace(str(ROOT), "SOURCE")))
    changes = gcloud_commands(story.first.output)
    assert len(changes) == 5
    for change in changes:
        assert [part.replace(str(checkout), "SOURCE") for part in change] in printed


def test_an_image_has_the_same_settings(story):
    line = next(x for x in (ROOT / "Dockerfile").read_text().splitlines() if x.startswith("ENV "))
    image = dict(setting.split("=") for setting in line.removeprefix("ENV ").split())
    settings = dict(story.first.function.service_config.environment_variables)
    # An image knows neither its CPUs nor the number of concurrent requests.
    del settings["NUM_THREADS"], settings["THREADS"]
    assert image.items() >= settings.items()


def test_a_first_deployment_cannot_be_rolled_back(story):
    assert story.rollback_of_first.returncode == 1
    assert "classify has no previous revision" in story.rollback_of_first.stderr


def test_a_canary_gets_its_share(story):
    (old,) = story.first.traffic
    assert story.canary.traffic[old] == 90
    assert sorted(story.canary.traffic.values()) == [10, 90]
    assert "end the canary" in story.canary.output


def test_an_update_is_tested_before_it_gets_traffic(story):
    for update in (story.canary, story.update):
        called = [request for request in update.requests if ".run.app" in request]
        assert called == ["POST candidate---classify-123456789.run.app/"] * 2
        *_, last = [
            request for request in update.requests if ".run.app" in request or "PUT run" in request
        ]
        assert last.startswith("PUT run")


def test_a_rollback_sends_all_traffic_back(story):
    (old,) = story.first.traffic
    assert story.rollback.traffic == {old: 100}
    assert old in story.rollback.output


def test_a_model_that_cannot_be_loaded_gets_no_traffic(story):
    (old,) = story.first.traffic
    assert "MODEL_UNAVAILABLE" in story.broken.errors
    assert f"the new revision does not classify; {old} keeps the traffic" in story.broken.errors
    assert story.broken.traffic == {old: 100}


def test_a_model_that_cannot_be_loaded_is_explained_in_the_log(story):
    assert "is not a TFLite model that this runtime can run" in story.broken.log


def test_a_deployment_after_a_failed_one_still_goes_back_to_what_served(story):
    (old,) = story.first.traffic
    assert story.update.function.labels["previous"] == old


def test_an_update_creates_nothing_twice(story):
    assert not any("batchEnable" in request for request in story.update.requests)
    assert not any("POST iam" in request for request in story.update.requests)


def test_an_update_replaces_the_settings(story):
    config = story.update.function.service_config
    origins = "https://example.com,http://localhost:5173"
    expected = {**ALWAYS, "MODEL": "mine", "CORS_ORIGINS": origins}
    assert dict(config.environment_variables) == expected
    assert (config.available_memory, config.max_instance_count) == ("2Gi", 3)


def test_an_update_takes_the_traffic_over_after_a_rollback(story):
    (old,), (new,) = story.rollback.traffic, story.update.traffic
    assert new not in {old, *story.canary.traffic}
    assert story.update.function.labels["previous"] == old


def test_a_model_without_an_example_may_give_any_label(story):
    assert 'The first label is "Egyptian cat".' in story.update.output


def test_another_label_than_that_of_the_example_is_an_error(story):
    assert 'expected "Siamese cat" from "wrong", got: ' in story.wrong.errors
    assert '"Egyptian cat"' in story.wrong.errors
    assert story.wrong.traffic == story.update.traffic
    assert sum(".run.app/" in request for request in story.wrong.requests) == 6


def test_the_folder_is_quoted_for_a_shell(story):
    (deploy,) = [each for each in gcloud_commands(story.first.output) if "deploy" in each]
    (source,) = [part for part in deploy if part.startswith("--source=")]
    assert source.endswith("/the operator's clone")
