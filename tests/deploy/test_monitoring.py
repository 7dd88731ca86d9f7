"""The dashboard, the alerts and the metric fit Google's types and the function."""

import json
import re
import subprocess

import pytest
from google.cloud import monitoring_v3
from google.cloud.functions_v2 import Function
from google.cloud.logging_v2.types import LogMetric
from google.cloud.monitoring_dashboard_v1 import Dashboard

from service.errors import ERRORS
from tests.deploy.cloud import parse
from tests.deploy.cloud.routing import Refused
from tests.deploy.conftest import ROOT

TYPES = {
    "alert-errors": monitoring_v3.AlertPolicy,
    "alert-instances": monitoring_v3.AlertPolicy,
    "alert-latency": monitoring_v3.AlertPolicy,
    "dashboard": Dashboard,
    "errors-metric": LogMetric,
}
# Misspelt fields and values outside an enumeration: the file, what to replace and the mistake.
MISTAKES = [
    ("alert-errors", '"comparison"', '"comparision"'),
    ("alert-errors", "COMPARISON_GT", "COMPARISON_MORE"),
    ("alert-instances", '"combiner": "OR"', '"combiner": "EITHER"'),
    ("alert-latency", '"autoClose": "86400s"', '"autoClose": "a day"'),
    ("alert-latency", '"perSeriesAligner"', '"perSeriesAligned"'),
    ("dashboard", '"xPos"', '"xPosition"'),
    ("dashboard", '"plotType": "LINE"', '"plotType": "CURVE"'),
    ("errors-metric", '"labelExtractors"', '"labelExtractor"'),
    ("errors-metric", '"metricKind": "DELTA"', '"metricKind": "COUNT"'),
]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """The files with their placeholders replaced, by name."""
    folder = tmp_path_factory.mktemp("monitoring")
    variables = {"NAME": "cats", "PROJECT": "my-project", "REGION": "us-central1"}
    subprocess.run(
        ["bash", "-euc", f'source deploy/monitoring.sh; render_monitoring "{folder}"'],
        cwd=ROOT,
        env={**variables, "ROOT": str(ROOT), "MAX_INSTANCES": "7", "PATH": "/usr/bin:/bin"},
        check=True,
    )
    return {path.stem: path.read_text() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def messages(rendered):
    """The files as messages of Google's types."""
    return {name: parse(TYPES[name], text) for name, text in rendered.items()}


def test_every_file_fits_its_type(messages):
    assert set(messages) == set(TYPES)


@pytest.mark.parametrize(("name", "right", "wrong"), MISTAKES)
def test_a_mistake_is_found(rendered, name, right, wrong):
    assert right in rendered[name]
    with pytest.raises(Refused):
        parse(TYPES[name], rendered[name].replace(right, wrong, 1))


@pytest.mark.parametrize(
    "mistake",
    [
        {"serviceConfig": {"availableMemmory": "1Gi"}},
        {"serviceConfig": {"timeoutSeconds": "a minute"}},
        {"serviceConfig": {"ingressSettings": "ALLOW_SOME"}},
        {"environment": "GEN_3"},
    ],
)
def test_a_mistake_in_a_function_is_found(mistake):
    with pytest.raises(Refused):
        parse(Function, json.dumps(mistake))


def test_everything_is_about_this_function(rendered):
    assert all("cats" in text for text in rendered.values())
    assert not any(re.search(r"@[A-Z_]+@", text) for text in rendered.values())


def test_the_dashboard_shows_latency_errors_cold_starts_and_instances(rendered):
    for metric in (
        "run.googleapis.com/request_latencies",
        "logging.googleapis.com/user/cats-errors",
        "run.googleapis.com/container/startup_latencies",
        "run.googleapis.com/container/instance_count",
    ):
        assert metric in rendered["dashboard"]


def test_tiles_do_not_overlap(messages):
    layout = messages["dashboard"].mosaic_layout
    cells = [
        (x, y)
        for tile in layout.tiles
        for x in range(tile.x_pos, tile.x_pos + tile.width)
        for y in range(tile.y_pos, tile.y_pos + tile.height)
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < layout.columns


def test_errors_are_counted_by_the_reason_in_the_log(messages):
    metric = messages["errors-metric"]
    assert dict(metric.label_extractors) == {"reason": "EXTRACT(jsonPayload.reason)"}
    assert 'service_name="cats"' in metric.filter


def test_alerts_name_reasons_that_exist(rendered):
    reasons = {spec.reason for spec in ERRORS.values()} | {"INTERNAL"}
    text = " ".join(rendered.values())
    named = set(re.findall(r"\b(?:[A-Z]+_UNAVAILABLE|OVERLOADED|INTERNAL)\b", text))
    assert named
    assert named <= reasons


def test_the_alert_on_instances_fires_at_the_maximum(messages):
    (condition,) = messages["alert-instances"].conditions
    assert condition.condition_threshold.threshold_value == 6.5


@pytest.fixture(scope="module")
def monitored(operator, keys_file):
    """A cloud with monitoring, keys and a tuned alert, deployed to twice."""
    channel = "projects/my-project/notificationChannels/1"
    flags = ("--with-monitoring", "--notify", channel, "--api-keys", str(keys_file))
    operator.deploy(*flags)
    tuned = next(iter(operator.cloud.policies.values()))
    tuned.conditions[0].condition_threshold.threshold_value = 0.5
    operator.cloud.requests.clear()
    operator.deploy(*flags)
    return operator.cloud


@pytest.mark.slow
def test_alerts_reach_the_channel(monitored):
    policies = {policy.display_name: policy for policy in monitored.policies.values()}
    assert set(policies) == {"classify: errors", "classify: latency", "classify: instances"}
    channels = {tuple(policy.notification_channels) for policy in policies.values()}
    assert channels == {("projects/my-project/notificationChannels/1",)}


@pytest.mark.slow
def test_a_second_deployment_replaces_the_dashboard_and_keeps_tuned_alerts(monitored):
    thresholds = {
        policy.conditions[0].condition_threshold.threshold_value
        for policy in monitored.policies.values()
    }
    assert len(monitored.policies) == 3
    assert 0.5 in thresholds
    assert "POST monitoring/v1/projects/my-project/dashboards" in monitored.requests
    assert "PUT logging/v2/projects/my-project/metrics/classify-errors" in monitored.requests


@pytest.mark.slow
def test_a_second_deployment_stores_the_same_keys_once(monitored, keys):
    assert monitored.secrets["classify-api-keys"].versions == [",".join(keys)]


@pytest.mark.slow
def test_a_deletion_deletes_everything(monitored, operator):
    output = operator.deploy("--delete", "--yes")
    assert "Deleted. What remains: the enabled APIs" in output
    assert not any((monitored.functions, monitored.services, monitored.accounts))
    assert not any((monitored.secrets, monitored.metrics, monitored.dashboards))
    assert not monitored.policies
