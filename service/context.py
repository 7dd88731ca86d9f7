"""A request on its way to its answer."""

from __future__ import annotations

from typing import NamedTuple

from flask import Request

from service.body import Body
from service.timings import Timings


class Exchange(NamedTuple):
    """What handlers, and the log, need of a request."""

    request: Request
    body: Body
    timings: Timings
