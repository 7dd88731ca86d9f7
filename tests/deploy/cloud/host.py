"""Runs functions: unpacks an upload and starts it as Google's buildpack does."""

import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path


class StartFailed(Exception):
    """The function does not start; the message tells why."""


class Process:
    """A function that serves at `url`."""

    def __init__(self, folder, entry_point, environment):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder.with_suffix(".log")
        python = Path(sys.executable)
        with self.log.open("w") as output:
            self._process = subprocess.Popen(
                [python.parent / "functions-framework", f"--target={entry_point}"],
                cwd=folder,
                env={"HOST": "127.0.0.1", "PORT": str(self.port), **environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._wait()

    def _wait(self):
        """Wait until the port is open, as Cloud Run's default startup probe does."""
        for _ in range(600):
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise StartFailed(f"Container Healthcheck failed: {self.log.read_text()}")

    def stop(self):
        """End it; a second time does nothing."""
        self._process.terminate()
        self._process.wait(timeout=30)


def start(cloud, function):
    """Start what `function` was built from, with its settings. Raises StartFailed."""
    archive = cloud.folder / function.build_config.source.storage_source.object_
    folder = archive.with_suffix("")
    with zipfile.ZipFile(archive) as upload:
        upload.extractall(folder)
    config = function.service_config
    secrets = {
        variable.key: read_secret(cloud, variable.secret, config.service_account_email)
        for variable in config.secret_environment_variables
    }
    return Process(
        folder, function.build_config.entry_point, {**config.environment_variables, **secrets}
    )


def read_secret(cloud, name, account):
    """The latest version of a secret, if `account` may read it."""
    secret = cloud.secrets[name]
    member = f"serviceAccount:{account}"
    if not any(member in bound["members"] for bound in secret.policy.get("bindings", [])):
        raise StartFailed(f"{account} may not read the secret {name}")
    return secret.versions[-1]
