"""Requests to the function, with time-outs, retries, progress and cancellation."""

from __future__ import annotations

import asyncio
import errno
import random
import socket
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Self

import httpx

from .errors import BadAddress, ConnectionBroken, NoNetwork, NotListening, TimedOut, Unreachable
from .replies import Classification, Model, read, read_classification

#: Seconds for a connection, for a chunk of the photo, and for the reply, which a cold start delays.
TIMEOUT = httpx.Timeout(5, write=30, read=60)
#: Requests for one photo at most: the first, and its retries.
TRIES = 4

_CHUNK_BYTES = 16_384
# Exponential back-off with full jitter, in seconds:
# https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 8.0
# Above this many seconds, a Retry-After is for people to wait.
_LONGEST_RETRY_AFTER = 30.0
# Of the platform and of the function.
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
# Errors of the operating system without a network.
_NO_NETWORK = {errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH}

#: Called with the bytes sent so far, and all there are; a retry starts from 0 again.
OnProgress = Callable[[int, int], object]


class Client:
    """A client of the function at `url`; `key` is for one that asks for an API key.

    Methods raise ClassifyError, and the constructor BadAddress. Broken connections and replies
    with status 429 or 503 are retried. A request is cancelled by cancelling its task.
    """

    def __init__(
        self, url: str, *, key: str = "", timeout: httpx.Timeout = TIMEOUT, tries: int = TRIES
    ) -> None:
        # As bytes, because httpx encodes text as ASCII, and a wrong key may hold any character.
        headers = [(b"X-API-Key", key.encode())] if key else []
        self._http = httpx.AsyncClient(base_url=_base_url(url), headers=headers, timeout=timeout)
        self._tries = tries

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def classify(
        self,
        photo: bytes,
        *,
        top_k: int = 5,
        explain: bool = False,
        on_progress: OnProgress = lambda *_: None,
    ) -> Classification:
        """The labels of a photo: the bytes of a file in any format that the function reads.

        `explain` asks for the heat map of each label. FeaturesUnavailable is raised if the model
        has none.
        """

        def request() -> httpx.Request:
            return self._http.build_request(
                "POST",
                "",
                params={"top_k": top_k, "explain": "png" if explain else "false"},
                headers={
                    "Content-Type": "application/octet-stream",
                    "Content-Length": str(len(photo)),
                },
                content=_chunks(photo, on_progress),
            )

        return read_classification(await self._with_retries(request))

    async def model(self) -> Model:
        """The model that answers."""
        response = await self._with_retries(lambda: self._http.build_request("GET", "model"))
        return read(
            response,
            lambda card: Model(
                name=card["name"],
                version=card["version"],
                licence=card["licence"]["name"],
                commercial_use=card["licence"]["commercial_use"],
                explains="features" in card["more_outputs"],
            ),
        )

    async def check(self) -> None:
        """Raise an error, without a retry, unless the function is at this address."""
        response = await self._send(self._http.build_request("GET", "health"))
        read(response, lambda health: health["model_loaded"])

    async def _with_retries(self, request: Callable[[], httpx.Request]) -> httpx.Response:
        """The reply to `request`, which is built again for each try."""
        tries = 0
        while True:
            tries += 1
            wait = 0.0
            try:
                response = await self._send(request())
            except ConnectionBroken:
                if tries == self._tries:
                    raise
            else:
                wait = _retry_after(response)
                if (
                    response.status_code not in _BUSY
                    or tries == self._tries
                    or wait > _LONGEST_RETRY_AFTER
                ):
                    return response
            longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (tries - 1))
            await asyncio.sleep(wait + random.uniform(0, longest))  # noqa: S311 - no secret

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._http.send(request)
        except httpx.TimeoutException as error:
            raise TimedOut("the function took too long to reply; try again") from error
        except httpx.ConnectError as error:
            raise _connect_error(error) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise ConnectionBroken("the connection broke; try again") from error


def _base_url(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL as error:
        raise BadAddress(f"the address is not a URL: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadAddress("the address is not a URL; it must start with https:// or http://")
    return parsed


async def _chunks(photo: bytes, on_progress: OnProgress) -> AsyncIterator[bytes]:
    for start in range(0, len(photo), _CHUNK_BYTES):
        on_progress(start, len(photo))
        yield photo[start : start + _CHUNK_BYTES]
    on_progress(len(photo), len(photo))


def _retry_after(response: httpx.Response) -> float:
    """Seconds of the header Retry-After; the API sends no dates."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else 0.0


def _connect_error(error: BaseException) -> Unreachable:
    """The error for a connection that was never made, from what the system said."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror) or getattr(cause, "errno", None) in _NO_NETWORK:
            return NoNetwork("there is no network, or no such host; check both")
        cause = cause.__cause__ or cause.__context__
    return NotListening("nothing accepts connections at this address; check it")
