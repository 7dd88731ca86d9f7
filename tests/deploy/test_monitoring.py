"""The dashboard and the alerts speak of the function that was deployed, and of things it logs."""

import json
import re

import pytest

from service.errors import ERRORS


@pytest.fixture
def monitored(deploy, cloud):
    deploy("--with-monitoring", "--name", "cats", "--max-instances", "7", "--notify", "channel-1")
    return cloud


def test_everything_speaks_of_this_function(monitored):
    texts = [json.dumps(monitored[kind]) for kind in ("metrics", "dashboards", "policies")]
    assert all("cats" in text for text in texts)
    assert not any(re.search(r"@[A-Z_]+@", text) for text in texts)


def test_the_dashboard_shows_latency_errors_cold_starts_and_instances(monitored):
    text = json.dumps(monitored["dashboards"]["cats"])
    for metric in (
        "run.googleapis.com/request_latencies",
        "logging.googleapis.com/user/cats-errors",
        "run.googleapis.com/container/startup_latencies",
        "run.googleapis.com/container/instance_count",
    ):
        assert metric in text


def test_tiles_do_not_overlap(monitored):
    layout = monitored["dashboards"]["cats"]["mosaicLayout"]
    places = [(tile["xPos"], tile["yPos"]) for tile in layout["tiles"]]
    assert len(set(places)) == len(places)
    assert all(
        x + tile["width"] <= 48 for (x, _), tile in zip(places, layout["tiles"], strict=True)
    )


def test_errors_are_counted_by_the_reason_in_the_log(monitored):
    metric = monitored["metrics"]["cats-errors"]
    assert metric["labelExtractors"] == {"reason": "EXTRACT(jsonPayload.reason)"}
    assert 'service_name="cats"' in metric["filter"]


def test_alerts_name_reasons_that_there_are(monitored):
    reasons = {spec.reason for spec in ERRORS.values()} | {"INTERNAL"}
    text = json.dumps(monitored["policies"])
    named = set(re.findall(r"\b[A-Z]+_UNAVAILABLE|OVERLOADED|INTERNAL\b", text))
    assert named
    assert named <= reasons


def test_alerts_reach_somebody_and_fit_the_size(monitored):
    policies = {policy["displayName"]: policy for policy in monitored["policies"].values()}
    assert set(policies) == {"cats: errors", "cats: latency", "cats: instances"}
    assert {policy["channels"] for policy in policies.values()} == {"channel-1"}
    condition = policies["cats: instances"]["conditions"][0]["conditionThreshold"]
    assert condition["thresholdValue"] == 6.5


def test_a_second_run_renews_the_dashboard_and_keeps_tuned_alerts(deploy, cloud):
    deploy("--with-monitoring")
    name, tuned = next(iter(cloud["policies"].items()))
    tuned["conditions"] = "tuned by hand"
    cloud["policies"] = {**cloud["policies"], name: tuned}
    deploy("--with-monitoring")
    assert len(cloud["policies"]) == 3
    assert cloud["policies"][name]["conditions"] == "tuned by hand"
    assert len(cloud.commands("monitoring", "dashboards", "create")) == 2
