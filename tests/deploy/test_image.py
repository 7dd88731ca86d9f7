"""The image, built without an engine and started as docs/deploy.md starts it: read-only, with
512 MiB. Its user may not read what only root may: it is built from a clone made under umask 077.
"""

import io
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from tests.conftest import WAITRESS
from tests.needs import need

ROOT = Path(__file__).parents[2]
CONTEXT = ("Dockerfile", ".dockerignore", "main.py", "serve.py", "requirements.txt", "model",
           "pictures", "service", "scripts")  # fmt: skip
NAME = "localhost/classify-test"
MEMORY = 512 * 2**20
# runc alone knows both versions of control groups. Podman's own limits may be above those of the
# machine, where nobody may raise them.
RUN = ("podman", "--runtime=runc", "run", "--network=host", "--ulimit=nofile=1024:1024",
       "--ulimit=nproc=1024:1024", "--read-only", "--read-only-tmpfs=false")  # fmt: skip

pytestmark = pytest.mark.slow


def printed(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Built(NamedTuple):
    """An image's name, and the sentence of scripts/image about its size."""

    name: str
    size: str


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The image, built by scripts/image."""
    need("podman", "runc", "debootstrap")
    clone = tmp_path_factory.mktemp("clone")
    for name in CONTEXT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, clone / name)
    printed("chmod", "--recursive", "go=", str(clone))
    yield Built(NAME, printed(str(clone / "scripts" / "image"), NAME).strip())
    printed("podman", "rmi", "--force", NAME)


class Container:
    """The image, started; `seconds` is the time from the start to the first label."""

    def __init__(self, image, photo):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        start = time.perf_counter()
        self.name = printed(
            *(*RUN, "--detach", f"--memory={MEMORY}"),
            *("--env=HOST=127.0.0.1", f"--env=PORT={self.url.rpartition(':')[2]}", image.name),
        ).strip()
        try:
            self.labels = first_labels(self.url, photo)
        except urllib.error.URLError as error:
            raise AssertionError(logs(self.name)) from error
        self.seconds = time.perf_counter() - start

    def run(self, *command):
        return subprocess.run(
            ("podman", "--runtime=runc", "exec", self.name, *command),
            capture_output=True,
            text=True,
            check=False,
        )


def logs(name):
    command = ("podman", "logs", name)
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    ).stdout


def first_labels(url, photo):
    request = urllib.request.Request(url, photo, {"Content-Type": "image/jpeg"})
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(request) as response:
                return [label["label"] for label in json.load(response)["labels"]]
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@pytest.fixture(scope="module")
def container(image, chelsea):
    container = Container(image, chelsea)
    yield container
    printed("podman", "rm", "--force", container.name)


def test_it_classifies_a_photo(container):
    assert container.labels[0] == "Egyptian cat"


def test_it_takes_a_large_form_without_a_temporary_file(container):
    """Werkzeug by default, and waitress, would write parts and bodies of this size to /tmp."""
    picture = io.BytesIO()
    Image.effect_noise((2000, 1000), 100).save(picture, "PNG")
    head = b"Content-Disposition: form-data; name=image; filename=noise.png"
    body = b"--boundary\r\n%b\r\n\r\n%b\r\n--boundary--\r\n" % (head, picture.getvalue())
    assert len(body) > 1_000_000
    headers = {"Content-Type": "multipart/form-data; boundary=boundary"}
    with urllib.request.urlopen(urllib.request.Request(container.url, body, headers)) as response:
        assert json.load(response)["labels"]


def test_it_logs_no_error(container):
    assert '"severity"' in logs(container.name)
    assert "ERROR" not in logs(container.name)


def test_it_has_no_rights_and_little_memory(container):
    assert container.run("id", "-u").stdout == "65534\n"
    assert "Read-only file system" in container.run("touch", "/app/file").stderr
    limits = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
    found = [container.run("cat", path).stdout for path in limits]
    assert f"{MEMORY}\n" in found


def test_it_has_the_bytecode_of_what_it_imports(image):
    """Otherwise every start compiles it, because nothing can be written."""
    code = (
        "import main, service.server, os, sys\n"
        "modules = [m for m in sys.modules.values() if getattr(m, '__cached__', None)]\n"
        "print(len(modules), [m for m in modules if not os.path.exists(m.__cached__)])"
    )
    count, missing = printed(*RUN, "--rm", image.name, "python", "-c", code).split(" ", 1)
    assert int(count) > 300
    assert missing == "[]\n"


def test_it_is_no_larger_than_it_has_to_be(image):
    size = re.search(r": (\d+) MB in (\d+) layers, of which (\d+) MB in (\d+) are", image.size)
    megabytes, layers, base_megabytes, base_layers = map(int, size.groups())
    models = sum(path.stat().st_size for path in (ROOT / "model").rglob("*") if path.is_file())
    assert megabytes - base_megabytes - models / 10**6 < 145
    assert layers - base_layers == 3


def test_it_starts_about_as_fast_as_the_plain_process(
    image, container, start_server, chelsea, capsys
):
    start = time.perf_counter()
    server = start_server(WAITRESS, PRELOAD="true", THREADS="80")
    first_labels(server.url, chelsea)
    plain = time.perf_counter() - start
    with capsys.disabled():
        sys.stdout.write(
            f"\n{image.size}; start to first label: {container.seconds:.2f} s, "
            f"of the plain process {plain:.2f} s\n"
        )
    assert container.seconds < 5 * plain
