"""The state of one request while it is handled."""

from __future__ import annotations

from typing import NamedTuple

from werkzeug import Request

from service.body import Body
from service.timings import Timings


class RequestContext(NamedTuple):
    """The request, its body and its timings, for the handlers and the log."""

    request: Request
    body: Body
    timings: Timings
