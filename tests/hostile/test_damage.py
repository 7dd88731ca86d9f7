"""A damaged model is told as such, stops nothing else, and is used once it is repaired."""

import json
import shutil
import urllib.request

import pytest

from tests.hostile.formats import jpeg
from tests.hostile.wire import ask, post


@pytest.fixture
def folders(photos, tmp_path):
    """The tiny model's folder, and a copy to be damaged."""
    return photos / "tiny", shutil.copytree(photos / "tiny", tmp_path / "tiny")


def remove(path):
    path.unlink()


def cut(path):
    path.write_bytes(path.read_bytes()[:100])


def empty(path):
    path.write_bytes(b"")


def change_one_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def not_utf8(path):
    """In the middle of the first word."""
    data = path.read_bytes()
    path.write_bytes(data[:15] + b"\xff" + data[15:])


def one_label_more(path):
    path.write_text(path.read_text() + "3\t\tyellow\n")


def one_label_less(path):
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))


def of_another_version(path):
    card = json.loads(path.read_text())
    path.write_text(json.dumps(card | {"version": "2.0.0", "sha256": "0" * 64}))


def of_another_size(path):
    card = json.loads(path.read_text())
    path.write_text(json.dumps(card | {"input": {"size": 16, "resize": 16}}))


DAMAGES = [
    ("tiny.tflite", remove, "cannot be read"),
    ("tiny.tflite", cut, "damaged"),
    ("tiny.tflite", empty, "damaged"),
    ("tiny.tflite", change_one_byte, "damaged"),
    ("labels.tsv", remove, "cannot be read"),
    ("labels.tsv", one_label_more, "classes is 3"),
    ("labels.tsv", one_label_less, "classes is 3"),
    ("labels.tsv", not_utf8, "not UTF-8"),
    ("model.json", remove, "cannot be read"),
    ("model.json", cut, "not valid"),
    ("model.json", not_utf8, "not valid"),
    ("model.json", of_another_version, "damaged"),
    ("model.json", of_another_size, "input.size 16"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "damage", "told"), DAMAGES, ids=[f"{n} {d.__name__}" for n, d, _ in DAMAGES]
)
def test_damage_is_told_and_repaired_without_a_restart(start_server, folders, name, damage, told):
    original, folder = folders
    damage(folder / name)
    server = start_server(MODEL=str(folder), THREADS="80")
    refused = ask(server.port, post(jpeg()))
    assert (refused.status, refused.reason) == (503, "MODEL_UNAVAILABLE")
    assert told in refused.json()["error"]["message"]
    with urllib.request.urlopen(f"{server.url}/health", timeout=60) as response:
        assert json.load(response) == {"model_loaded": False, "status": "ok"}

    shutil.copy(original / name, folder / name)
    assert ask(server.port, post(jpeg())).status == 200
    assert server.process.poll() is None


def test_a_model_in_use_is_not_lost_with_its_files(start_server, folders):
    _, folder = folders
    server = start_server(MODEL=str(folder), THREADS="80")
    assert ask(server.port, post(jpeg())).status == 200
    shutil.rmtree(folder)
    assert ask(server.port, post(jpeg())).status == 200
