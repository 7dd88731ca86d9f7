"""A request to classify: its content as received, and its images and parameters as parsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, TypeVar

import msgspec
from werkzeug import Request

from service.body import Body
from service.encoding import decode_base64
from service.errors import BadParameter, NoImage, RequestError, UnsupportedMediaType
from service.json_body import shape_error
from service.multipart import Form, read_multipart
from service.response import Limits

DEFAULT_TOP_K = 5
DEFAULT_MIN_SCORE = 0.0

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


class Content(NamedTuple):
    """A request as received. Parsing it takes CPU time and memory, so it waits for admission."""

    media_type: str
    query: Mapping[str, str]
    data: bytes
    """The body, unless it is a form."""
    form: Form | None


Image = bytes | RequestError
"""The bytes of an image; an unreadable one is replaced by its error."""


@dataclass(frozen=True)
class ClassifyRequest:
    """A parsed request."""

    images: list[Image]
    """In the order sent."""
    top_k: list[int]
    """The number of labels to return for each image."""
    min_score: float
    batch: bool
    """Whether the reply is a list with one prediction for each image."""
    explain: Explain = False
    embedding: EmbeddingForm = False


def receive_content(request: Request, body: Body, *, max_images: int) -> Content:
    """Read the body of a request. A slow client takes long, so this precedes admission.

    Raises UnsupportedMediaType, BodyTooLarge, BodyIncomplete, BadMultipart or TooManyImages.
    """
    encoding = request.headers.get("Content-Encoding", "").lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMediaType(
            f"Content-Encoding {encoding} is not supported; send the body without it"
        )
    if request.mimetype != "multipart/form-data":
        return Content(request.mimetype, request.args, body.read_all(), None)
    boundary = request.mimetype_params.get("boundary", "")
    parameters = Parameters.__struct_fields__
    form = read_multipart(body, boundary, max_files=max_images, parameters=parameters)
    return Content(request.mimetype, request.args, b"", form)


def is_json(media_type: str) -> bool:
    """Whether the media type is that of JSON: RFC 6839 section 3.1."""
    return media_type == "application/json" or media_type.endswith("+json")


def is_binary(media_type: str) -> bool:
    """Whether the media type is that of an image's bytes."""
    return media_type.startswith("image/") or media_type == "application/octet-stream"


def classify_request(
    images: Sequence[Image],
    parameters: Parameters,
    query: Mapping[str, str],
    limits: Limits,
    *,
    batch: bool = False,
) -> ClassifyRequest:
    """The request with these images. Parameters in the query are defaults of those in the body.

    Raises BadParameter.
    """
    defaults = read_parameters(query)
    for top_k in (defaults.top_k, parameters.top_k):
        if not isinstance(top_k, msgspec.UnsetType) and top_k > limits.max_top_k:
            raise BadParameter(
                f"top_k is {top_k:g}; send at most {limits.max_top_k}, the number of classes"
            )
    top_k = first_set(parameters.top_k, defaults.top_k, min(DEFAULT_TOP_K, limits.max_top_k))
    return ClassifyRequest(
        list(images),
        [int(top_k)] * len(images),
        first_set(parameters.min_score, defaults.min_score, DEFAULT_MIN_SCORE),
        batch,
        first_set(parameters.explain, defaults.explain, default=False),
        first_set(parameters.embedding, defaults.embedding, default=False),
    )


def first_set(body: T | msgspec.UnsetType, query: T | msgspec.UnsetType, default: T) -> T:
    """The value of the body, or else of the query, or else the default."""
    for value in (body, query):
        if not isinstance(value, msgspec.UnsetType):
            return value
    return default


def read_parameters(texts: Mapping[str, str]) -> Parameters:
    """The parameters in the fields of a form or a query. Raises BadParameter."""
    known = {name: _value(texts[name]) for name in Parameters.__struct_fields__ if name in texts}
    try:
        return msgspec.convert(known, Parameters)
    except msgspec.ValidationError as error:
        raise shape_error(str(error), "top_k=5&min_score=0") from error


def _value(text: str) -> object:
    """A number, true or false as JSON has them; other text stays what it is.

    Lower-cased, because clients in Python send True and False.
    """
    try:
        return msgspec.json.decode(text.lower())
    except (msgspec.DecodeError, RecursionError):
        return text


def attempt(read: Callable[..., bytes], *arguments: object) -> Image:
    """The image, or the error that takes its place."""
    try:
        return read(*arguments)
    except RequestError as error:
        return error


def read_base64(encoded: msgspec.Raw | msgspec.UnsetType, field: str) -> bytes:
    """The bytes of an image in JSON. Raises NoImage or BadBase64."""
    if isinstance(encoded, msgspec.UnsetType):
        raise NoImage(f"{field} is missing; set it to the base64 of an image file")
    return read_bytes(decode_base64(encoded, field=field), field)


def read_bytes(data: bytes, where: str) -> bytes:
    """The bytes of an image. Raises NoImage if there are none."""
    if not data:
        raise NoImage(f"{where} is empty; send the bytes of an image file")
    return data
