"""The shape of all dialects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from http import HTTPStatus
from typing import Any

from model import ModelCard
from service.request import ClassifyRequest, Content
from service.response import ErrorResponse, Limits, Outcome, Reply
from service.routes import Route

Json = Any
"""What msgspec can encode as JSON."""


class Dialect(ABC):
    """The protocol of one kind of client, as a way to state the same request and its outcome.

    Admission, limits, keys and the codes of errors are the same for all dialects.
    """

    name: str
    """The name in the log."""
    route: Route
    status_route: Route | None = None
    """Where the clients of this dialect look up whether the model can be used."""

    def claims(self, media_type: str, data: bytes | None) -> bool:  # noqa: ARG002
        """Whether a request to the route is in this dialect, if several share the route.

        `data` is the body if it has been received and is no form.
        """
        return True

    @abstractmethod
    def parse(self, content: Content, limits: Limits) -> ClassifyRequest:
        """Parse a request. Raises RequestError if the request as a whole is invalid."""

    @abstractmethod
    def reply(self, outcome: Outcome) -> Json:
        """The reply to a request that was classified."""

    @abstractmethod
    def error(self, error: ErrorResponse) -> Json:
        """The reply to a request that failed."""

    def status(self, outcome: Outcome) -> int:  # noqa: ARG002
        """The HTTP status of the reply; that of an error is in its spec."""
        return HTTPStatus.OK

    def model_status(self, card: ModelCard) -> Reply:
        """The reply of `status_route` once the model is loaded."""
        raise NotImplementedError


def error_text(error: ErrorResponse) -> Json:
    """An error as a string, for clients that show no more of it; it begins with the reason."""
    return {"error": f"{error.error.reason}: {error.error.message}"}
