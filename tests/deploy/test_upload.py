"""What is uploaded, and nothing else, answers under the limits that it is deployed with.

It is unpacked into an empty folder, installed from its requirements alone, and started with the
command of Google's buildpack as a user without rights, on a file system that cannot be written to.

Memory is limited per process, and by its address space: a harder limit than that of a container,
which counts only what is really used. What both processes have used together is checked as well.
"""

import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.needs import need

ROOT = Path(__file__).parent.parent.parent
MEMORY = 512 * 2**20


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_only_what_the_function_needs_is_uploaded(upload, checkout):
    needed = {"main.py", "requirements.txt"}
    for folder in ("model", "pictures", "service"):
        needed |= {f"{folder}/{file}" for file in files_in(checkout / folder)}
    other_models = re.compile(r"model/(?!resnet50/)\w+/")
    assert files_in(upload) == {
        file for file in needed if "__pycache__" not in file and not other_models.match(file)
    }
    assert [path.name for path in (upload / "model").iterdir() if path.is_dir()] == ["resnet50"]
    assert sum(path.stat().st_size for path in upload.rglob("*") if path.is_file()) < 30e6


def test_compiled_files_are_in_the_checkout_but_not_uploaded(upload, checkout):
    compiled = checkout / "service" / "__pycache__"
    assert (compiled / "a.pyc").is_file()
    assert not (upload / "service" / "__pycache__").exists()


def test_the_model_is_uploaded_with_its_licence(upload):
    assert (upload / "model" / "resnet50" / "LICENSE").is_file()


def test_an_image_gets_what_an_upload_gets():
    upload, image = (
        {line.rstrip("/") for line in (ROOT / name).read_text().splitlines() if line[:1] in "/!"}
        for name in (".gcloudignore", ".dockerignore")
    )
    assert image - upload == {"!/Dockerfile", "!/serve.py"}
    # One model is uploaded. An image has all, so that MODEL chooses when it runs.
    assert upload - image == {"!/.", "/model/*", "!/model/*.py", "!/model/resnet50"}


def test_image_and_procfile_start_the_same_command():
    dockerfile = (ROOT / "Dockerfile").read_text()
    command = re.search(r"^CMD \[(.*)\]$", dockerfile, re.MULTILINE)[1]
    procfile = (ROOT / "Procfile").read_text().removeprefix("web:")
    assert [part.strip(' "') for part in command.split(",")] == shlex.split(procfile)


def test_image_has_the_runtime_of_the_function():
    runtime = re.search(r"^readonly RUNTIME=python3(\d+)$", script(), re.MULTILINE)[1]
    assert f"ARG BASE=python:3.{runtime}-slim\n" in (ROOT / "Dockerfile").read_text()


@pytest.mark.slow
def test_every_requirement_has_a_wheel_for_the_runtime(tmp_path):
    runtime = re.search(r"^readonly RUNTIME=python3(\d+)$", script(), re.MULTILINE)[1]
    platforms = [f"--platform=manylinux{glibc}_x86_64" for glibc in ("2014", "_2_27", "_2_28")]
    pip(
        *("install", "--dry-run", "--only-binary=:all:", f"--python-version=3.{runtime}"),
        *(*platforms, f"--target={tmp_path}", f"--requirement={ROOT / 'requirements.txt'}"),
    )


def script():
    return (ROOT / "deploy.sh").read_text()


def pip(*arguments, python=sys.executable):
    done = subprocess.run(
        [python, "-m", "pip", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def served(upload, tmp_path_factory):
    """The URL of the upload under functions-framework, walled in, and its process."""
    need("bwrap", "prlimit")
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip(
        "install", f"--requirement={upload / 'requirements.txt'}", python=environment / "bin/python"
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("log") / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            walled_in(upload, environment, port), stdout=output, stderr=output
        )
    yield f"http://127.0.0.1:{port}", process, log
    process.terminate()
    process.wait(timeout=30)


def walled_in(upload, environment, port):
    system = [path for path in ("/usr", "/lib", "/lib64", "/bin") if Path(path).exists()]
    seen = [*system, sys.base_prefix, environment]
    settings = {"PORT": port, "HOST": "127.0.0.1", **deployed_settings()}
    return [
        *("prlimit", f"--as={MEMORY}", "bwrap", "--unshare-all", "--share-net", "--clearenv"),
        *("--uid", "65534", "--gid", "65534", "--die-with-parent"),
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
        *(part for path in seen for part in ("--ro-bind", str(path), str(path))),
        *("--ro-bind", str(upload), "/workspace", "--chdir", "/workspace"),
        *(part for item in settings.items() for part in ("--setenv", *map(str, item))),
        *("--remount-ro", "/", environment / "bin/functions-framework", "--target=classify"),
    ]


def deployed_settings():
    """What deploy.sh sets where it is told nothing; the Dockerfile sets the same."""
    line = re.search(r"^ENV (.*) PORT=8080", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]
    return dict(setting.split("=") for setting in line.split())


def ask(served, path, body=None):
    url, process, log = served
    request = urllib.request.Request(url + path, body, {"Content-Type": "image/jpeg"})
    for _ in range(300):
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.read()
        except urllib.error.URLError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
    raise AssertionError(f"no answer: {log.read_text()}")


@pytest.mark.slow
def test_the_upload_classifies_a_photo(served, chelsea):
    ask(served, "/ready")
    assert b'"Egyptian cat"' in ask(served, "/", chelsea)


@pytest.mark.slow
def test_it_runs_without_rights_and_within_its_memory(served, chelsea):
    ask(served, "/", chelsea)
    used = 0
    statuses = [status_of(pid) for pid in descendants(served[1].pid)]
    servers = [status for status in statuses if "functions" in status["Name"]]
    assert servers
    for status in servers:
        used += int(status["VmHWM"].split()[0]) * 1024
        assert int(status["CapEff"], 16) == 0
        assert limit_of_address_space(status["Pid"]) <= MEMORY  # a decoder has less
    assert 0 < used < MEMORY


def limit_of_address_space(pid):
    line = re.search(r"Max address space +(\d+)", Path(f"/proc/{pid}/limits").read_text())
    return int(line[1])


@pytest.mark.needs("bwrap", "prlimit")
def test_its_file_system_cannot_be_written_to(upload, tmp_path):
    wall = walled_in(upload, tmp_path, 0)
    end = wall.index("--remount-ro") + 2
    for folder in ("/", "/workspace", "/usr"):
        done = subprocess.run(
            [*wall[:end], "/bin/sh", "-c", f"id -u; touch {folder}/file"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == "65534\n"
        assert "Read-only file system" in done.stderr


def descendants(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in descendants(int(child)))]


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)
