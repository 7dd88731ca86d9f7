"""Parse a request to classify: its images and parameters, in any of the four forms."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Annotated, Literal, NamedTuple, TypeVar, cast

import msgspec
from werkzeug import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser

from service.body import Body
from service.encoding import decode_base64
from service.errors import (
    BadJson,
    BadMultipart,
    BadParameter,
    NoImage,
    RequestError,
    TooManyImages,
    UnknownField,
    UnsupportedMediaType,
)

if TYPE_CHECKING:
    from werkzeug.formparser import TStreamFactory

DEFAULT_TOP_K = 5
DEFAULT_MIN_SCORE = 0.0

# Werkzeug's limit on all text fields together; its parser needs as much to read files.
_MAX_TEXT_BYTES = 500_000
# Text fields that a form may have besides its images.
_MAX_TEXT_FIELDS = 16
# Names and values that JSON may have besides its images. They become objects before they can be
# counted; this number takes a few milliseconds and megabytes.
_MAX_JSON_VALUES = 10_000

_FILE_PART = (
    "send each image as a file part (one with a filename); the text fields are top_k, "
    "min_score, explain and embedding"
)
_JSON_FORMS = (
    'send {"image": "<base64>", "top_k": 5, "min_score": 0} '
    'or {"instances": [{"b64": "<base64>"}], "parameters": {"top_k": 5, "min_score": 0}}'
)


T = TypeVar("T")

# 5.0 is an integer in JSON Schema, and the only way that some clients can send 5.
TopK = Annotated[
    float,
    msgspec.Meta(
        ge=0,
        multiple_of=1,
        description=f"Number of labels to return (default: {DEFAULT_TOP_K}).",
        extra_json_schema={"type": "integer"},
    ),
]
MinScore = Annotated[
    float,
    msgspec.Meta(
        ge=0, le=1, description=f"Lowest score to return (default: {DEFAULT_MIN_SCORE:g})."
    ),
]
#: False, or in which form the heat maps of the labels are sent: png adds an overlay to the grid.
Explain = bool | Literal["png"]
#: False, or in which form the embedding is sent: true is base64.
EmbeddingForm = bool | Literal["base64", "list"]
# Raw, so that each image is decoded separately: a bad one must not fail the whole batch.
Base64 = Annotated[
    msgspec.Raw,
    msgspec.Meta(
        description=(
            "The bytes of an image file in base64: standard or URL-safe, padded or not; line "
            "breaks and the prefix of a data URL are allowed."
        ),
        extra_json_schema={"type": "string", "format": "base64", "contentEncoding": "base64"},
    ),
]


class Parameters(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The parameters of a classification."""

    top_k: TopK | msgspec.UnsetType = msgspec.UNSET
    min_score: MinScore | msgspec.UnsetType = msgspec.UNSET
    explain: (
        Annotated[
            Explain,
            msgspec.Meta(
                description="Add to each label where it was seen: as a grid, or with an overlay."
            ),
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    embedding: (
        Annotated[
            EmbeddingForm,
            msgspec.Meta(
                description="Add the picture's embedding: as base64, or as a list of numbers."
            ),
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET


class ImageRequest(Parameters, forbid_unknown_fields=True, frozen=True):
    """A request with one image."""

    image: Base64 | msgspec.UnsetType = msgspec.UNSET


class Instance(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One of several images."""

    b64: Base64 | msgspec.UnsetType = msgspec.UNSET


class InstancesRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A request with several images, in the form of Vertex AI and TensorFlow Serving."""

    instances: list[Instance]
    parameters: Parameters | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True)
class ClassifyRequest:
    """A parsed request."""

    images: list[bytes | RequestError]
    """In the order sent; an unreadable image is replaced by its error."""
    batch: bool
    """Whether the reply is a list with one prediction for each image."""
    top_k: int
    min_score: float
    explain: Explain = False
    embedding: EmbeddingForm = False


class _Form(NamedTuple):
    """The content of a request in one of the four forms."""

    images: list[bytes | RequestError]
    batch: bool = False
    parameters: Parameters = Parameters()


def receive_request(
    request: Request, body: Body, *, max_images: int, max_top_k: int
) -> Callable[[], ClassifyRequest]:
    """Read a request in any of the four forms; the returned function parses what was read.

    Read before admission, because a slow client takes long, and parse after it, because parsing
    takes CPU time and memory. Both raise RequestError if the request as a whole is invalid.
    """
    encoding = request.headers.get("Content-Encoding", "").lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMediaType(
            f"Content-Encoding {encoding} is not supported; send the body without it"
        )
    query = _parameters(request.args)
    parse_form = _receive_form(request, body, max_images)
    return lambda: _classify_request(query, parse_form(), max_top_k)


def _classify_request(query: Parameters, form: _Form, max_top_k: int) -> ClassifyRequest:
    for top_k in (query.top_k, form.parameters.top_k):
        if not isinstance(top_k, msgspec.UnsetType) and top_k > max_top_k:
            raise BadParameter(
                f"top_k is {top_k:g}; send at most {max_top_k}, the number of classes"
            )
    body = form.parameters
    return ClassifyRequest(
        form.images,
        form.batch,
        int(_first_set(body.top_k, query.top_k, min(DEFAULT_TOP_K, max_top_k))),
        _first_set(body.min_score, query.min_score, DEFAULT_MIN_SCORE),
        _first_set(body.explain, query.explain, default=False),
        _first_set(body.embedding, query.embedding, default=False),
    )


def _first_set(body: T | msgspec.UnsetType, query: T | msgspec.UnsetType, default: T) -> T:
    """The value of the body, or else of the query, or else the default."""
    for value in (body, query):
        if not isinstance(value, msgspec.UnsetType):
            return value
    return default


def _receive_form(request: Request, body: Body, max_images: int) -> Callable[[], _Form]:
    media_type = request.mimetype
    if media_type == "application/json" or media_type.endswith("+json"):
        return partial(_parse_json, body.read_all(), max_images)
    if media_type == "multipart/form-data":
        boundary = request.mimetype_params.get("boundary", "")
        form = _read_multipart(body, boundary, max_images)
        return lambda: form
    if media_type.startswith("image/") or media_type == "application/octet-stream":
        return partial(_Form, [_attempt(_present, body.read_all(), "the body")])
    raise UnsupportedMediaType(
        f"Content-Type is {media_type or 'missing'}; send application/json, "
        "multipart/form-data, image/* or application/octet-stream"
    )


def _parse_json(data: bytes, max_images: int) -> _Form:
    data = data.removeprefix(codecs.BOM_UTF8)
    # Commas separate values and fields; base64 has none, the prefix of a data URL has one.
    if data.count(b",") > 2 * max_images + _MAX_JSON_VALUES:
        raise BadJson(
            f"the JSON has over {_MAX_JSON_VALUES:,} values; send at most {max_images} images: "
            f"{_JSON_FORMS}"
        )
    try:
        # A first pass over the names, which skips the values, distinguishes the two forms.
        names = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        if names.keys() >= {"image", "instances"}:
            raise BadJson("send either image or instances, not both")
        if "instances" in names:
            batch = msgspec.json.decode(data, type=InstancesRequest)
            return _read_instances(batch, max_images)
        single = msgspec.json.decode(data, type=ImageRequest)
    except msgspec.ValidationError as error:
        raise _shape_error(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadJson(f"the body is not valid JSON: {error}") from error
    image = _attempt(_read_base64, single.image, "image")
    # A copy, because `single` holds the body.
    values = {name: getattr(single, name) for name in Parameters.__struct_fields__}
    return _Form([image], parameters=Parameters(**values))


def _read_instances(request: InstancesRequest, max_images: int) -> _Form:
    if not request.instances:
        raise NoImage("instances is empty; send one object with b64 for each image")
    if len(request.instances) > max_images:
        raise _too_many(max_images)
    images = [
        _attempt(_read_base64, instance.b64, f"instances[{number}].b64")
        for number, instance in enumerate(request.instances)
    ]
    return _Form(images, batch=True, parameters=request.parameters or Parameters())


def _read_multipart(body: Body, boundary: str, max_images: int) -> _Form:
    if not boundary:
        raise BadMultipart("Content-Type has no boundary; let your HTTP library set that header")
    parts: list[tuple[str | None, io.BytesIO]] = []

    def open_part(filename: str | None = None, **_: object) -> io.BytesIO:
        if len(parts) == max_images:
            raise _too_many(max_images)
        part = io.BytesIO()
        parts.append((filename, part))
        return part

    parser = MultiPartParser(
        stream_factory=cast("TStreamFactory", open_part),  # called with keywords
        max_form_memory_size=_MAX_TEXT_BYTES,
        max_form_parts=max_images + _MAX_TEXT_FIELDS,
    )
    try:
        texts, _ = parser.parse(cast("IO[bytes]", body), boundary.encode(), None)
    except ValueError as error:
        raise BadMultipart(
            "the body is not valid multipart/form-data: it is cut short, or its boundary differs "
            "from that in Content-Type; let your HTTP library build the form"
        ) from error
    except RequestEntityTooLarge as error:
        raise BadMultipart(
            f"the form has over {_MAX_TEXT_FIELDS} text fields, or over {_MAX_TEXT_BYTES:,} bytes "
            f"in them; {_FILE_PART}"
        ) from error
    for name in texts:
        if name not in Parameters.__struct_fields__:
            raise UnknownField(f"unknown text field {name!r}; {_FILE_PART}")
    # For a file input without a chosen file, browsers send a part without name and content.
    files = [part.getvalue() for name, part in parts if name or part.getbuffer().nbytes]
    if not files:
        raise NoImage(f"the form has no file in it; {_FILE_PART}")
    images = [
        _attempt(_present, data, f"file part {number}")
        for number, data in enumerate(files, start=1)
    ]
    return _Form(images, batch=len(images) > 1, parameters=_parameters(texts))


def _attempt(read: Callable[..., bytes], *arguments: object) -> bytes | RequestError:
    """The image, or the error that takes its place."""
    try:
        return read(*arguments)
    except RequestError as error:
        return error


def _read_base64(encoded: msgspec.Raw | msgspec.UnsetType, field: str) -> bytes:
    if isinstance(encoded, msgspec.UnsetType):
        raise NoImage(f"{field} is missing; set it to the base64 of an image file")
    return _present(decode_base64(encoded, field=field), field)


def _present(data: bytes, where: str) -> bytes:
    if not data:
        raise NoImage(f"{where} is empty; send the bytes of an image file")
    return data


def _parameters(texts: Mapping[str, str]) -> Parameters:
    """The parameters in the fields of a form or a query. Raises BadParameter."""
    known = {name: _value(texts[name]) for name in Parameters.__struct_fields__ if name in texts}
    try:
        return msgspec.convert(known, Parameters)
    except msgspec.ValidationError as error:
        raise _shape_error(str(error)) from error


def _value(text: str) -> object:
    """A number, true or false as JSON has them; other text stays what it is."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _shape_error(problem: str) -> RequestError:
    """Convert msgspec's message, which names the invalid field, to an error."""
    if "unknown field" in problem:
        return UnknownField(f"{problem}; {_JSON_FORMS}")
    if "top_k" in problem:
        return BadParameter("top_k must be a whole number from 0 up")
    if "min_score" in problem:
        return BadParameter("min_score must be a number from 0 to 1")
    if "explain" in problem:
        return BadParameter("explain must be true, false or png")
    if "embedding" in problem:
        return BadParameter("embedding must be true, false, base64 or list")
    return BadJson(f"{problem}; {_JSON_FORMS}")


def _too_many(max_images: int) -> TooManyImages:
    return TooManyImages(f"more than {max_images} images; send them in several requests")
