"""Access control: API keys, and CORS for web pages."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from werkzeug import Request
from werkzeug.datastructures import Headers

from service.errors import BadApiKey

API_KEY_HEADER = "X-API-Key"
# The last two are sent by Firebase's SDKs.
_ALLOWED_HEADERS = (
    "Authorization",
    "Content-Type",
    API_KEY_HEADER,
    "X-Firebase-AppCheck",
    "Firebase-Instance-ID-Token",
)


def check_api_key(request: Request, keys: Sequence[str]) -> None:
    """Raise BadApiKey unless the request has one of `keys`, or `keys` is empty.

    The key is compared with all keys in constant time, so that timing reveals nothing.
    """
    sent = request.headers.get(API_KEY_HEADER, "").encode()
    matches = [hmac.compare_digest(sent, key.encode()) for key in keys]
    if keys and not any(matches):
        problem = "is not a valid key" if sent else "is missing"
        raise BadApiKey(f"the header {API_KEY_HEADER} {problem}: ask the operator for a key")


def allow_origin(headers: Headers, origin: str | None, origins: Sequence[str]) -> None:
    """Add the CORS headers that let a web page of `origin` read the response.

    Source: https://fetch.spec.whatwg.org/#http-cors-protocol
    """
    if "*" in origins:
        headers["Access-Control-Allow-Origin"] = "*"
    elif origins:
        headers.add("Vary", "Origin")
        if origin is not None and origin in origins:
            headers["Access-Control-Allow-Origin"] = origin
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Expose-Headers"] = "Server-Timing, Retry-After"


def allow_preflight(headers: Headers) -> None:
    """Add the methods and headers that an allowed web page may use, for a preflight."""
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
        headers["Access-Control-Allow-Headers"] = ", ".join(_ALLOWED_HEADERS)
        headers["Access-Control-Max-Age"] = "3600"
