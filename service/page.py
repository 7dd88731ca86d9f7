"""The web page: the files of `service/static` inlined into one HTML document.

Separate files would need separate requests, each of which may start another instance if an
instance handles one request at a time. Relative addresses would not resolve either, because
https://REGION-PROJECT.cloudfunctions.net/NAME has no trailing slash.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from werkzeug import Request, Response

FOLDER = Path(__file__).parent / "static"

_STYLE = re.compile(r'<link rel="stylesheet" href="([\w.]+)" />')
_SCRIPT = re.compile(r'<script src="([\w.]+)"></script>')


class Page(NamedTuple):
    """The document, and the values of its headers."""

    html: bytes
    gzipped: bytes
    etag: str
    policy: str
    """Content-Security-Policy: only the inlined scripts and styles are allowed."""


def respond(request: Request) -> Response:
    """The page, or 304 if the browser has it in its cache."""
    page = read_page()
    response = Response(page.html, mimetype="text/html")
    if request.accept_encodings["gzip"]:
        response.data = page.gzipped
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.cache_control.no_cache = True
    response.headers["Content-Security-Policy"] = page.policy
    response.headers["Referrer-Policy"] = "no-referrer"
    # Weak, because the page is the same with and without compression.
    response.set_etag(page.etag, weak=True)
    response.make_conditional(request)
    return response


@cache
def read_page() -> Page:
    """Assemble the page, on the first request for it, to keep the cold start short."""
    html = (FOLDER / "index.html").read_text(encoding="utf-8")
    styles = [_read(name) for name in _STYLE.findall(html)]
    scripts = [_read(name) for name in _SCRIPT.findall(html)]
    html = _STYLE.sub(lambda link: f"<style>{_read(link[1])}</style>", html)
    html = _SCRIPT.sub(lambda link: f"<script>{_read(link[1])}</script>", html)
    document = html.encode()
    return Page(
        document,
        gzip.compress(document, mtime=0),
        hashlib.sha256(document).hexdigest(),
        _policy(styles, scripts),
    )


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _policy(styles: list[str], scripts: list[str]) -> str:
    """Allow these sources by their hashes, and requests to the function.

    Source: https://www.w3.org/TR/CSP3/
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hashes(styles)}",
            f"script-src {_hashes(scripts)}",
            "connect-src 'self'",
            "img-src blob: data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _hashes(sources: list[str]) -> str:
    digests = (hashlib.sha256(source.encode()).digest() for source in sources)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
