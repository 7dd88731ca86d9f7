"""A run that is interrupted says what to do, and the next one goes on where it stopped."""

import os
import shutil
import signal
import subprocess
import time


def test_an_interrupted_run_can_be_repeated(checkout, environment, cloud, deploy):
    cloud["hangs"] = "functions deploy"
    process = subprocess.Popen(
        [shutil.which("bash"), checkout / "deploy.sh", "--project", "my-project"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Jobs in the background ignore it, and hand that down. No other thread runs that could
        # hold a lock over the fork.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    wait_for(cloud.path.with_suffix(".hanging"))
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C at a terminal does
    complaint = process.communicate(timeout=10)[1]
    assert process.returncode == 130
    assert "Run the same command again" in complaint
    assert cloud["functions"] == {}

    cloud["hangs"] = ""
    deploy()
    assert "classify" in cloud["functions"]
    assert len(cloud.commands("iam", "service-accounts", "create")) == 1


def wait_for(path):
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.01)
