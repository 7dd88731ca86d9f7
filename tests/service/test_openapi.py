"""The OpenAPI document: valid, true of the running function, enough to write a client from."""

import base64
import io
from pathlib import Path

import functions_framework
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from PIL import Image

ROOT = Path(__file__).parents[2]


def picture(width, height, file_format):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, file_format)
    return file.getvalue()


pictures = st.builds(
    picture, st.integers(1, 64), st.integers(1, 64), st.sampled_from(["PNG", "JPEG", "GIF"])
)
# JSON Schema can say that a string is base64, not that it is a picture.
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
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_function_does_what_the_document_says(case):
    case.call_and_validate()


def test_the_document_is_valid(document):
    validate(document)
