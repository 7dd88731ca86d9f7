"""The application: routes requests to handlers and adds the headers common to all responses."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from http import HTTPStatus

import msgspec
from werkzeug import Request, Response

from model import Classifier, ModelUnavailable
from pictures import ClassifyError, DecoderPool
from service import page, routes
from service.access import GOOGLE, AccessControl, KeyServers, allow_origin, allow_preflight
from service.admission import Admission
from service.body import Body
from service.classification import classify
from service.context import RequestContext
from service.decoding import decode
from service.dialects import DIALECTS, NATIVE, Dialect, select
from service.logs import configure_logging, log_request
from service.openapi import openapi_document
from service.request import receive_content
from service.response import (
    Classification,
    ErrorResponse,
    Health,
    Labels,
    Limits,
    ModelReply,
    Outcome,
    Predictions,
    Reply,
    error_headers,
    to_response,
)
from service.routes import Route
from service.settings import Settings
from service.timings import Timings

_log = logging.getLogger(__name__)

Handler = Callable[[RequestContext], Reply | Response]


class Service:
    """Responds to every request to the function; there is one in a process."""

    def __init__(self, settings: Settings, key_servers: KeyServers = GOOGLE) -> None:
        configure_logging()
        self._settings = settings
        self._access = AccessControl(settings, key_servers)
        self._classifier = Classifier(settings.model, num_threads=settings.num_threads)
        self._decoders = DecoderPool(settings.num_threads, max_pixels=settings.max_pixels)
        self._admission = Admission(limit=settings.num_threads + settings.max_waiting)
        self._handlers: dict[Route, Handler] = {
            routes.PAGE: self._page,
            routes.MODEL: self._model,
            routes.LABELS: self._labels,
            routes.HEALTH: self._health,
            routes.READY: self._ready,
            routes.OPENAPI: self._openapi,
        }
        self._dialects: dict[Route, list[Dialect]] = {}
        for dialect in DIALECTS:
            self._dialects.setdefault(dialect.route, []).append(dialect)
            self._handlers[dialect.route] = self._classify
            if dialect.status_route:
                self._dialects[dialect.status_route] = [dialect]
                self._handlers[dialect.status_route] = self._model_status
        self._master = os.getpid()

    def start(self) -> None:
        """Prepare the process that serves, in which threads may start, for its first request."""
        self._decoders.warm_up()
        if not self._settings.preload:
            return
        try:
            self._classifier.load()
        except ModelUnavailable as error:  # the server starts; /ready reports the error
            _log.error(f"the model cannot be preloaded: {error}")

    def start_worker(self) -> None:
        """Start, if this process is gunicorn's worker and not one that the worker forks."""
        if os.getppid() == self._master:
            self.start()

    def respond(self, request: Request) -> Response:
        """The response to a request; it never raises."""
        body = Body(request, limit=self._settings.max_body_bytes)
        context = RequestContext(request, body, Timings(), [NATIVE], NATIVE)
        headers: dict[str, str] = {}
        unexpected = None
        try:
            reply = self._handle(context)
        except ClassifyError as error:
            reply, headers = ErrorResponse.from_exception(error), error_headers(error)
        except Exception as error:  # noqa: BLE001 - the client gets INTERNAL, the log the cause
            reply, unexpected = ErrorResponse.from_exception(error), error
        response = _to_response(reply, context.dialect)
        response.headers.update(headers)
        self._finish(context, response)
        log_request(context, response, reply, unexpected)
        return response

    def _handle(self, context: RequestContext) -> Reply | Response:
        """The reply to a request. Raises NoSuchPath, MethodNotAllowed, or what its handler does."""
        request = context.request
        if request.method == "OPTIONS":
            return _preflight()
        found = routes.find_routes(self._handlers, request.path)
        # Before the method is checked, so that its error reaches the client in its dialect.
        of_path = [dialect for route in found for dialect in self._dialects.get(route, [])]
        context.dialects = of_path or context.dialects
        context.dialect = select(context.dialects, request.mimetype)
        route = routes.choose_route(found, request.method, request.path)
        if "{model}" in route.path:
            routes.check_model(route, request.path, self._classifier.card.name)
        return self._handlers[route](context)

    def _finish(self, context: RequestContext, response: Response) -> None:
        """Add the headers that every response has, and deal with an unread body."""
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        allow_origin(response.headers, context.request.origin, self._settings.cors_origins)
        if context.request.method == "OPTIONS":
            allow_preflight(response.headers)
        if context.timings.milliseconds:
            response.headers["Server-Timing"] = context.timings.header()
        if not context.body.drain():
            _leave_unread(response)

    def _page(self, context: RequestContext) -> Response:
        return page.respond(context.request)

    def _classify(self, context: RequestContext) -> Outcome:
        settings, timings = self._settings, context.timings
        self._access.check(context.request.headers)
        limits = self._limits()
        self._admission.check()
        # Read the body before taking a slot, so that slow uploads cannot fill the queue.
        with timings.measure("read"):
            content = receive_content(context.request, context.body, max_images=settings.max_images)
        context.dialect = select(context.dialects, content.media_type, content.data)
        with self._admission.admit():
            with timings.measure("read"):
                request = context.dialect.parse(content, limits)
            del content  # holds the body
            pictures = decode(request.images, self._decoders, self._classifier.card.input, timings)
            request.images.clear()  # frees megabytes while the pictures wait for inference
            return classify(pictures, request, self._classifier, timings=timings)

    def _limits(self) -> Limits:
        settings = self._settings
        return Limits(
            max_body_bytes=settings.max_body_bytes,
            max_pixels=settings.max_pixels,
            max_images=settings.max_images,
            max_top_k=self._classifier.card.classes,
        )

    def _model(self, _: RequestContext) -> Reply:
        card = msgspec.structs.asdict(self._classifier.card)
        return ModelReply(**card, limits=self._limits())

    def _labels(self, _: RequestContext) -> Reply:
        return Labels(self._classifier.labels)

    def _health(self, _: RequestContext) -> Reply:
        return Health(model_loaded=self._classifier.loaded)

    def _ready(self, _: RequestContext) -> Reply:
        self._classifier.load()
        return Health(model_loaded=True)

    def _model_status(self, context: RequestContext) -> Reply:
        self._classifier.load()
        return context.dialect.model_status(self._classifier.card)

    def _openapi(self, _: RequestContext) -> Reply:
        return openapi_document(
            self._limits(),
            model=self._classifier.card.name,
            security=self._access.requirements,
        )


def _preflight() -> Response:
    response = Response(status=204)
    del response.headers["Content-Type"]  # there is no content
    return response


def _to_response(reply: Reply | Response, dialect: Dialect) -> Response:
    """The reply as an HTTP response, for the clients of a dialect."""
    match reply:
        case Response():
            return reply
        case ErrorResponse():
            return to_response(dialect.error(reply), reply.error.code)
        case Classification() | Predictions():
            return to_response(dialect.reply(reply), dialect.status(reply))
        case _:
            return to_response(reply, HTTPStatus.OK)


def _leave_unread(response: Response) -> None:
    """Keep functions-framework from reading the rest of the body, which may be endless.

    It reads all of it before it responds, unless the response is streamed. The server closes
    the connection after a streamed response.
    """
    response.response = iter([response.get_data()])
