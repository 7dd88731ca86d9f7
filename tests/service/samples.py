"""Requests to send, and a check of error responses."""

import base64
import io

BASE64 = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="
)
PNG = base64.b64decode(BASE64)


def form(data=PNG, **fields):
    return {"data": {"image": (io.BytesIO(data), "any.name"), **fields}}


def body(data, content_type="application/json", **options):
    return {"data": data, "content_type": content_type, **options}


def assert_error(response, code, reason):
    assert response.status_code == code
    assert response.mimetype == "application/json"
    assert response.json.keys() == {"error"}
    error = response.json["error"]
    assert error.keys() == {"code", "status", "reason", "message"}
    assert (error["code"], error["reason"]) == (code, reason)
    return error["message"]
