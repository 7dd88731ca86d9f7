"""Firebase callable: the protocol of the SDKs' `httpsCallable`.

Source: https://firebase.google.com/docs/functions/callable-reference
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from service.dialects.dialect import Dialect, Json
from service.dialects.native import parse_json
from service.json_body import JsonBody
from service.request import ClassifyRequest, Content, is_json
from service.response import ErrorResponse, Limits, Outcome
from service.routes import CLASSIFY

_EXAMPLE = '{"data": {"image": "<base64>", "top_k": 5}}'
# `data` is the only name of such a body.
_CALL = re.compile(rb'\s*\{\s*"data"\s*:')
# Swift's Int and Kotlin's Long arrive as objects with one of these in `@type`.
_INTEGERS = (
    "type.googleapis.com/google.protobuf.Int64Value",
    "type.googleapis.com/google.protobuf.UInt64Value",
)
_INTEGER = re.compile(r"-?[0-9]{1,20}")
# Longer values are images.
_LONGEST_PARAMETERS = 1000


class _Call(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    data: dict[str, msgspec.Raw]


class Firebase(Dialect):
    """`data` holds the native JSON, and `result` the native reply.

    An error also has the native fields, because an error that precedes the body (a wrong key, a
    full queue) may belong to a native client, too.
    """

    name = "firebase"
    route = CLASSIFY

    def claims(self, media_type: str, data: bytes | None) -> bool:
        return is_json(media_type) and (data is None or _CALL.match(data) is not None)

    def parse(self, content: Content, limits: Limits) -> ClassifyRequest:
        body = JsonBody(content.data, max_images=limits.max_images, example=_EXAMPLE)
        call = body.decode(_Call)
        plain = {name: _plain(value) for name, value in call.data.items()}
        return parse_json(msgspec.json.encode(plain), content.query, limits)

    def reply(self, outcome: Outcome) -> Json:
        return {"result": outcome}

    def error(self, error: ErrorResponse) -> Json:
        native = msgspec.structs.asdict(error.error)
        return {"error": {**native, "details": {"reason": error.error.reason}}}


def _plain(value: msgspec.Raw) -> Any:
    """The value of a field, with a number in place of an Int64Value."""
    if len(bytes(value)) > _LONGEST_PARAMETERS or not bytes(value).startswith(b"{"):
        return value
    try:
        fields = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return value  # parsing the native JSON reports it
    if fields.keys() == {"@type", "value"}:
        return _number(fields)
    return {name: _number(each) for name, each in fields.items()}


def _number(value: Any) -> Any:
    if isinstance(value, dict) and value.get("@type") in _INTEGERS:
        number = str(value.get("value"))
        return int(number) if _INTEGER.fullmatch(number) else value
    return value
