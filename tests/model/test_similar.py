"""The command line that finds similar photos."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps

from model import RESNET50, read_card
from model.similar import Index, IndexUnusable, find_similar, make_index


@pytest.fixture
def run(request):
    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "model", *map(str, arguments)],
            cwd=request.config.rootpath,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def album(photos, tmp_path):
    """A folder of four photos and a file that is none."""
    folder = tmp_path / "album"
    folder.mkdir()
    for name in ("chelsea.jpg", "coffee.jpg", "camera.jpg", "rocket.jpg"):
        shutil.copy(photos / name, folder)
    (folder / "notes.txt").write_text("no photo")
    return folder


def test_a_photo_finds_its_original(run, album, tmp_path):
    index, page = tmp_path / "index", tmp_path / "page.html"
    made = run("index", album, "--to", index)
    assert (made.returncode, made.stdout) == (1, f"4 photos in {index}\n")
    assert "notes.txt: the bytes are not an image" in made.stderr
    copy = tmp_path / "copy.png"
    ImageOps.mirror(Image.open(album / "coffee.jpg")).resize((300, 200)).save(copy)
    found = run("similar", copy, "--in", index, "--count", 3, "--html", page)
    assert found.returncode == 0, found.stderr
    rows = [line.split("  ") for line in found.stdout.splitlines()]
    assert [len(rows), rows[0][1]] == [3, str(album / "coffee.jpg")]
    cosines = [float(cosine) for cosine, _ in rows]
    assert cosines[0] > 0.9
    assert cosines[1] < 0.6
    text = page.read_text()
    assert re.findall(r"<figcaption>\S+ (.*?)</figcaption>", text)[:2] == ["copy.png", "coffee.jpg"]
    assert text.count("data:image/jpeg;base64,") == 4


def test_vectors_of_another_network_are_not_compared(run, album, tmp_path):
    index = tmp_path / "index.npz"
    Index(["a"], np.ones((1, 2048), np.float32), "other").save(index)
    found = run("similar", album / "chelsea.jpg", "--in", index)
    assert found.returncode == 1
    assert re.match(r".*made with another network than resnet50.*--model", found.stderr)


@pytest.mark.parametrize("content", [b"", b"no index", b"PK\x03\x04"])
def test_a_damaged_index_is_named(tmp_path, content):
    (tmp_path / "index.npz").write_bytes(content)
    with pytest.raises(IndexUnusable, match="is not an index, or damaged; make one") as error:
        Index.load(tmp_path / "index.npz", read_card(RESNET50))
    assert "pickle" not in str(error.value)


def test_a_missing_index_is_named(tmp_path):
    with pytest.raises(IndexUnusable, match="nowhere: No such file or directory; make one"):
        Index.load(tmp_path / "nowhere", read_card(RESNET50))


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (make_index, ["--to", "nowhere/index.npz"]),
        (make_index, ["--to", "."]),
        (find_similar, ["--in", "index.npz", "--html", "nowhere/page.html"]),
        (find_similar, ["--in", "index.npz", "--count", "0"]),
    ],
)
def test_a_wrong_option_is_refused_before_the_work(command, option, capsys):
    with pytest.raises(SystemExit):
        command(["photo.jpg", *option])
    problem = "not a whole number" if "--count" in option else "cannot be written; name a file"
    assert problem in capsys.readouterr().err


def test_a_folder_without_files_has_no_index(run, tmp_path):
    (tmp_path / "empty").mkdir()
    made = run("index", tmp_path / "empty", "--to", tmp_path / "index.npz")
    assert made.returncode == 1
    assert made.stderr == "the folders have no files, so there is no index\n"


def test_a_model_of_labels_alone_has_no_index(run, photos, tmp_path):
    made = run("index", photos / "chelsea.jpg", "--to", tmp_path / "i", "--model", photos / "tiny")
    assert made.returncode == 1
    assert "tiny gives labels only" in made.stderr


def test_the_nearest_come_first():
    card = json.loads((RESNET50 / "model.json").read_bytes())
    vectors = np.array([[0, 1], [1, 0], [0.6, 0.8]], np.float32)
    index = Index(["up", "right", "between"], vectors, card["sha256"])
    nearest = index.nearest(np.array([1, 0], np.float32), 2)
    assert [file for _, file in nearest] == ["right", "between"]
    assert [cosine for cosine, _ in nearest] == pytest.approx([1, 0.6])
