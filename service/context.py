"""The state of one request while it is handled."""

from __future__ import annotations

from typing import NamedTuple

from flask import Request

from service.body import Body
from service.timings import Timings


class RequestContext(NamedTuple):
    """What the handlers and the log need: the request, its body, its timings."""

    request: Request
    body: Body
    timings: Timings
