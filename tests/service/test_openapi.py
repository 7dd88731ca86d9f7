"""The OpenAPI document: valid, and true of the running function."""

import base64
import io
import os
import shutil
import subprocess
from pathlib import Path

import functions_framework
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from PIL import Image

from service.errors import ERRORS, INTERNAL

ROOT = Path(__file__).parents[2]


def picture(width, height, file_format):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, file_format)
    return file.getvalue()


pictures = st.builds(
    picture, st.integers(1, 64), st.integers(1, 64), st.sampled_from(["PNG", "JPEG", "GIF"])
)
# JSON Schema has a format for base64, but none for pictures.
schemathesis.openapi.format("base64", pictures.map(lambda data: base64.b64encode(data).decode()))
schemathesis.openapi.format("binary", pictures)
for media_type in ("image/*", "application/octet-stream"):
    schemathesis.openapi.media_type(media_type, pictures)


app = functions_framework.create_app("classify", str(ROOT / "main.py"))
api = schemathesis.openapi.from_wsgi("/openapi.json", app)


@pytest.fixture
def document(client):
    return client.get("/openapi.json").json


@api.parametrize()
@settings(
    max_examples=int(os.environ.get("EXAMPLES", "20")),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_the_function_conforms_to_the_document(case):
    case.call_and_validate()


def test_the_document_is_valid(document):
    validate(document)


def test_the_document_has_an_example_of_every_reason(document):
    reasons = {
        name: example["value"]["error"]
        for response in document["paths"]["/"]["post"]["responses"].values()
        for name, example in response["content"]["application/json"].get("examples", {}).items()
    }
    assert reasons.keys() == {spec.reason for spec in [*ERRORS.values(), INTERNAL]}
    assert all(len(error["message"]) > 20 for error in reasons.values())


@pytest.mark.needs("curl")
def test_the_sample_of_every_form_works(document, start_server, photos, tmp_path):
    server = start_server()
    shutil.copy(photos / "chelsea.jpg", tmp_path / "photo.jpg")
    samples = document["paths"]["/"]["post"]["x-codeSamples"]
    assert [sample["label"] for sample in samples] == ["bytes", "a form", "JSON"]
    for sample in samples:
        printed = subprocess.run(
            ["bash", "-c", sample["source"].replace("URL", server.url)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert '"Egyptian cat"' in printed, sample["label"]
