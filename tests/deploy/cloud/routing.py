"""The table of what the APIs answer, and their errors."""

import json
from typing import NamedTuple


class Request(NamedTuple):
    """A request to an API: the names in its path, its query, headers and body."""

    method: str
    names: dict
    query: dict
    headers: dict
    body: bytes

    def json(self):
        """The body as an object."""
        return json.loads(self.body)


class Refused(Exception):
    """An error in the form of Google's APIs."""

    def __init__(self, status, reason, message):
        super().__init__(message)
        self.status = status
        self.reply = {"error": {"code": status, "status": reason, "message": message}}


class Routes(list):
    """Triples of a method, a pattern of paths and a handler."""

    def add(self, method, pattern):
        """Register the decorated handler."""

        def register(handler):
            self.append((method, pattern, handler))
            return handler

        return register


def look_up(things, name):
    """The thing of this name. Refuses one that does not exist as the APIs do."""
    if name not in things:
        raise Refused(404, "NOT_FOUND", f"{name} was not found")
    return things[name]
