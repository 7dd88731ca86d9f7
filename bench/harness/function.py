"""This function under its production server, and the requests that it takes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.harness.client import post, post_form
from bench.harness.processes import Server, free_port, program

ENVIRONMENT = ".venv-bench-function"  # with the runtime requirements only


def start(
    source: Path = Path("main.py"),
    *,
    target: str = "classify",
    before: Callable[[], None] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Server:
    """The function under functions-framework, with as many threads as scripts/serve starts."""
    port = free_port()
    framework = program(ENVIRONMENT, "functions-framework")
    command = [framework, "--source", str(source), "--target", target, "--port", str(port)]
    environment = {"THREADS": "80", **(settings or {})}
    return Server(command, port=port, environment=environment, before=before)


def start_container(*, settings: Mapping[str, str] | None = None) -> Server:
    """The function under the server of its container."""
    port = free_port()
    environment = {"HOST": "127.0.0.1", "PORT": str(port), "THREADS": "80", **(settings or {})}
    return Server([program(ENVIRONMENT), "serve.py"], port=port, environment=environment)


def as_bytes(photo: Path) -> bytes:
    """A request whose body is the photo."""
    return post("/", "application/octet-stream", photo.read_bytes())


def as_json(photo: Path) -> bytes:
    """A request with the photo in base64."""
    content = json.dumps({"image": base64.b64encode(photo.read_bytes()).decode()})
    return post("/", "application/json", content.encode())


def as_form(photo: Path) -> bytes:
    """A request with the photo as a form's file."""
    return post_form("/", "photo", photo.read_bytes())
