"""The real deploy.sh and gcloud against a stand-in of Google's REST APIs."""

import contextlib
import hashlib
import json
import secrets
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy import cloud
from tests.needs import need

ROOT = Path(__file__).parents[2]
TOOLS = (
    *("awk", "bash", "cat", "curl", "cut", "dirname", "grep", "mktemp", "rm", "sed", "sleep"),
    *("sort", "tr", "uniq"),
)
PARTS = (
    *("deploy.sh", ".gcloudignore", "main.py", "requirements.txt"),
    *("deploy", "model", "pictures", "service", "tests/data"),
)
PERSON = "operator@example.com"


@pytest.fixture(scope="session")
def tools(tmp_path_factory):
    """A PATH of the programs that deploy.sh uses, without gcloud."""
    need("awk", "curl")
    folder = tmp_path_factory.mktemp("tools")
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool))
    return str(folder)


@pytest.fixture
def dry_run(tools, tmp_path):
    """Run `deploy.sh --dry-run` without gcloud, in my-project unless it is None."""

    def dry_run(*flags, project="my-project", **options):
        named = ("--project", project) if project else ()
        command = ["bash", ROOT / "deploy.sh", "--dry-run", *named, *flags]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={"PATH": tools},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **{"stdin": subprocess.DEVNULL, **options},
        )

    return dry_run


@pytest.fixture(scope="session")
def checkout(tmp_path_factory):
    """A copy of what is deployed, in a folder whose name has to be quoted."""
    folder = tmp_path_factory.mktemp("clone") / "the operator's clone"
    for part in PARTS:
        target = folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, target)
    compiled = folder / "service" / "__pycache__" / "a.pyc"
    compiled.parent.mkdir(exist_ok=True)
    compiled.touch()
    return folder


class Models:
    """Models in the checkout, copied from the one that ships."""

    def __init__(self, checkout):
        self._folder = checkout / "model"
        self._added = []

    def add(self, name, *, network=None, **changes):
        """Add a model with changes to the card, written compactly, and to the network."""
        folder = self._folder / name
        shutil.copytree(self._folder / "resnet50", folder)
        self._added.append(folder)
        card = json.loads((folder / "model.json").read_text()) | {"name": name} | changes
        if network:
            (folder / card["file"]).write_bytes(network)
            card["sha256"] = hashlib.sha256(network).hexdigest()
        card = {field: value for field, value in card.items() if value is not None}
        (folder / "model.json").write_text(json.dumps(card, separators=(",", ":")))
        return folder

    def remove(self):
        for folder in self._added:
            shutil.rmtree(folder)


@pytest.fixture(scope="module")
def models(checkout):
    models = Models(checkout)
    yield models
    models.remove()


class Operator:
    """Runs deploy.sh in a cloud."""

    def __init__(self, cloud, environment, checkout):
        self.cloud = cloud
        self.environment = environment
        self.checkout = checkout

    def run(self, *flags, stdin="", **variables):
        """Run deploy.sh; its output and exit code."""
        return subprocess.run(
            ["bash", self.checkout / "deploy.sh", *flags],
            cwd=self.checkout.parent,
            env={**self.environment, **variables},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    def deploy(self, *flags, **options):
        """Run deploy.sh in my-project; its output. Fails if deploy.sh does."""
        done = self.run("--project", "my-project", *flags, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def credentials(tmp_path_factory):
    """A configuration of gcloud in which a person is logged in."""
    need("gcloud", "curl")
    folder = tmp_path_factory.mktemp("gcloud")
    with cloud.serve(cloud.Cloud(folder)) as google:
        cloud.log_in(PERSON, cloud.environment(google, folder))
    return folder


@contextlib.contextmanager
def start_cloud(folder, credentials, checkout):
    """An operator in a project with billing and nothing else."""
    config = folder / "config"
    shutil.copytree(credentials, config)
    (folder / "storage").mkdir()
    with cloud.serve(cloud.Cloud(folder / "storage")) as google:
        environment = cloud.environment(google, config)
        yield Operator(google, {**environment, "DEPLOY_PAUSE": "0"}, checkout)


@pytest.fixture(scope="module")
def operator(tmp_path_factory, credentials, checkout):
    """An operator for a module whose tests look at one story."""
    with start_cloud(tmp_path_factory.mktemp("cloud"), credentials, checkout) as operator:
        yield operator


@pytest.fixture
def new_operator(tmp_path, credentials, checkout):
    """An operator for one test."""
    with start_cloud(tmp_path, credentials, checkout) as operator:
        yield operator


@pytest.fixture(scope="session")
def upload(tmp_path_factory, credentials, checkout):
    """The folder that the real gcloud uploads, unpacked."""
    folder = tmp_path_factory.mktemp("upload")
    with start_cloud(folder, credentials, checkout) as operator:
        where = ("--project=my-project", "--region=us-central1", f"--source={checkout}")
        flags = ("--gen2", "--runtime=python314", "--trigger-http", "--entry-point=classify")
        subprocess.run(
            ["gcloud", "functions", "deploy", "classify", *where, *flags],
            env={**operator.environment, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
            check=True,
            capture_output=True,
        )
    shutil.unpack_archive(folder / "storage" / "0.zip", folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture(scope="session")
def keys():
    return [secrets.token_hex(16), secrets.token_hex(16)]


@pytest.fixture(scope="session")
def keys_file(tmp_path_factory, keys):
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text("\n".join(keys) + "\n")
    return path
