"""Who may ask: API keys, and the origins whose web pages may."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from werkzeug import Request
from werkzeug.datastructures import Headers

from service.errors import BadApiKey

API_KEY_HEADER = "X-API-Key"


def check_api_key(request: Request, keys: Sequence[str]) -> None:
    """Let a request pass that carries one of `keys`, or any if there are none.

    Raises BadApiKey. All keys are compared, each in constant time, so that the time taken
    tells neither how much of a guess was right nor which key it came close to.
    """
    sent = request.headers.get(API_KEY_HEADER, "").encode()
    matches = [hmac.compare_digest(sent, key.encode()) for key in keys]
    if keys and not any(matches):
        problem = "is not a valid key" if sent else "is missing"
        raise BadApiKey(f"the header {API_KEY_HEADER} {problem}: ask who runs this function")


def allow_origin(headers: Headers, origin: str | None, origins: Sequence[str]) -> None:
    """Add the CORS headers with which a web page of `origin` may read the reply.

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


def allow_request(headers: Headers) -> None:
    """Add to the answer of a preflight what a page that may read replies may send."""
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
        headers["Access-Control-Allow-Headers"] = f"Authorization, Content-Type, {API_KEY_HEADER}"
        headers["Access-Control-Max-Age"] = "3600"
