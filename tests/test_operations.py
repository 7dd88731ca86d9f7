"""What docs/operations.md names is there, and gcloud takes its commands."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import msgspec
import pytest

from service.errors import ERRORS, INTERNAL
from service.settings import Settings

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "operations.md").read_text()
COMMANDS = [
    line.strip()
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
]
SETTINGS = {field.encode_name for field in msgspec.structs.fields(Settings)}
REASONS = {spec.reason for spec in (*ERRORS.values(), INTERNAL)}


@pytest.mark.slow
@pytest.mark.needs("gcloud")
@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("gcloud")])
def test_gcloud_takes_the_command(command, tmp_path):
    done = subprocess.run(
        shlex.split(command),
        env=os.environ
        | {
            "CLOUDSDK_CONFIG": str(tmp_path),
            "CLOUDSDK_CORE_PROJECT": "my-project",
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # That is asked when the command has been read and understood.
    assert "active account" in done.stderr


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("./deploy.sh")])
def test_a_dry_run_of_the_deployment_succeeds(command, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("0123456789abcdef" * 4 + "\n")
    keys.chmod(0o600)
    words = shlex.split(command.replace("--api-keys=keys", f"--api-keys={keys}"))
    done = subprocess.run(
        [*words, "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_settings_and_reasons_exist():
    named = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b|\bINTERNAL\b|\bOVERLOADED\b", TEXT))
    assert len(named) > 5
    assert named <= SETTINGS | REASONS


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        path, _, anchor = target.partition("#")
        document = (ROOT / "docs" / path).read_text() if path else TEXT
        headings = re.findall(r"^#+ (.*)$", document, re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}
        assert not anchor or anchor in anchors, target
