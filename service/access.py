"""Access control: API keys, Firebase's tokens, and CORS for web pages."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from werkzeug.datastructures import Headers

from service.errors import BadApiKey, BadToken
from service.settings import Settings

if TYPE_CHECKING:
    from service.tokens import TokenVerifier

API_KEY_HEADER = "X-API-Key"
APP_CHECK_HEADER = "X-Firebase-AppCheck"
# The last two are sent by Firebase's SDKs.
_ALLOWED_HEADERS = (
    "Authorization",
    "Content-Type",
    API_KEY_HEADER,
    APP_CHECK_HEADER,
    "Firebase-Instance-ID-Token",
)


class KeyServers(NamedTuple):
    """The URLs of the keys that verify each kind of token."""

    app_check: str
    id_tokens: str


GOOGLE = KeyServers(
    "https://firebaseappcheck.googleapis.com/v1/jwks",
    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
)


class AccessControl:
    """Decides which requests may classify: those with an API key or with the tokens asked for.

    If the settings ask for neither keys nor tokens, every request may.
    """

    def __init__(self, settings: Settings, key_servers: KeyServers) -> None:
        self._keys = settings.api_keys
        self._verifiers = _verifiers(settings, key_servers)

    @property
    def requirements(self) -> list[dict[str, list[str]]]:
        """The security requirements of OpenAPI: alternatives, each with all its schemes."""
        key: dict[str, list[str]] = {"ApiKey": []} if self._keys else {}
        tokens: dict[str, list[str]] = {name: [] for name in self._verifiers}
        return [each for each in (key, tokens) if each]

    def check(self, headers: Headers) -> None:
        """Raise BadApiKey, BadToken or KeyServerUnavailable unless the request may classify."""
        if self._verifiers and not (self._keys and API_KEY_HEADER in headers):
            self._check_tokens(headers)
        elif self._keys:
            _check_api_key(headers, self._keys)

    def _check_tokens(self, headers: Headers) -> None:
        for verifier in self._verifiers.values():
            if verifier.field not in headers:
                alternative = f", or a key in {API_KEY_HEADER}" if self._keys else ""
                raise BadToken(
                    f"the header {verifier.field} is missing; "
                    f"send a token from Firebase's SDK{alternative}"
                )
            verifier.check(headers[verifier.field])


def _verifiers(settings: Settings, key_servers: KeyServers) -> dict[str, TokenVerifier]:
    """The verifiers of all tokens that the settings ask for, by their OpenAPI security scheme."""
    verifiers: dict[str, TokenVerifier] = {}
    number, project = settings.firebase_project, settings.firebase_auth_project
    if not (number or project):
        return verifiers
    from service.tokens import TokenVerifier  # noqa: PLC0415 - see there

    if number:
        verifiers["AppCheck"] = TokenVerifier(
            field=APP_CHECK_HEADER,
            issuer=f"https://firebaseappcheck.googleapis.com/{number}",
            audience=f"projects/{number}",
            keys_url=key_servers.app_check,
        )
    if project:
        verifiers["IdToken"] = TokenVerifier(
            field="Authorization",
            issuer=f"https://securetoken.google.com/{project}",
            audience=project,
            keys_url=key_servers.id_tokens,
        )
    return verifiers


def _check_api_key(headers: Headers, keys: Sequence[str]) -> None:
    """Raise BadApiKey unless the header holds one of `keys`.

    The key is compared with all keys in constant time, so that timing reveals nothing.
    """
    sent = headers.get(API_KEY_HEADER, "").encode()
    matches = [hmac.compare_digest(sent, key.encode()) for key in keys]
    if not any(matches):
        problem = "is not a valid key" if sent else "is missing"
        raise BadApiKey(f"the header {API_KEY_HEADER} {problem}: ask the operator for a key")


def allow_origin(headers: Headers, origin: str | None, origins: Sequence[str]) -> None:
    """Add the CORS headers that let a web page of `origin` read the response.

    Source: https://fetch.spec.whatwg.org/#http-cors-protocol
    """
    if "*" in origins:
        headers["Access-Control-Allow-Origin"] = "*"
    elif origins:
        headers.add("Vary", "Origin")
        if origin is not None and origin in origins:
            headers["Access-Control-Allow-Origin"] = origin
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Expose-Headers"] = "Server-Timing, Retry-After"


def allow_preflight(headers: Headers) -> None:
    """Add the methods and headers that an allowed web page may use, for a preflight."""
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
        headers["Access-Control-Allow-Headers"] = ", ".join(_ALLOWED_HEADERS)
        headers["Access-Control-Max-Age"] = "3600"
