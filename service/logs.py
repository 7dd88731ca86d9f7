"""Structured logging: one JSON line on standard output for each request.

Source of the field names: https://cloud.google.com/logging/docs/structured-logging
The log holds the format and size of pictures; never bytes, file names, EXIF or keys.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from http import HTTPStatus
from typing import Any

import msgspec
from werkzeug import Request, Response

from service.context import RequestContext
from service.response import Classification, ErrorResponse, Predictions

# The trace-id of https://www.w3.org/TR/trace-context/ and of Google's older header
_TRACE_HEADERS = {
    "traceparent": re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-"),
    "X-Cloud-Trace-Context": re.compile(r"([0-9a-fA-F]{32})(?:/|$)"),
}
_LONGEST_PATH = 200


def log_request(
    context: RequestContext, response: Response, reply: object, unexpected: Exception | None
) -> None:
    """Log a request and its response; `unexpected` is the cause of an INTERNAL error."""
    request, timings = context.request, context.timings
    path = request.path[:_LONGEST_PATH]  # without the query, in which some clients put keys
    line: dict[str, Any] = {
        "severity": _severity(response.status_code),
        "message": f"{request.method} {path} {response.status_code}",
        "httpRequest": {
            "requestMethod": request.method,
            "requestUrl": path,
            "status": response.status_code,
            "requestSize": str(context.body.size),
            "responseSize": str(response.content_length or 0),
            "latency": f"{timings.seconds():.4f}s",
        },
        "dialect": context.dialect.name,
        "timings": {part: round(ms, 1) for part, ms in timings.milliseconds.items()},
        **_outcome(reply),
        **_trace(request),
    }
    if unexpected:
        line["exception"] = "".join(traceback.format_exception(unexpected))
    _write(line)


def configure_logging() -> None:
    """Write the log records of these packages, which belong to no request, as JSON lines too."""
    for package in ("model", "pictures", "service"):
        logging.getLogger(package).handlers = [_Handler()]


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _write({"severity": record.levelname, "message": record.getMessage()})


def _write(line: dict[str, Any]) -> None:
    # A single write, so that the lines of threads do not interleave.
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def _severity(status: int) -> str:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "ERROR"
    return "WARNING" if status >= HTTPStatus.BAD_REQUEST else "INFO"


def _outcome(reply: object) -> dict[str, Any]:
    """The pictures, the model and the reasons of errors, where the reply has them."""
    if isinstance(reply, ErrorResponse):
        return {"reason": reply.error.reason}
    if not isinstance(reply, Classification | Predictions):
        return {}
    predictions = reply.predictions if isinstance(reply, Predictions) else [reply]
    return {
        "model": f"{reply.model.name} {reply.model.version}",
        "images": [each.image for each in predictions if not isinstance(each, ErrorResponse)],
        "reasons": [each.error.reason for each in predictions if isinstance(each, ErrorResponse)],
    }


def _trace(request: Request) -> dict[str, str]:
    """The field that groups this line with the platform's log of the same request."""
    for header, pattern in _TRACE_HEADERS.items():
        if match := pattern.match(request.headers.get(header, "")):
            project = os.environ.get("GOOGLE_CLOUD_PROJECT")
            trace = f"projects/{project}/traces/{match[1]}" if project else match[1]
            return {"logging.googleapis.com/trace": trace}
    return {}
