"""The example for PostgreSQL, with a database and the real function."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.needs import skip

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-pgvector" / "bin" / "python"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(start_server, tmp_path_factory):
    """Run similar.py, with a database that stays between runs."""
    if not PYTHON.exists():
        skip("examples/pgvector/requirements.txt")
    url = start_server().url
    folder, sockets = tmp_path_factory.mktemp("example"), tmp_path_factory.mktemp("sockets")

    def run(*arguments):
        return subprocess.run(
            [PYTHON, ROOT / "examples" / "pgvector" / "similar.py", *arguments],
            cwd=folder,
            env={**os.environ, "CLASSIFY_URL": url, "XDG_RUNTIME_DIR": str(sockets)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_photo_finds_itself_in_another_format(run, photos):
    added = run("add", *(photos / f"{name}.jpg" for name in ("chelsea", "coffee", "rocket")))
    assert (added.stdout, added.stderr, added.returncode) == ("", "", 0)
    lines = run("find", photos / "chelsea.heic").stdout.splitlines()
    cosines, files = zip(*(line.split("  ") for line in lines), strict=True)
    assert files[0] == str(photos / "chelsea.jpg")
    assert len(files) == 3
    assert float(cosines[0]) > 0.9
    assert 0.5 > float(cosines[1]) >= float(cosines[2])


def test_an_unreadable_photo_is_named_and_the_others_are_added(run, photos, tmp_path):
    (tmp_path / "damaged.jpg").write_bytes((photos / "coffee.jpg").read_bytes()[:9000])
    added = run("add", tmp_path / "damaged.jpg", tmp_path / "none.jpg", photos / "camera.jpg")
    assert added.returncode == 1
    damaged, missing = added.stderr.splitlines()
    assert damaged.startswith(f"{tmp_path / 'damaged.jpg'}: the JPEG image is damaged")
    assert "No such file" in missing
    assert str(photos / "camera.jpg") in run("find", photos / "chelsea.jpg").stdout


@pytest.mark.parametrize("arguments", [(), ("add",), ("delete", "photo.jpg")])
def test_wrong_arguments_show_the_usage(run, arguments):
    shown = run(*arguments)
    assert (shown.stdout, shown.returncode) == ("", 2)
    assert "python similar.py add PHOTO..." in shown.stderr
