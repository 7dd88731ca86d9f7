"""The service: which path does what, and what every answer has in common."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec
from flask import Request, Response

from model import Classifier, ModelUnavailable
from pictures import ClassifyError
from service import page
from service.access import allow_origin, allow_request, check_api_key
from service.admission import Admission
from service.body import Body
from service.classification import classify
from service.decoding import Decoder
from service.errors import MethodNotAllowed, NoSuchPath
from service.exchange import Exchange
from service.intake import read_intake
from service.logs import log_failure, log_request
from service.openapi import document
from service.replies import (
    Health,
    Labels,
    Limits,
    ModelReply,
    Reply,
    error_headers,
    failure,
    response_of,
)
from service.settings import Settings
from service.timings import Timings

Handler = Callable[[Exchange], Reply | Response]


class Service:
    """Answers every request to the function; one lives as long as its process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._classifier = Classifier(settings.model_dir, num_threads=settings.num_threads)
        self._decoder = Decoder(num_threads=settings.num_threads, max_pixels=settings.max_pixels)
        self._admission = Admission(limit=settings.num_threads + settings.max_waiting)
        self._routes: dict[str, dict[str, Handler]] = {
            "/": {"GET": self._page, "POST": self._classify},
            "/model": {"GET": self._model},
            "/labels": {"GET": self._labels},
            "/health": {"GET": self._health},
            "/ready": {"GET": self._ready},
            "/openapi.json": {"GET": self._openapi},
        }
        if settings.preload:
            # In the worker, not in the server that forks it: the interpreter's threads would
            # stay behind.
            os.register_at_fork(after_in_child=self._preload)

    def respond(self, request: Request) -> Response:
        """The answer to a request, whatever it is."""
        body = Body(request, limit=self._settings.max_body_bytes)
        exchange = Exchange(request, body, Timings())
        headers: dict[str, str] = {}
        unexpected = None
        reply: Reply | Response
        try:
            reply = self._handler(request)(exchange)
        except ClassifyError as error:
            reply, headers = failure(error), error_headers(error)
        except Exception as error:  # noqa: BLE001 - the caller gets INTERNAL, the log all
            reply, unexpected = failure(error), error
        response = reply if isinstance(reply, Response) else response_of(reply)
        response.headers.update(headers)
        self._finish(exchange, response)
        log_request(exchange, response, reply, unexpected)
        return response

    def _handler(self, request: Request) -> Handler:
        """What answers this path and method. Raises NoSuchPath or MethodNotAllowed."""
        if request.method == "OPTIONS":
            return self._preflight
        methods = self._routes.get(request.path)
        if methods is None:
            raise NoSuchPath(f"there is no {request.path}; there are {', '.join(self._routes)}")
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allow = _allowed(methods)
            raise MethodNotAllowed(f"{request.path} answers {allow} only", allow=allow)
        return handler

    def _finish(self, exchange: Exchange, response: Response) -> None:
        """Add what every answer has."""
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        allow_origin(response.headers, exchange.request.origin, self._settings.cors_origins)
        if exchange.request.method == "OPTIONS":
            allow_request(response.headers)
        if exchange.timings.milliseconds:
            response.headers["Server-Timing"] = exchange.timings.header()
        if not exchange.body.drain():
            _leave_unread(response)

    def _preload(self) -> None:
        try:
            self._classifier.load()
        except ModelUnavailable as error:  # the server starts, and /ready tells why
            log_failure(f"the model cannot be preloaded: {error}")

    def _page(self, exchange: Exchange) -> Response:
        return page.respond(exchange.request)

    def _classify(self, exchange: Exchange) -> Reply:
        settings, timings = self._settings, exchange.timings
        check_api_key(exchange.request, settings.api_keys)
        classes = self._classifier.card.classes
        self._admission.check()
        # Read the body before taking a slot, so that slow uploads cannot fill the queue.
        with timings.measure("read"):
            intake = read_intake(
                exchange.request, exchange.body, max_images=settings.max_images, max_top_k=classes
            )
        with self._admission.admit():
            crop = self._classifier.card.input
            pictures = self._decoder.decode(intake.images, crop, timings)
            intake.images.clear()  # frees megabytes while the pictures wait for inference
            return classify(pictures, intake, self._classifier, timings=timings)

    def _limits(self) -> Limits:
        settings = self._settings
        return Limits(
            max_body_bytes=settings.max_body_bytes,
            max_pixels=settings.max_pixels,
            max_images=settings.max_images,
            max_top_k=self._classifier.card.classes,
        )

    def _model(self, _: Exchange) -> Reply:
        card = msgspec.structs.asdict(self._classifier.card)
        return ModelReply(**card, limits=self._limits())

    def _labels(self, _: Exchange) -> Reply:
        return Labels(self._classifier.labels)

    def _health(self, _: Exchange) -> Reply:
        return Health(model_loaded=self._classifier.loaded)

    def _ready(self, _: Exchange) -> Reply:
        self._classifier.load()
        return Health(model_loaded=True)

    def _openapi(self, _: Exchange) -> Reply:
        return document(self._limits(), needs_api_key=bool(self._settings.api_keys))

    def _preflight(self, _: Exchange) -> Response:
        response = Response(status=204)
        del response.headers["Content-Type"]  # there is no content
        return response


def _allowed(methods: dict[str, Handler]) -> str:
    """The value of Allow: HEAD works where GET does, OPTIONS everywhere."""
    head = ["HEAD"] if "GET" in methods else []
    return ", ".join([*methods, *head, "OPTIONS"])


def _leave_unread(response: Response) -> None:
    """Keep functions-framework from reading the rest of a request, which may have no end.

    It reads all of it before it answers, unless the answer is streamed. The server then
    closes the connection after the answer.
    """
    response.response = iter([response.get_data()])
