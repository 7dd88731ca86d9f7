"""The state of one request while it is handled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from werkzeug import Request

from service.body import Body
from service.dialects import Dialect
from service.timings import Timings


@dataclass
class RequestContext:
    """The request, its body and its timings, for the handlers and the log."""

    request: Request
    body: Body
    timings: Timings
    dialects: Sequence[Dialect]
    """Those of the path."""
    dialect: Dialect
    """The one of the request, or, before its body is received, the one that fits so far."""
