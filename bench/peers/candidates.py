"""The servers that the `servers` benchmark compares: how to start them, and their requests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.harness import function
from bench.harness.client import post, post_form
from bench.harness.errors import Skipped
from bench.harness.processes import Server, free_port, program
from bench.harness.report import OUTPUT

PEERS = Path("bench/peers")

#: Runs in the new process before its program.
Before = Callable[[], None] | None


@dataclass(frozen=True)
class Candidate:
    """A server to compare."""

    start: Callable[[Before], Server]
    """Raises Skipped if the server is not available."""
    request: Callable[[Path], bytes]
    """A request with the photo, in the cheapest encoding that the server takes."""


def _function(before: Before) -> Server:
    return function.start(before=before)


def _tutorial(before: Before) -> Server:
    port = free_port()
    framework = program(".venv-bench-tflite-runtime", "functions-framework")
    command = [framework, "--source", str(PEERS / "tutorial.py"), "--port", str(port)]
    return Server([*command, "--target", "classify"], port=port, before=before)


def _bentoml(before: Before) -> Server:
    port = free_port()
    bentoml = program(".venv-bench-bentoml", "bentoml")
    command = [bentoml, "serve", "bento:Classify", "--port", str(port)]
    settings = {"BENTOML_DO_NOT_TRACK": "true", "BENTOML_HOME": str(OUTPUT.absolute() / "bentoml")}
    return Server(command, port=port, environment=settings, folder=PEERS, before=before)


def _litserve(before: Before) -> Server:
    port = free_port()
    command = [program(".venv-bench-litserve"), "lit.py", str(port)]
    return Server(command, port=port, folder=PEERS, before=before)


def _torchserve(before: Before) -> Server:
    server = program(".venv-bench-torchserve", "torchserve")
    if not shutil.which("java"):
        raise Skipped("TorchServe needs Java: apt-get install default-jre-headless")
    port = free_port()
    folder = (OUTPUT / "torchserve" / str(port)).absolute()  # two may run at the same time
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "root.txt").write_text(str(Path.cwd()))
    archiver = program(".venv-bench-torchserve", "torch-model-archiver")
    archive = [archiver, "--model-name", "classify", "--version", "1", "--force"]
    archive += ["--handler", str(PEERS / "torch_handler.py")]
    archive += ["--extra-files", str(folder / "root.txt"), "--export-path", str(folder)]
    subprocess.run(archive, check=True, capture_output=True)
    (folder / "config.properties").write_text(
        f"inference_address=http://127.0.0.1:{port}\n"
        f"management_address=http://127.0.0.1:{free_port()}\n"
        f"metrics_address=http://127.0.0.1:{free_port()}\n"
        "disable_token_authorization=true\n"
    )
    command = [server, "--foreground", "--model-store", "."]
    command += ["--models", "classify.mar", "--ts-config", "config.properties"]
    # It keeps its process id and its sockets in the temporary directory.
    environment = {"PATH": f"{Path(server).parent}:{os.environ['PATH']}", "TMPDIR": str(folder)}
    return Server(command, port=port, environment=environment, folder=folder, before=before)


def _form_to(path: str) -> Callable[[Path], bytes]:
    return lambda photo: post_form(path, "image", photo.read_bytes())


def _torchserve_request(photo: Path) -> bytes:
    return post("/predictions/classify", "image/jpeg", photo.read_bytes())


OURS = "this function"
CANDIDATES = {
    OURS: Candidate(_function, function.as_bytes),
    "the tutorial's function": Candidate(_tutorial, function.as_bytes),
    "BentoML": Candidate(_bentoml, _form_to("/classify")),
    "LitServe": Candidate(_litserve, _form_to("/predict")),
    "TorchServe": Candidate(_torchserve, _torchserve_request),
}
