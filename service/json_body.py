"""Decode a JSON body into strict types, with a limit on its values."""

from __future__ import annotations

import codecs
from typing import TypeVar

import msgspec

from service.errors import BadJson, BadParameter, RequestError, UnknownField

# Names and values that JSON may have besides its images. They become objects before they can be
# counted; this number takes a few milliseconds and megabytes.
_MAX_VALUES = 10_000

T = TypeVar("T")


class JsonBody:
    """A JSON body; `example` is the valid request that its errors show.

    Raises BadJson if it has too many values.
    """

    def __init__(self, data: bytes, *, max_images: int, example: str) -> None:
        self._data = data.removeprefix(codecs.BOM_UTF8)
        self._example = example
        if _has_many_values(self._data, 2 * max_images + _MAX_VALUES):
            raise BadJson(
                f"the JSON has over {_MAX_VALUES:,} values; send at most {max_images} images: "
                f"{example}"
            )

    def decode(self, shape: type[T]) -> T:
        """The body as this type. Raises BadJson, UnknownField or BadParameter."""
        try:
            return msgspec.json.decode(self._data, type=shape)
        except msgspec.ValidationError as error:
            raise shape_error(str(error), self._example) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadJson(f"the body is not valid JSON: {error}") from error


def shape_error(problem: str, example: str) -> RequestError:
    """Convert msgspec's message, which names the invalid field, to an error."""
    if "unknown field" in problem:
        return UnknownField(f"{problem}; send {example}")
    if "top_k" in problem:
        return BadParameter("top_k must be a whole number from 0 up")
    if "min_score" in problem:
        return BadParameter("min_score must be a number from 0 to 1")
    if "explain" in problem:
        return BadParameter("explain must be true, false or png")
    if "embedding" in problem:
        return BadParameter("embedding must be true, false, base64 or list")
    return BadJson(f"{problem}; send {example}")


def _has_many_values(data: bytes, limit: int) -> bool:
    """Whether the JSON may have more than `limit` values besides an image as a list of bytes.

    Commas separate values and fields; base64 has none, the prefix of a data URL has one. A list of
    numbers has many, but no quotes, braces and brackets.
    """
    if data.count(b",") <= limit:
        return False
    return data.count(b'"') > 2 * limit or data.count(b"{") + data.count(b"[") > limit
