"""Settings from the environment, and the README's table of them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from model import RESNET50, available_cpus
from service.settings import Settings, SettingsError, read_settings

ROOT = Path(__file__).parents[2]


def test_the_defaults_are_as_documented():
    settings = read_settings({})
    assert settings.model == RESNET50
    assert settings.preload is False
    assert settings.num_threads == available_cpus()
    assert settings.max_body_bytes == 10 * 1024 * 1024
    assert settings.max_pixels == 50_000_000
    assert settings.max_images == 16
    assert settings.max_waiting == 64
    assert settings.cors_origins == ("*",)
    assert settings.api_keys == ()
    assert settings.firebase_project == ""
    assert settings.firebase_auth_project == ""


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("MODEL", str(ROOT / "tests"), ROOT / "tests"),
        ("PRELOAD", "true", True),
        ("PRELOAD", "0", False),
        ("NUM_THREADS", "3", 3),
        ("MAX_BODY_BYTES", "1000", 1000),
        ("MAX_PIXELS", "1", 1),
        ("MAX_IMAGES", "1", 1),
        ("MAX_WAITING", "10", 10),
        (
            "CORS_ORIGINS",
            "https://a.example, https://b.example",
            ("https://a.example", "https://b.example"),
        ),
        ("CORS_ORIGINS", "", ()),
        ("API_KEYS", "old,new", ("old", "new")),
        ("API_KEYS", "", ()),
        ("FIREBASE_PROJECT", "123456789012", "123456789012"),
        ("FIREBASE_PROJECT", "", ""),
        ("FIREBASE_AUTH_PROJECT", "my-project", "my-project"),
    ],
)
def test_a_setting_is_read(name, text, value):
    assert getattr(read_settings({name: text}), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MODEL", "/models/nowhere"),
        ("MODEL", __file__),
        ("MODEL", ""),
        ("MODEL", "long" * 100),
        ("PRELOAD", "perhaps"),
        ("NUM_THREADS", "0"),
        ("NUM_THREADS", "two"),
        ("MAX_BODY_BYTES", "10MB"),
        ("MAX_PIXELS", "-1"),
        ("MAX_IMAGES", ""),
        ("MAX_WAITING", "1.5"),
        ("CORS_ORIGINS", "https://a.example/"),
        ("CORS_ORIGINS", "a.example"),
        ("CORS_ORIGINS", ","),
        ("API_KEYS", ","),
        ("API_KEYS", "a key"),
        ("API_KEYS", "k\u00e9y"),
        ("FIREBASE_PROJECT", "my-project"),
        ("FIREBASE_PROJECT", "123\n"),
        ("FIREBASE_AUTH_PROJECT", "123456789012"),
        ("FIREBASE_AUTH_PROJECT", "My project"),
    ],
)
def test_an_invalid_setting_is_named(name, text):
    with pytest.raises(SettingsError, match=f"^{name} must be "):
        read_settings({name: text})


def test_an_invalid_setting_stops_the_function_at_the_start():
    result = subprocess.run(
        [sys.executable, "-m", "functions_framework", "--target", "classify"],
        cwd=ROOT,
        env={**os.environ, "MAX_IMAGES": "many", "PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode != 0
    assert "classify cannot start: MAX_IMAGES must be a whole number from 1 up" in result.stderr


def test_the_readme_has_a_row_for_every_setting():
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \|", readme, re.MULTILINE)
    assert rows == [name.upper() for name in Settings.__struct_fields__]


def test_the_readme_has_the_defaults():
    readme = (ROOT / "README.md").read_text()
    defaults = dict(re.findall(r"^\| `([A-Z_]+)` \|.*\| (.+?) \|$", readme, re.MULTILINE))
    shown = {name: text.strip("`") for name, text in defaults.items()}
    settings = read_settings({})
    for name in ("MAX_BODY_BYTES", "MAX_PIXELS", "MAX_IMAGES", "MAX_WAITING"):
        assert int(shown[name]) == getattr(settings, name.lower())
    assert shown["CORS_ORIGINS"] == ",".join(settings.cors_origins)
    assert shown["PRELOAD"] == "false"
