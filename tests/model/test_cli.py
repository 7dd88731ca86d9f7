"""The command line, in a separate process."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.hostile import formats


@pytest.fixture
def run(request):
    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "model", *map(str, arguments)],
            cwd=request.config.rootpath,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_photos_become_tables_with_bars(run, photos):
    result = run(photos / "chelsea.jpg", photos / "coffee.jpg", "--top-k", 2)
    assert result.returncode == 0
    title, first, second, blank, title_2, *_ = result.stdout.splitlines()
    assert title == f"{photos / 'chelsea.jpg'} (JPEG, 451x300)"
    assert first.split()[:2] == ["Egyptian", "cat"]
    assert first.index("%") == second.index("%")
    assert first.count("█") > second.count("█")
    assert blank == ""
    assert title_2 == f"{photos / 'coffee.jpg'} (JPEG, 600x400)"


def test_json_has_one_object_on_each_line(run, photos):
    result = run(photos / "camera.jpg", photos / "coffee.jpg", "--json", "--min-score", 0.5)
    camera, coffee = map(json.loads, result.stdout.splitlines())
    assert [label["label"] for label in camera["labels"]] == ["tripod"]
    assert coffee["file"] == str(photos / "coffee.jpg")
    assert (coffee["format"], coffee["width"], coffee["height"]) == ("JPEG", 600, 400)


def test_a_terminal_without_unicode_gets_ascii(run, photos, tmp_path):
    photo = shutil.copy(photos / "chelsea.jpg", tmp_path / "kätzchen.jpg")
    result = run(photo, "--top-k", 1, PYTHONIOENCODING="ascii")
    assert result.stderr.count("Traceback") == 0
    assert r"k\xe4tzchen.jpg" in result.stdout
    assert "%  ####" in result.stdout


def test_a_file_name_may_be_any_bytes(run, photos, tmp_path):
    photo = shutil.copy(os.fsencode(photos / "chelsea.jpg"), os.fsencode(tmp_path) + b"/\xff.jpg")
    for arguments in ([], ["--json"]):
        result = run(os.fsdecode(photo), *arguments)
        assert result.returncode == 0, result.stderr
        assert r"\xff.jpg" in result.stdout


def test_a_closed_pipe_ends_the_command_without_a_message(photos):
    many = [photos / "chelsea.jpg"] * 5
    command = shlex.join(map(str, [sys.executable, "-m", "model", *many]))
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -n 1"],
        cwd=photos.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("chelsea.jpg (JPEG, 451x300)\n")
    assert "Error" not in done.stderr


def test_a_bad_photo_does_not_stop_the_rest(run, photos):
    result = run(photos / "README.md", "missing.jpg", photos / "chelsea.jpg")
    assert result.returncode == 1
    assert "Egyptian cat" in result.stdout
    assert f"{photos / 'README.md'}: the bytes are not an image" in result.stderr
    assert "missing.jpg: No such file or directory" in result.stderr


def test_the_log_of_pillow_is_not_printed(run, tmp_path):
    many = {formats.SAMPLES: (formats.SHORT, 1, 2048)}
    (tmp_path / "many.tiff").write_bytes(formats.tiff(formats.grey_tiff() | many))
    result = run(tmp_path / "many.tiff")
    assert "its header cannot be read" in result.stderr
    assert "2048" not in result.stderr


def test_a_bad_photo_is_an_error_in_json_too(run):
    result = run("missing.jpg", "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout) == {
        "file": "missing.jpg",
        "error": "No such file or directory",
    }


def test_another_model_can_be_named(run, photos):
    result = run(photos / "chelsea.jpg", "--model", photos / "tiny", "--top-k", 1)
    assert "red" in result.stdout


def test_a_model_that_ships_can_be_named(run, photos):
    result = run(photos / "chelsea.jpg", "--model", "resnet50", "--top-k", 1)
    assert "Egyptian cat" in result.stdout


@pytest.mark.parametrize("arguments", ["tests/data/chelsea.jpg --model {}", "check {}"])
@pytest.mark.parametrize(
    ("model", "told"),
    [("resnet51", "there is no model 'resnet51'.* resnet50"), ("docs", "the model card")],
)
def test_a_missing_model_is_reported_in_one_line(run, arguments, model, told):
    result = run(*arguments.format(model).split())
    assert result.returncode == 1
    assert re.match(told, result.stderr)
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_is_checked_and_tried(run, photos):
    result = run("check", photos / "tiny", photos / "chelsea.jpg")
    assert result.returncode == 0
    for told in (
        "tiny 1.0.0",
        "int8 [1, 8, 8, 3]",
        "probabilities",
        "model.json matches the file's sha256, shapes and quantization",
        "red",
    ):
        assert told in result.stdout


def test_an_inconsistent_folder_fails_the_check(run, photos, tmp_path):
    folder = shutil.copytree(photos / "tiny", tmp_path / "tiny")
    card = json.loads((folder / "model.json").read_bytes())
    (folder / "model.json").write_text(json.dumps(card | {"output": "logits"}))
    result = run("check", folder)
    assert (result.returncode, result.stdout) == (1, "")
    assert "set output to probabilities" in result.stderr


def test_the_schema_is_printed(run):
    assert "format_version" in json.loads(run("schema").stdout)["$defs"]["ModelCard"]["properties"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "required: PHOTO"),
        (["x.jpg", "--top-k", "0"], "'0' is not a whole number from 1 up"),
        (["x.jpg", "--top-k", "five"], "'five' is not a whole number from 1 up"),
        (["x.jpg", "--min-score", "2"], "'2' is not a number from 0 to 1"),
        (["x.jpg", "--min-score", "half"], "'half' is not a number from 0 to 1"),
    ],
)
def test_wrong_usage_is_explained(run, arguments, complaint):
    result = run(*arguments)
    assert result.returncode == 2
    assert complaint in result.stderr


def test_help_names_every_option(run):
    text = run("--help").stdout
    for option in ("PHOTO", "--top-k", "--min-score", "--json", "--model", "Exit status"):
        assert option in text
