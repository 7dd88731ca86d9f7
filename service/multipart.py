"""Read a multipart/form-data body: its files, and the text fields that the API defines.

Source: RFC 7578. A part is a file if it has a filename, or the Content-Type of a picture: Dart's
MultipartFile.fromBytes sends no filename unless it is given one.
"""

from __future__ import annotations

import io
from collections.abc import Container, Iterator
from typing import NamedTuple

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from service.body import Body
from service.errors import BadMultipart, TooManyImages

_BINARY = ("image/", "application/octet-stream")
_CHUNK = 64 * 2**10
# Most bytes that the parser may hold while it looks for the end of a part's head.
_MAX_BUFFER_BYTES = 500_000
# Text fields that a form may have besides its images.
_MAX_TEXT_FIELDS = 16


class Form(NamedTuple):
    """The content of a form."""

    files: list[bytes]
    texts: dict[str, str]
    """The text fields by name; the last one of a name counts."""


def read_multipart(
    body: Body, boundary: str, *, max_files: int, parameters: Container[str]
) -> Form:
    """Read a form. Of its text fields, `parameters` and `image` are kept.

    A part named like a parameter is text, even if the client sends it as a file.

    Raises BadMultipart, TooManyImages, BodyTooLarge or BodyIncomplete.
    """
    if not boundary:
        raise BadMultipart("Content-Type has no boundary; let your HTTP library set that header")
    files: list[tuple[bool, io.BytesIO]] = []
    texts: dict[str, io.BytesIO] = {}
    part = io.BytesIO()
    decoder = MultipartDecoder(
        boundary.encode(), _MAX_BUFFER_BYTES, max_parts=max_files + _MAX_TEXT_FIELDS
    )
    try:
        for event in _events(decoder, body):
            if isinstance(event, Data):
                part.write(event.data)
            elif _is_file(event, parameters):
                if len(files) == max_files:
                    raise too_many_images(max_files)
                part = io.BytesIO()
                files.append((bool(getattr(event, "filename", None)), part))
            elif isinstance(event, Field | File):
                kept = event.name == "image" or event.name in parameters
                part = texts[event.name] = io.BytesIO() if kept else _Discarded()
    except ValueError as error:
        raise BadMultipart(
            "the body is not valid multipart/form-data: it is cut short, or its boundary differs "
            "from that in Content-Type; let your HTTP library build the form"
        ) from error
    except RequestEntityTooLarge as error:
        raise BadMultipart(
            f"the form has over {_MAX_TEXT_FIELDS} text fields, or a part with an endless head; "
            "send each image as a file part, and parameters such as top_k as text fields"
        ) from error
    return Form(
        # For a file input without a chosen file, browsers send a part without name and content.
        [file.getvalue() for named, file in files if named or file.getbuffer().nbytes],
        {name: text.getvalue().decode(errors="replace") for name, text in texts.items()},
    )


def too_many_images(max_images: int) -> TooManyImages:
    """The error of a request with more than `max_images`."""
    return TooManyImages(f"more than {max_images} images; send them in several requests")


class _Discarded(io.BytesIO):
    """Keeps nothing of a text field that the API does not define, however long it is."""

    def write(self, data: object) -> int:  # noqa: ARG002
        return 0


def _is_file(event: Event, parameters: Container[str]) -> bool:
    if isinstance(event, Field | File) and event.name in parameters:
        return False
    if isinstance(event, Field):
        return event.headers.get("Content-Type", "").startswith(_BINARY)
    return isinstance(event, File)


def _events(decoder: MultipartDecoder, body: Body) -> Iterator[Event]:
    """The events of the body. Raises ValueError if it is not a form."""
    event: Event = NeedData()
    while not isinstance(event, Epilogue):
        if isinstance(event, NeedData):
            decoder.receive_data(body.read(_CHUNK) or None)
        event = decoder.next_event()
        yield event
