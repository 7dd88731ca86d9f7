"""From nothing to a URL, and what comes after: updates, canaries, the way back, the end."""

import os
import subprocess
from pathlib import Path

import pathspec
import pytest

ROOT = Path(__file__).parent.parent.parent

# The second: the first was still without the boost of the CPU.
OLD = "classify-00002-abc"

ALWAYS = {"PRELOAD": "true", "NUM_THREADS": "1", "THREADS": "8"}


def traffic(cloud):
    shares = cloud["services"]["classify"]["status"]["traffic"]
    return {share["revisionName"]: share["percent"] for share in shares}


def test_first_deployment_ends_with_a_url_that_classified_a_photo(deploy, function, chelsea):
    said = deploy()
    assert f"URL:    {function.url}" in said
    assert 'It says "Egyptian cat". First call: 0.' in said
    assert "resnet50, for non-commercial use only" in said
    assert "2 files, 1.0 MB" in said
    assert [body for _, body in function.requests] == [chelsea, chelsea]
    headers = function.requests[0][0]
    assert headers["Authorization"] == "Bearer identity-token-of-the-operator"
    assert headers["Content-Type"] == "image/jpeg"


def test_first_deployment_is_private_small_and_without_rights(deploy, cloud):
    deploy()
    flags = cloud["functions"]["classify"]["flags"]
    assert "--no-allow-unauthenticated" in flags
    assert "--clear-secrets" in flags
    assert flags["--runtime"] == "python314"
    assert flags["--memory"] == "1Gi"
    assert flags["--concurrency"] == "8"
    assert flags["--service-account"] == "classify-run@my-project.iam.gserviceaccount.com"
    assert cloud["functions"]["classify"]["environment"] == ALWAYS
    assert cloud.commands("projects") == [
        ["projects", "describe", "my-project", "--format=value(projectId)"]
    ], "no role is granted in the project"


def test_an_image_has_the_same_settings(deploy, cloud):
    deploy()
    line = next(x for x in (ROOT / "Dockerfile").read_text().splitlines() if x.startswith("ENV "))
    image = dict(setting.split("=") for setting in line.removeprefix("ENV ").split())
    function = cloud["functions"]["classify"]["environment"]
    # An image knows neither what CPUs it will get nor how many requests will come at once.
    del function["NUM_THREADS"], function["THREADS"]
    assert image.items() >= function.items()


