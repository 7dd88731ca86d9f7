"""Every way to send an invalid request, and the error response that it gets."""

import io
import json

import pytest
from PIL import Image

from tests.service.samples import BASE64, PNG, assert_error, body, form


def picture(width, height):
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


# A request, the HTTP code and reason of its response, and words of the message that tell a
# developer what to change.
ERRORS = {
    "no JSON": (body(b'{"image"'), 400, "BAD_JSON", "not valid JSON"),
    "nothing at all": (body(b""), 400, "BAD_JSON", "not valid JSON"),
    "not UTF-8": (body(b'{"image\xff": 1}'), 400, "BAD_JSON", "not valid JSON"),
    "an image not UTF-8": (body(b'{"image": "\xff"}'), 400, "BAD_BASE64", "not UTF-8"),
    "both forms": (
        {"json": {"image": BASE64, "instances": [{"b64": BASE64}]}},
        400,
        "BAD_JSON",
        "not both",
    ),
    "a thousand instances": (
        body(b'{"instances": [' + b"{}," * 1000 + b"{}]}"),
        400,
        "TOO_MANY_IMAGES",
        "more than 16",
    ),
    "a hundred thousand instances": (
        body(b'{"instances": [' + b"{}," * 100_000 + b"{}]}"),
        400,
        "BAD_JSON",
        "at most 16 images",
    ),
    "a hundred thousand keys": (
        body(json.dumps({str(number): 1 for number in range(100_000)}).encode()),
        400,
        "BAD_JSON",
        "over 10,000 values",
    ),
    "deep JSON": (body(b'{"x":' + b"[" * 100_000), 400, "BAD_JSON", "not valid JSON"),
    "a JSON list": ({"json": [BASE64]}, 400, "BAD_JSON", "Expected `object`"),
    "instances no list": ({"json": {"instances": BASE64}}, 400, "BAD_JSON", "$.instances"),
    "instances of text": ({"json": {"instances": [BASE64]}}, 400, "BAD_JSON", "$.instances[0]"),
    "a misspelt field": ({"json": {"image": BASE64, "topk": 1}}, 400, "UNKNOWN_FIELD", "`topk`"),
    "a field of the other form": (
        {"json": {"instances": [{"b64": BASE64}], "top_k": 1}},
        400,
        "UNKNOWN_FIELD",
        '"parameters": {"top_k"',
    ),
    "a misspelt parameter": (
        {"json": {"instances": [{"b64": BASE64}], "parameters": {"k": 1}}},
        400,
        "UNKNOWN_FIELD",
        "`k`",
    ),
    "top_k -1": ({"json": {"image": BASE64, "top_k": -1}}, 400, "BAD_PARAMETER", "top_k"),
    "top_k 1001": ({"json": {"image": BASE64, "top_k": 1001}}, 400, "BAD_PARAMETER", "1000"),
    "top_k as text": ({"json": {"image": BASE64, "top_k": "5"}}, 400, "BAD_PARAMETER", "top_k"),
    "top_k null": ({"json": {"image": BASE64, "top_k": None}}, 400, "BAD_PARAMETER", "top_k"),
    "top_k 1.5 in a form": (form(top_k="1.5"), 400, "BAD_PARAMETER", "whole number"),
    "top_k empty in a form": (form(top_k=""), 400, "BAD_PARAMETER", "whole number"),
    "top_k in the query": (
        {"json": {"image": BASE64}, "query_string": "top_k=x"},
        400,
        "BAD_PARAMETER",
        "top_k",
    ),
    "min_score 2": ({"json": {"image": BASE64, "min_score": 2}}, 400, "BAD_PARAMETER", "0 to 1"),
    "min_score -1": (form(min_score="-1"), 400, "BAD_PARAMETER", "0 to 1"),
    "min_score nan": (form(min_score="nan"), 400, "BAD_PARAMETER", "0 to 1"),
    "min_score of instances": (
        {"json": {"instances": [{"b64": BASE64}], "parameters": {"min_score": "x"}}},
        400,
        "BAD_PARAMETER",
        "0 to 1",
    ),
    "no base64": ({"json": {"image": "/a/b.jpg"}}, 400, "BAD_BASE64", "not its path"),
    "base64 cut short": ({"json": {"image": BASE64[:5]}}, 400, "BAD_BASE64", "cut short"),
    "base64 of another type": ({"json": {"image": 7}}, 400, "BAD_BASE64", "must be a string"),
    "no image": ({"json": {"top_k": 5}}, 400, "NO_IMAGE", "image is missing"),
    "an empty image": ({"json": {"image": ""}}, 400, "NO_IMAGE", "image is empty"),
    "no instances": ({"json": {"instances": []}}, 400, "NO_IMAGE", "instances is empty"),
    "an empty body": (body(b"", "image/png"), 400, "NO_IMAGE", "the body is empty"),
    "an empty file": (form(b""), 400, "NO_IMAGE", "file part 1 is empty"),
    "a form without files": (
        {"data": {"top_k": "1"}, "content_type": "multipart/form-data"},
        400,
        "NO_IMAGE",
        "no file in it",
    ),
    "17 instances": (
        {"json": {"instances": [{"b64": BASE64}] * 17}},
        400,
        "TOO_MANY_IMAGES",
        "more than 16",
    ),
    "17 files": (
        {"data": {"images": [(io.BytesIO(PNG), "x") for _ in range(17)]}},
        400,
        "TOO_MANY_IMAGES",
        "more than 16",
    ),
    "no boundary": (body(b"--x", "multipart/form-data"), 400, "BAD_MULTIPART", "boundary"),
    "a form cut short": (
        body(b'--x\r\nContent-Disposition: form-data; name="a"', "multipart/form-data; boundary=x"),
        400,
        "BAD_MULTIPART",
        "not valid multipart/form-data",
    ),
    "many text fields": (
        form(**{f"field{i}": "x" for i in range(40)}),
        400,
        "BAD_MULTIPART",
        "file part",
    ),
    "a body cut short": (
        body(PNG, "image/png", environ_overrides={"CONTENT_LENGTH": "1000"}),
        400,
        "BODY_INCOMPLETE",
        "Content-Length of 1,000",
    ),
    "a damaged image": (body(PNG[:40], "image/png"), 400, "IMAGE_CORRUPT", "PNG"),
    "a large body": (
        body(b"x" * (10 * 2**20 + 1), "image/png"),
        413,
        "BODY_TOO_LARGE",
        "at most 10,485,760",
    ),
    "a large picture": (
        body(picture(10_000, 5_001), "image/png"),
        413,
        "TOO_MANY_PIXELS",
        "10000x5001",
    ),
    "no Content-Type": ({"data": b"x"}, 415, "UNSUPPORTED_MEDIA_TYPE", "is missing"),
    "nothing of no type": ({"data": b""}, 400, "NO_IMAGE", "the body is empty"),
    "HTML": (body(PNG, "text/html"), 415, "UNSUPPORTED_MEDIA_TYPE", "is text/html"),
    "an urlencoded path": (
        body(b"image=/a/b.jpg", "application/x-www-form-urlencoded"),
        400,
        "BAD_BASE64",
        "not its path",
    ),
    "an urlencoded image that is empty": (
        body(b"image=&top_k=3", "application/x-www-form-urlencoded"),
        400,
        "NO_IMAGE",
        "image is empty",
    ),
    "an urlencoded form of too many fields": (
        body(b"a=b&" * 100_000, "application/x-www-form-urlencoded"),
        400,
        "BAD_PARAMETER",
        "over 32 fields",
    ),
    "an urlencoded form without an image": (
        body(b"photo=x", "application/x-www-form-urlencoded"),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "send application/json, multipart/form-data, image/* or application/octet-stream",
    ),
    "gzip": (
        body(PNG, "image/png", headers={"Content-Encoding": "gzip"}),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "Content-Encoding gzip",
    ),
    "a PDF": (body(b"%PDF-1.7", "image/png"), 415, "UNSUPPORTED_IMAGE_FORMAT", "JPEG, PNG"),
}


@pytest.mark.parametrize(("sent", "code", "reason", "words"), ERRORS.values(), ids=ERRORS)
def test_an_invalid_request_gets_its_error(client, sent, code, reason, words):
    sent = {**sent}
    if "data" in sent and isinstance(sent["data"], dict):
        sent["data"] = {name: reopened(value) for name, value in sent["data"].items()}
    assert words in assert_error(client.post("/", **sent), code, reason)


def reopened(value):
    """A new file, because the test client closes the files that it sends."""
    if isinstance(value, list):
        return [reopened(each) for each in value]
    return (io.BytesIO(value[0].getvalue()), value[1]) if isinstance(value, tuple) else value
