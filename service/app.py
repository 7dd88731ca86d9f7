"""The service: which path does what, and what every reply has in common."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec
from flask import Request, Response

from model import Classifier, ClassifyError
from service.body import Body
from service.classification import classify
from service.errors import MethodNotAllowed, NoSuchPath
from service.intake import read_intake
from service.replies import Health, Limits, ModelReply, Reply, failure, response
from service.settings import Settings
from service.timings import Timings

log = logging.getLogger(__name__)


class Service:
    """Answers every request to the function; one instance lives as long as its process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.classifier = Classifier(settings.model_dir, num_threads=settings.num_threads)
        self._routes: dict[str, dict[str, Callable[[Request, Body, Timings], Reply]]] = {
            "/": {"POST": self._classify},
            "/model": {"GET": self._model},
            "/health": {"GET": self._health},
        }

    def respond(self, request: Request) -> Response:
        """The reply to a request, whatever it is."""
        timings = Timings()
        body = Body(request, limit=self.settings.max_body_bytes)
        try:
            handler = self._handler(request)
            reply = response(handler(request, body, timings))
        except ClassifyError as error:
            reply = response(failure(error))
            if isinstance(error, MethodNotAllowed):
                reply.headers["Allow"] = error.allow
        except Exception as error:
            log.exception("unexpected")
            reply = response(failure(error))
        reply.headers["Cache-Control"] = "no-store"
        reply.headers["X-Content-Type-Options"] = "nosniff"
        if timings.milliseconds:
            reply.headers["Server-Timing"] = timings.header()
        return reply

    def _handler(self, request: Request) -> Callable[[Request, Body, Timings], Reply]:
        methods = self._routes.get(request.path)
        if methods is None:
            raise NoSuchPath(f"no such path: {request.path}")
        method = "GET" if request.method == "HEAD" else request.method
        if method not in methods:
            allow = ", ".join(methods)
            raise MethodNotAllowed(f"{request.path} answers {allow}", allow=allow)
        return methods[method]

    def _classify(self, request: Request, body: Body, timings: Timings) -> Reply:
        with timings.measure("read"):
            intake = read_intake(request, body, max_images=self.settings.max_images)
        return classify(
            intake, self.classifier, max_pixels=self.settings.max_pixels, timings=timings
        )

    def _model(self, *_: object) -> Reply:
        card = self.classifier.card
        limits = Limits(
            self.settings.max_body_bytes,
            self.settings.max_pixels,
            self.settings.max_images,
            card.classes,
        )
        return ModelReply(**msgspec.structs.asdict(card), limits=limits)

    def _health(self, *_: object) -> Reply:
        return Health(model_loaded=self.classifier.loaded)
