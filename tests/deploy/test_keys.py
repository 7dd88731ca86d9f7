"""API keys reach the function and no other place: one story of a service account."""

import copy
import json
import secrets
from types import SimpleNamespace

import pytest

from tests.deploy import cloud

pytestmark = pytest.mark.slow

ROBOT = "robot@my-project.iam.gserviceaccount.com"
NEWER = f"newer-{secrets.token_hex(8)}"


@pytest.fixture(scope="module")
def story(operator, keys, keys_file, tmp_path_factory):
    """The steps, with the function's configuration and the versions of the secret after each."""
    google = operator.cloud
    cloud.log_in_service_account(ROBOT, operator.environment, tmp_path_factory.mktemp("robot"))
    google.watched = {*keys, NEWER}
    # New permissions are not visible at once.
    invalid = (400, "INVALID_ARGUMENT", "the service account does not exist")
    secret = "secretmanager/v1/projects/my-project/secrets/classify-api-keys"
    google.refuse(f"POST {secret}:setIamPolicy", *[invalid] * 2)
    google.refuse("POST classify-", *[(403, "PERMISSION_DENIED", "no invoker")] * 2)

    def step(*flags, **options):
        output = operator.deploy(*flags, **options)
        function = copy.deepcopy(google.functions["classify"])
        versions = list(google.secrets["classify-api-keys"].versions)
        return SimpleNamespace(output=output, function=function, versions=versions)

    return SimpleNamespace(
        cloud=google,
        first=step("--api-keys", str(keys_file)),
        rotated=step("--api-keys", "-", "--public", stdin=NEWER),
        kept=step(),
    )


def secrets_of(step):
    variables = step.function.service_config.secret_environment_variables
    return {(item.key, item.secret, item.version) for item in variables}


def test_the_function_gets_the_latest_keys_from_the_secret(story):
    assert secrets_of(story.first) == {("API_KEYS", "classify-api-keys", "latest")}


def test_new_permissions_are_waited_for(story):
    assert not any(story.cloud.obstacles.values())
    assert "Egyptian cat" in story.first.output


def test_a_service_account_asks_for_a_token_for_the_url(story):
    assert "http://classify-123456789.run.app" in story.cloud.audiences
    assert not any("candidate" in audience for audience in story.cloud.audiences)


def test_the_keys_of_the_file_are_stored(story, keys):
    assert story.first.versions == [",".join(keys)]


def test_rotated_keys_make_a_new_version(story, keys):
    assert story.rotated.versions == [",".join(keys), NEWER]


def test_a_public_function_is_called_with_a_key(story):
    assert "Egyptian cat" in story.rotated.output


def test_an_update_keeps_the_keys(story):
    assert secrets_of(story.kept) == secrets_of(story.first)


def test_only_the_function_may_read_the_keys(story):
    (binding,) = story.cloud.secrets["classify-api-keys"].policy["bindings"]
    assert binding["members"] == ["serviceAccount:classify-run@my-project.iam.gserviceaccount.com"]


def test_no_process_output_or_description_exposes_a_key_or_token(story, keys):
    assert len(story.cloud.tokens) > 1
    assert story.cloud.exposed == set()
    described = json.dumps(cloud.to_json(story.kept.function))
    for secret in [*keys, NEWER, *story.cloud.tokens]:
        assert secret not in described
        assert secret not in story.first.output + story.rotated.output