def test_first_deployment_boosts_the_cpu_of_starting_instances(deploy, cloud):
    deploy()
    annotations = cloud["services"]["classify"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations == {"run.googleapis.com/startup-cpu-boost": "true"}


def test_apis_that_are_on_are_not_switched_on_again(deploy, cloud):
    deploy()
    enabled = cloud["apis"]
    assert "run.googleapis.com" in enabled
    deploy()
    assert cloud["apis"] == enabled


def test_update_makes_nothing_twice_and_keeps_the_way_back(deploy, cloud):
    deploy()
    deploy("--memory", "2Gi")
    assert len(cloud.commands("iam", "service-accounts", "create")) == 1
    assert cloud["functions"]["classify"]["flags"]["--memory"] == "2Gi"
    assert cloud["functions"]["classify"]["labels"] == {"app": "classify", "previous": OLD}


def test_rollback_puts_all_traffic_back_and_the_next_update_takes_it_along(deploy, cloud):
    deploy()
    deploy()
    assert OLD not in traffic(cloud)
    said = deploy("--rollback")
    assert traffic(cloud) == {OLD: 100}
    assert OLD in said
    deploy()
    newest = cloud["services"]["classify"]["revisions"][-1]
    assert traffic(cloud) == {newest: 100}
    assert cloud["functions"]["classify"]["labels"]["previous"] == OLD


def test_rollback_without_a_previous_revision_says_so(run, deploy):
    deploy()
    done = run("--project", "my-project", "--rollback")
    assert done.returncode == 1
    assert "has no previous revision" in done.stderr


def test_canary_gives_the_new_revision_its_share_and_no_more(deploy, cloud):
    deploy()
    deploy("--canary", "10")
    shares = traffic(cloud)
    assert shares.pop(OLD) == 90
    assert list(shares.values()) == [10]


def test_canary_needs_something_to_compare_with(run):
    done = run("--project", "my-project", "--canary", "10")
    assert done.returncode == 1
    assert "fix: deploy once without --canary" in done.stderr


def test_delete_removes_all_that_was_made(deploy, cloud, keys_file):
    deploy("--with-monitoring", "--api-keys", str(keys_file[0]))
    deploy("--delete", "--yes")
    kinds = ("functions", "services", "secrets", "accounts", "metrics", "dashboards", "policies")
    assert {kind: cloud[kind] for kind in kinds} == {kind: {} for kind in kinds}


def test_delete_of_what_is_not_there_removes_nothing(deploy, cloud):
    deploy("--delete", "--yes")
    assert not [call for call in cloud.commands() if "delete" in call]


def test_delete_asks_first_and_does_nothing_where_nobody_can_answer(run, deploy, cloud):
    deploy()
    done = run("--project", "my-project", "--delete")
    assert done.returncode == 1
    assert "fix: add --yes" in done.stderr
    assert "classify" in cloud["functions"]


@pytest.fixture
def delete_at_a_terminal(checkout, environment):
    """Run deploy.sh --delete and type an answer."""

    def delete(answer):
        ours, terminal = os.openpty()
        os.write(ours, answer.encode())
        subprocess.run(
            ["bash", checkout / "deploy.sh", "--project", "my-project", "--delete"],
            env=environment,
            stdin=terminal,
            capture_output=True,
            timeout=30,
            check=False,
        )
        os.close(terminal)
        os.close(ours)

    return delete


@pytest.mark.parametrize(("answer", "left"), [("classify\n", False), ("yes\n", True)])
def test_delete_at_a_terminal_wants_the_name(deploy, cloud, delete_at_a_terminal, answer, left):
    deploy()
    delete_at_a_terminal(answer)
    assert ("classify" in cloud["functions"]) is left


def test_a_new_right_to_call_that_is_not_seen_yet_is_waited_for(deploy, function):
    function.answers += [(403, b"Forbidden")] * 2
    assert "Egyptian cat" in deploy()


def test_a_function_that_does_not_classify_is_no_success(run, function):
    function.answers += [(503, b'{"error":{"reason":"MODEL_UNAVAILABLE"}}')] * 6
    done = run("--project", "my-project")
    assert done.returncode == 1
    assert "MODEL_UNAVAILABLE" in done.stderr
    assert "--rollback" in done.stderr


def test_another_label_is_no_proof(run, function):
    function.answers += [(200, b'{"labels":[{"label":"tabby cat"}]}')] * 6
    done = run("--project", "my-project")
    assert done.returncode == 1
    assert "tabby cat" in done.stderr


def test_threads_follow_the_cpus_unless_told_otherwise(deploy, cloud):
    deploy("--cpu", "2")
    assert cloud["functions"]["classify"]["environment"]["NUM_THREADS"] == "2"
    deploy("--cpu", "2", "--set", "NUM_THREADS=1")
    assert cloud["functions"]["classify"]["environment"]["NUM_THREADS"] == "1"


def test_a_failed_build_says_where_to_look(run, cloud):
    cloud.refuse("functions deploy", "Build failed")
    done = run("--project", "my-project")
    assert done.returncode == 1
    assert "when-it-fails" in done.stderr


def test_service_accounts_say_whom_their_token_is_for(deploy, cloud, function):
    cloud["account"] = "robot@my-project.iam.gserviceaccount.com"
    deploy()
    assert ["auth", "print-identity-token", f"--audiences={function.url}"] in cloud.commands("auth")


def test_flags_have_variables_of_the_same_name(run, cloud):
    done = run(DEPLOY_PROJECT="my-project", DEPLOY_NAME="cats", DEPLOY_MAX_INSTANCES="3")
    assert done.returncode == 0, done.stderr
    assert cloud["functions"]["cats"]["flags"]["--max-instances"] == "3"


def test_the_project_of_gcloud_itself_will_do(run, cloud):
    cloud["default_project"] = "my-project"
    assert run().returncode == 0


def test_settings_with_commas_arrive_whole(deploy, cloud):
    origins = "https://example.com,http://localhost:5173"
    deploy("--set", f"CORS_ORIGINS={origins}", "--set", "PRELOAD=false")
    environment = cloud["functions"]["classify"]["environment"]
    assert environment == {**ALWAYS, "CORS_ORIGINS": origins, "PRELOAD": "false"}


def test_a_chosen_model_is_uploaded_in_place_of_the_default(deploy, cloud):
    said = deploy("--model", "efficientnet_lite2")
    function = cloud["functions"]["classify"]
    assert function["environment"] == {**ALWAYS, "MODEL": "efficientnet_lite2"}
    ignored = pathspec.GitIgnoreSpec.from_lines(function["ignore_file"].splitlines())
    assert not ignored.match_file("model/efficientnet_lite2/efficientnet_lite2_int8.tflite")
    assert not ignored.match_file("model/classifier.py")
    assert ignored.match_file("model/resnet50/resnet50_int8.tflite")
    assert not Path(function["flags"]["--ignore-file"]).exists()
    assert "efficientnet_lite2, whose licence allows commercial use" in said
    assert "5 files, 8." in said
