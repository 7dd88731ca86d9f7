"""An interrupted run says what to do, and the next one continues it."""

import os
import signal
import subprocess

import pytest

pytestmark = pytest.mark.slow


def test_an_interrupted_run_can_be_repeated(new_operator):
    cloud = new_operator.cloud
    cloud.stall("POST cloudfunctions/v2/projects/my-project/locations/us-central1/functions")
    process = subprocess.Popen(
        ["bash", new_operator.checkout / "deploy.sh", "--project", "my-project"],
        env=new_operator.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A job in the background ignores the signal, and its children inherit that. No other
        # thread holds a lock that the child could need.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert cloud.stalled.wait(120)
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C at a terminal does
    errors = process.communicate(timeout=60)[1]
    cloud.resume.set()
    assert process.returncode == 130
    assert "Run the same command again" in errors
    assert not cloud.functions

    new_operator.deploy()
    assert cloud.functions
    created = [request for request in cloud.requests if request.startswith("POST iam")]
    assert len(created) == 1
