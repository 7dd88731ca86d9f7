"""A pytest plugin: what is left out of a run, and how to get it in.

Slow tests need --slow. A test names its programs with `@pytest.mark.needs("curl")`, a fixture with
`need("curl")`; where one is missing, the test is skipped. If CI is set, a skipped test fails the
run, unless MAY_LACK lists all that it lacks.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter

import pytest

# The Debian package of each program.
_PACKAGES = {
    "awk": "mawk",
    "bwrap": "bubblewrap",
    "chromium": "chromium-headless-shell",
    "curl": "curl",
    "debootstrap": "debootstrap",
    "java": "default-jre-headless",
    "node": "nodejs",
    "npm": "npm",
    "podman": "podman",
    "prlimit": "util-linux",
    "runc": "runc",
}
# How to get what is in no Debian package.
_ELSEWHERE = {
    "ai-edge-litert": "scripts/test without RUNTIME=tflite-runtime",
    "control-group": "be root where /sys/fs/cgroup/memory is there (version 1)",
    "another-python": "put a second one of python3.11 to python3.14 on the PATH",
    "gcloud": "https://cloud.google.com/sdk/docs/install",
    "examples/django/requirements.txt": "scripts/test-examples",
    "examples/pgvector/requirements.txt": "scripts/test-examples",
    "mobile/requirements.txt": "scripts/app",
    "python3.12": "put python3.12 or python3.13, with its venv module, on the PATH",
    "tools/requirements.txt": "scripts/test-tools",
}
_PREFIX = "Skipped: needs "


def need(*programs: str) -> None:
    """Skip the running test unless all programs are on the PATH."""
    lacking = [program for program in programs if shutil.which(program) is None]
    if lacking:
        skip(*lacking)


def skip(*lacking: str) -> None:
    """Skip the running test or module for lack of these."""
    for name in lacking:
        if name not in _PACKAGES | _ELSEWHERE:
            raise LookupError(f"tests/needs.py does not say how to get {name}")
    pytest.skip(f"needs {', '.join(lacking)}", allow_module_level=True)


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow")


def pytest_configure(config):
    config.pluginmanager.register(_Plugin())


class _Plugin:
    """Applies the marks, counts what is left out, and reports it."""

    def __init__(self) -> None:
        self._reasons: Counter[str] = Counter()
        self._slow = 0

    @pytest.hookimpl(trylast=True)  # after -k and -m, to count only what they leave
    def pytest_collection_modifyitems(self, config, items):
        if config.getoption("slow"):
            return
        slow = [item for item in items if item.get_closest_marker("slow")]
        self._slow = len(slow)
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]

    def pytest_runtest_setup(self, item):
        for mark in item.iter_markers("needs"):
            need(*mark.args)

    def pytest_runtest_logreport(self, report):
        if report.skipped and not hasattr(report, "wasxfail"):
            self._reasons[report.longrepr[2]] += 1

    pytest_collectreport = pytest_runtest_logreport

    def pytest_sessionfinish(self, session):
        if hasattr(session.config, "workeroutput"):  # a process of pytest-xdist
            session.config.workeroutput["slow"] = self._slow
        if self._unexpected() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node):
        self._slow = getattr(node, "workeroutput", {}).get("slow", 0)  # each collects all tests

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # to come last, below the failures
    def pytest_terminal_summary(self, terminalreporter):
        yield
        write = terminalreporter.write_line
        for reason, count in self._reasons.most_common():
            write(f"{count} skipped: {reason.removeprefix('Skipped: ')}")
        lacking = {name for reason in self._reasons for name in _lacking(reason)}
        if packages := sorted(_PACKAGES[name] for name in lacking & _PACKAGES.keys()):
            write(f"To run them: apt-get install {' '.join(packages)}")
        for name in sorted(lacking & _ELSEWHERE.keys()):
            write(f"To run those that need {name}: {_ELSEWHERE[name]}")
        if self._slow:
            write(f"Slow tests left out: {self._slow}. To run them: scripts/test --slow")
        if unexpected := self._unexpected():
            write(f"FAILED, because CI must not skip: {'; '.join(unexpected)}", red=True)

    def _unexpected(self) -> list[str]:
        """The reasons for skipping that CI does not accept."""
        accepted = set(os.environ.get("MAY_LACK", "").split())
        return [
            reason
            for reason in self._reasons
            if os.environ.get("CI") and not accepted >= (set(_lacking(reason)) or {reason})
        ]


def _lacking(reason: str) -> list[str]:
    return reason.removeprefix(_PREFIX).split(", ") if reason.startswith(_PREFIX) else []
