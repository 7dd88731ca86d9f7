"""The manifests fit the published schemas, and the image that they start.

TypeScript checks them against types generated from the definitions that Kubernetes and Knative
publish. It finds unknown fields and values outside an enumeration; JSON schemas of Kubernetes lack
the enumerations, and those of Knative allow unknown fields.
"""

import copy
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from service import routes
from tests.needs import need

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
KUBERNETES = {
    document["kind"]: document
    for document in yaml.safe_load_all((FOLDER / "classify.yaml").read_text())
}
KNATIVE = yaml.safe_load((FOLDER / "knative.yaml").read_text())
MANIFESTS = {**KUBERNETES, "Knative": KNATIVE}
TYPES = {
    "Deployment": "kubernetes-models/apps/v1",
    "Service": "kubernetes-models/v1",
    "HorizontalPodAutoscaler": "kubernetes-models/autoscaling/v2",
    "Knative": "@kubernetes-models/knative/serving.knative.dev/v1",
}
PODS = {name: MANIFESTS[name]["spec"]["template"]["spec"] for name in ("Deployment", "Knative")}

POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)
# Misspelt fields, values outside their enumeration and a probe without its port: the manifest,
# the place in it, the value, and what the error names.
MISTAKES = [
    ("Deployment", (*CONTAINER, "readynessProbe"), {}, "readynessProbe"),
    ("Deployment", (*POD, "restartPolicy"), "Sometimes", "Sometimes"),
    ("Deployment", (*CONTAINER, "livenessProbe", "httpGet"), {"path": "/health"}, "port"),
    ("Service", ("spec", "ports", 0, "targetport"), "http", "targetport"),
    ("Service", ("spec", "ports", 0, "protocol"), "HTTP", "HTTP"),
    ("HorizontalPodAutoscaler", ("spec", "maxReplica"), 10, "maxReplica"),
    ("HorizontalPodAutoscaler", ("apiVersion",), "autoscaling/v1", "autoscaling/v1"),
    ("Knative", (*POD, "containerConcurency"), 8, "containerConcurency"),
    ("Knative", (*CONTAINER, "imagePullPolicy"), "Sometimes", "Sometimes"),
    ("Knative", (*CONTAINER, "livenessProbe", "httpGet"), {"path": "/health"}, "port"),
]


def with_mistake(name, place, value):
    """A copy of the manifest with one value changed or added."""
    part = changed = copy.deepcopy(MANIFESTS[name])
    *way, last = place
    for step in way:
        part = part[step]
    part[last] = value
    return changed


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """A check of (name of the manifest, document) pairs; the errors of each, in order."""
    need("npm", "node")
    folder = tmp_path_factory.mktemp("types")
    shutil.copy(Path(__file__).parent / "kubernetes" / "package.json", folder)

    def run(*command):
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    installed = run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund")
    assert installed.returncode == 0, installed.stderr

    def check(pairs):
        files = [f"{index}.ts" for index in range(len(pairs))]
        for file, (name, document) in zip(files, pairs, strict=True):
            (folder / file).write_text(
                f'import type {{ I{MANIFESTS[name]["kind"]} as Type }} from "{TYPES[name]}";\n'
                f"export const manifest: Type = {json.dumps(document, indent=2)};\n"
            )
        options = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022")
        said = run("npx", "tsc", *options, "--module", "nodenext", "--pretty", "false", *files)
        lines = said.stdout.splitlines()
        assert all(line.startswith((" ", *files)) for line in lines), said.stdout
        return [[line for line in lines if line.startswith(f"{file}(")] for file in files]

    return check


@pytest.mark.slow
def test_the_manifests_fit_the_types(check):
    assert check(list(MANIFESTS.items())) == [[]] * len(MANIFESTS)


@pytest.mark.slow
def test_every_mistake_is_found(check):
    changed = [(name, with_mistake(name, place, value)) for name, place, value, _ in MISTAKES]
    for errors, (*_, sought) in zip(check(changed), MISTAKES, strict=True):
        assert any(sought in error for error in errors), (sought, errors)


@pytest.mark.parametrize("name", PODS)
def test_probes_ask_what_the_function_answers_at_the_port_of_the_image(name):
    (container,) = PODS[name]["containers"]
    (port,) = container["ports"]
    assert f"PORT={port['containerPort']} " in (ROOT / "Dockerfile").read_text()
    probes = {
        kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")
    }
    ports = {port["containerPort"], port.get("name")}
    assert all(probe["port"] in ports for probe in probes.values())
    assert {kind: probe["path"] for kind, probe in probes.items()} == {
        "startup": routes.READY.path,
        "readiness": routes.READY.path,
        "liveness": routes.HEALTH.path,
    }


def test_both_manifests_start_the_same_container_with_the_same_rights():
    deployed, knative = PODS.values()
    rights = [
        {**pod.get("securityContext", {}), **pod["containers"][0]["securityContext"]}
        for pod in (deployed, knative)
    ]
    assert rights[0] == rights[1]
    for part in ("image", "env", "resources", "volumeMounts"):
        assert deployed["containers"][0][part] == knative["containers"][0][part]
    assert deployed["volumes"] == knative["volumes"]
    user = f"USER {rights[0]['runAsUser']}:{rights[0]['runAsGroup']}\n"
    assert user in (ROOT / "Dockerfile").read_text()


def test_the_parts_find_each_other():
    deployment = KUBERNETES["Deployment"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert KUBERNETES["Service"]["spec"]["selector"] == labels
    target = KUBERNETES["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert target["name"] == deployment["metadata"]["name"]
    (container,) = PODS["Deployment"]["containers"]
    assert KUBERNETES["Service"]["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]


def test_the_guide_applies_every_manifest():
    guide = (ROOT / "docs" / "deploy.md").read_text()
    applied = [
        word.removeprefix("--filename=")
        for line in re.findall(r"^kubectl apply .*$", guide, re.MULTILINE)
        for word in shlex.split(line)
        if word.startswith("--filename=")
    ]
    assert sorted(applied) == sorted(str(path.relative_to(ROOT)) for path in FOLDER.iterdir())
