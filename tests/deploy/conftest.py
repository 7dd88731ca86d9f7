"""The real deploy.sh against a stand-in for gcloud, and a URL where the function would be."""

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.needs import need

ROOT = Path(__file__).parent.parent.parent
CAT = b'{"labels":[{"label":"Egyptian cat","score":0.8}]}'
TOOLS = (
    *("awk", "bash", "cat", "curl", "cut", "dirname", "grep", "mktemp", "rm", "sed"),
    *("sha256sum", "sleep", "sort", "tr", "uniq", "wc"),
)
SCRIPT_PARTS = (".gcloudignore", "deploy.sh", "deploy", "model", "tests")


class Cloud:
    """The Google Cloud of the stand-in: what is in it, and what was done to it."""

    def __init__(self, path, state):
        self.path = path
        path.write_text(json.dumps(state))

    def __getitem__(self, key):
        return json.loads(self.path.read_text())[key]

    def __setitem__(self, key, value):
        state = json.loads(self.path.read_text())
        state[key] = value
        self.path.write_text(json.dumps(state))

    def commands(self, *start):
        """The calls of gcloud that start so, or all of them."""
        return [call[1:] for call in self["calls"] if call[1 : len(start) + 1] == list(start)]

    def refuse(self, command, *messages):
        """Answer the next calls of a command with a message each, and no more than that."""
        self["refusals"] = {**self["refusals"], command: messages}


class Function(http.server.BaseHTTPRequestHandler):
    """Classifies every photo as a cat, once it has given the answers that a test puts first."""

    answers: list
    requests: list

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.requests.append((dict(self.headers), body))
        status, reply = self.answers.pop(0) if self.answers else (200, CAT)
        self.send_response(status)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def function():
    """Where the deployed function would answer: `url`, `answers` to give, `requests` had."""
    handler = type("Handler", (Function,), {"answers": [], "requests": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield handler
        server.shutdown()
        thread.join()


@pytest.fixture
def cloud(tmp_path, function):
    """A project with billing in which nothing has been done yet."""
    state = {
        "account": "operator@example.com",
        "token": "identity-token-of-the-operator",
        "default_project": "",
        "projects": {"my-project": {"projectId": "my-project"}},
        "billing": True,
        "regions": ["us-central1", "europe-west1"],
        "upload": ["main.py", "model/resnet50/labels.tsv"],
        "url": function.url,
        "hangs": "",
        "refusals": {},
        "calls": [],
        "watched": [],
        "seen": [],
        "apis": [],
    }
    kinds = ("functions", "services", "secrets", "accounts", "metrics", "dashboards", "policies")
    return Cloud(tmp_path / "cloud.json", {**state, **{kind: {} for kind in kinds}})


@pytest.fixture
def checkout(tmp_path):
    """A copy of what deploy.sh is made of, in a folder whose name has to be quoted."""
    need("awk", "curl")  # deploy.sh does
    folder = tmp_path / "the operator's clone"
    folder.mkdir()
    for part in SCRIPT_PARTS:
        (folder / part).symlink_to(ROOT / part)
    (folder / "main.py").write_text("x" * 1_000_000)
    return folder


@pytest.fixture
def environment(tmp_path, cloud):
    """What deploy.sh is started with: of gcloud there is only the stand-in."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gcloud").symlink_to(Path(__file__).with_name("gcloud.py"))
    # A python3 that starts at once, whatever version manager stands first on the PATH.
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DEPLOY_")}
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    return {**kept, "PATH": path, "STAND_IN": str(cloud.path), "DEPLOY_PAUSE": "0"}


@pytest.fixture
def path_without_gcloud(tmp_path):
    """The tools that deploy.sh uses, but for gcloud, which may be installed here."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool))
    return str(folder)


@pytest.fixture
def run(checkout, environment):
    """Run deploy.sh with flags; what it said and how it ended."""

    def run(*flags, stdin="", **variables):
        return subprocess.run(
            [shutil.which("bash"), checkout / "deploy.sh", *flags],
            cwd=checkout.parent,
            env={**environment, **variables},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def deploy(run):
    """Run deploy.sh in my-project and insist that it succeeds; what it printed."""

    def deploy(*flags, **options):
        done = run("--project", "my-project", *flags, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return deploy


@pytest.fixture
def keys_file(tmp_path):
    """A file of two API keys, and the keys."""
    keys = ["first-key-0123456789", "second-key-0123456789"]
    path = tmp_path / "keys"
    path.write_text("\n".join(keys) + "\n")
    return path, keys
