"""The servers that are measured: how each is started, and how it is sent a photo."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import function
from bench.client import form, request
from bench.processes import Server, Skipped, free_port, program
from bench.report import OUTPUT

PEERS = Path("bench/peers")


@dataclass(frozen=True)
class Contestant:
    """One server."""

    start: Callable[[], Server]
    """Raises Skipped where it cannot be had."""
    ask: Callable[[Path], bytes]
    """The request that sends a photo, in the way that suits the server best."""


def _tutorial() -> Server:
    port = free_port()
    framework = program(".venv-bench-tflite-runtime", "functions-framework")
    command = [framework, "--source", str(PEERS / "tutorial.py"), "--port", str(port)]
    return Server([*command, "--target", "classify"], port=port)


def _bentoml() -> Server:
    port = free_port()
    bentoml = program(".venv-bench-bentoml", "bentoml")
    command = [bentoml, "serve", "bento:Classify", "--port", str(port)]
    quiet = {"BENTOML_DO_NOT_TRACK": "true", "BENTOML_HOME": str(OUTPUT.absolute() / "bentoml")}
    return Server(command, port=port, environment=quiet, folder=PEERS)


def _litserve() -> Server:
    port = free_port()
    command = [program(".venv-bench-litserve"), "lit.py", str(port)]
    return Server(command, port=port, folder=PEERS)


def _torchserve() -> Server:
    server = program(".venv-bench-torchserve", "torchserve")
    if not shutil.which("java"):
        raise Skipped("TorchServe needs Java, and there is none")
    folder = OUTPUT / "torchserve"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "root.txt").write_text(str(Path.cwd()))
    archiver = program(".venv-bench-torchserve", "torch-model-archiver")
    archive = [archiver, "--model-name", "classify", "--version", "1", "--force"]
    archive += ["--handler", str(PEERS / "torch_handler.py")]
    archive += ["--extra-files", str(folder / "root.txt"), "--export-path", str(folder)]
    subprocess.run(archive, check=True, capture_output=True)
    port = free_port()
    (folder / "config.properties").write_text(
        f"inference_address=http://127.0.0.1:{port}\n"
        f"management_address=http://127.0.0.1:{free_port()}\n"
        f"metrics_address=http://127.0.0.1:{free_port()}\n"
        "disable_token_authorization=true\n"
    )
    command = [server, "--foreground", "--model-store", "."]
    command += ["--models", "classify.mar", "--ts-config", "config.properties"]
    environment = {"PATH": f"{Path(server).parent}:{os.environ['PATH']}"}
    return Server(command, port=port, environment=environment, folder=folder)


def _in_form(path: str) -> Callable[[Path], bytes]:
    return lambda photo: form(path, "image", photo.read_bytes())


def _torchserve_request(photo: Path) -> bytes:
    return request("/predictions/classify", "image/jpeg", photo.read_bytes())


OURS = "this function"
CONTESTANTS = {
    OURS: Contestant(function.start, function.as_bytes),
    "the tutorial's function": Contestant(_tutorial, function.as_bytes),
    "BentoML": Contestant(_bentoml, _in_form("/classify")),
    "LitServe": Contestant(_litserve, _in_form("/predict")),
    "TorchServe": Contestant(_torchserve, _torchserve_request),
}
