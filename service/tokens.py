"""Verification of Firebase's tokens, which are JSON Web Tokens (RFC 7519) signed by Google.

Imported only if a setting asks for it: PyJWT and cryptography would make every cold start longer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

import jwt
from jwt import PyJWK, PyJWKClient

from service.errors import BadToken, KeyServerUnavailable

_log = logging.getLogger(__name__)

_MAX_SUBJECT = 128
# Clocks differ by seconds; tokens are valid for half an hour or more.
_LEEWAY_SECONDS = 30
_REFRESH_SECONDS = 3600
# App Check's keys must not be cached for longer:
# https://firebase.google.com/docs/reference/appcheck/rest/v1beta/jwks
_MAX_AGE_SECONDS = 6 * 3600
_TIMEOUT_SECONDS = 3
# The shortest time between two fetches, whatever is sent and however they end.
_COOLDOWN_SECONDS = 10

# PyJWT's own messages may quote the token.
_PROBLEMS: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "has expired",
    jwt.ImmatureSignatureError: "is not valid yet",
    jwt.InvalidAudienceError: "is for another project",
    jwt.InvalidIssuerError: "is for another project",
}


class KeySet:
    """The public keys that a server publishes, by their ID.

    They are fetched when a key is unknown, and every hour. If that fails, the old ones stay in use
    up to their maximum age.
    """

    def __init__(self, url: str) -> None:
        # Its own cache has neither stale keys nor a cooldown after a failure.
        self._client = PyJWKClient(url, cache_jwk_set=False, timeout=_TIMEOUT_SECONDS)
        self._keys: Mapping[str | None, PyJWK] = {}
        self._failed = False
        self._fetched_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def find(self, key_id: str) -> PyJWK | None:
        """The key, or None if the server has none. Raises KeyServerUnavailable."""
        key = self._cached(key_id)
        if key is None or time.monotonic() >= self._fetched_at + _REFRESH_SECONDS:
            self._refresh(wait=key is None)
            key = self._cached(key_id)
        if key is None and self._failed:
            raise KeyServerUnavailable(
                "the token cannot be verified, because Google's keys cannot be fetched; try again",
                retry_after=_COOLDOWN_SECONDS,
            )
        return key

    def _cached(self, key_id: str) -> PyJWK | None:
        expired = time.monotonic() >= self._fetched_at + _MAX_AGE_SECONDS
        return None if expired else self._keys.get(key_id)

    def _refresh(self, *, wait: bool) -> None:
        """Fetch the keys once per cooldown; `wait` if another request is fetching them."""
        if not self._lock.acquire(blocking=wait):
            return
        try:
            if time.monotonic() >= self._tried_at + _COOLDOWN_SECONDS:
                self._fetch()
        finally:
            self._lock.release()

    def _fetch(self) -> None:
        try:
            keys = self._client.get_signing_keys()
        except (jwt.PyJWTError, OSError, ValueError) as error:
            _log.warning(f"the keys of tokens cannot be fetched from {self._client.uri}: {error}")
            self._failed = True
        else:
            self._keys = {key.key_id: key for key in keys}
            self._failed = False
            self._fetched_at = time.monotonic()
        self._tried_at = time.monotonic()


class TokenVerifier:
    """Verifies tokens of one issuer for one audience, with the keys at a URL.

    `field` is the header field that holds them.
    """

    def __init__(self, *, field: str, issuer: str, audience: str, keys_url: str) -> None:
        self.field = field
        self._issuer = issuer
        self._audience = audience
        self._keys = KeySet(keys_url)

    def check(self, value: str) -> None:
        """Check the value of the header field: a token, which the word Bearer may precede.

        Raises BadToken, or KeyServerUnavailable if the token might be valid.
        """
        try:
            self._verify(value.rpartition(" ")[2])
        except jwt.PyJWTError as error:
            problem = _PROBLEMS.get(type(error), "is not valid")
            raise BadToken(
                f"the token in {self.field} {problem}; get a new one from Firebase's SDK"
            ) from error

    def _verify(self, token: str) -> None:
        """Raise PyJWTError or KeyServerUnavailable unless the token is valid.

        Sources: https://firebase.google.com/docs/app-check/custom-resource-backend
        and https://firebase.google.com/docs/auth/admin/verify-id-tokens
        """
        header = jwt.get_unverified_header(token)
        if header.get("typ") != "JWT":
            raise jwt.InvalidTokenError
        key = self._keys.find(header.get("kid", ""))
        if key is None:
            raise jwt.InvalidKeyError
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=self._issuer,
            audience=self._audience,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "sub", "iat", "exp"]},
        )
        if not 0 < len(claims["sub"]) <= _MAX_SUBJECT:
            raise jwt.InvalidTokenError
