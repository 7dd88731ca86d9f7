"""Decode base64 in either alphabet, padded or not, with line breaks, or as a data URL.

A list of the bytes' values, as `jsonEncode` makes of Dart's Uint8List, is accepted instead.

RFC 4648 sections 4 and 5, RFC 2045 section 6.8, RFC 2397.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from service.errors import BadBase64

_FOREIGN = re.compile(r"[^A-Za-z0-9+/]")
# Decode a list in pieces of this many characters, because a list of numbers takes 8 bytes for each.
_PIECE = 2**16
_BYTES = msgspec.json.Decoder(list[Annotated[int, msgspec.Meta(ge=0, le=255)]])
_REPLACED = {"-": "+", "_": "/", "\n": "", "\r": "", "\t": "", " ": ""}


def decode_base64(encoded: msgspec.Raw, *, field: str) -> bytes:
    """Decode a JSON string of base64, or a JSON list of byte values.

    `field` is its name, for the message. Raises BadBase64.
    """
    try:
        # Standard and padded, as most clients send it: decoded without copying the text.
        return msgspec.json.decode(encoded, type=bytes)
    except msgspec.ValidationError:
        if memoryview(encoded)[0] == ord("["):
            return _decode_list(bytes(encoded)[1:-1], field)
        return _decode_any(encoded, field)


def _decode_list(numbers: bytes, field: str) -> bytes:
    """Decode numbers from 0 to 255 with commas between them."""
    decoded = bytearray()
    start = 0
    try:
        while start < len(numbers):
            end = numbers.find(b",", start + _PIECE)
            end = len(numbers) if end < 0 else end
            decoded += bytes(_BYTES.decode(b"[%b]" % numbers[start:end]))
            start = end + 1
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadBase64(
            f"{field} is a list of something other than byte values (0 to 255); send base64"
        ) from error
    return bytes(decoded)


def _decode_any(encoded: msgspec.Raw, field: str) -> bytes:
    try:
        text = msgspec.json.decode(encoded, type=str)
    except msgspec.ValidationError as error:
        raise BadBase64(f"{field} must be a string of base64") from error
    except UnicodeDecodeError as error:
        raise BadBase64(f"{field} is not valid base64: it is not UTF-8") from error
    text = _standard(_without_data_url(text.strip(), field))
    if foreign := _FOREIGN.search(text):
        raise BadBase64(
            f"{field} is not valid base64: it contains {foreign[0]!r}; "
            "send the bytes of the file, not its path or address"
        )
    if len(text) % 4 == 1:
        raise BadBase64(f"{field} is not valid base64: it is cut short; send all of it")
    padding = "=" * (-len(text) % 4)
    return msgspec.json.decode(f'"{text}{padding}"', type=bytes)


def _without_data_url(text: str, field: str) -> str:
    if text[:5].lower() != "data:":
        return text
    prefix, comma, payload = text.partition(",")
    if not comma or not prefix.lower().endswith(";base64"):
        raise BadBase64(f"{field} is a data URL without ';base64,' before its data; send base64")
    return payload


def _standard(text: str) -> str:
    """The text in the standard alphabet, without white space and padding."""
    # str.replace runs at the speed of memchr; str.translate is ten times slower.
    for character, standard in _REPLACED.items():
        text = text.replace(character, standard)
    return text.rstrip("=")
