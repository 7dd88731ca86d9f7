"""The native dialect: one image or several, as JSON, a form or bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

import msgspec

from pictures import is_picture
from service.dialects.dialect import Dialect, Json
from service.errors import BadJson, BadParameter, NoImage, UnsupportedMediaType
from service.json_body import JsonBody
from service.multipart import Form, too_many_images
from service.request import (
    Base64,
    ClassifyRequest,
    Content,
    Parameters,
    attempt,
    classify_request,
    is_binary,
    is_json,
    read_base64,
    read_bytes,
    read_parameters,
)
from service.response import ErrorResponse, Limits, Outcome, status_code
from service.routes import CLASSIFY

JSON_EXAMPLE = (
    '{"image": "<base64>", "top_k": 5, "min_score": 0} '
    'or {"instances": [{"b64": "<base64>"}], "parameters": {"top_k": 5, "min_score": 0}}'
)
# The default Content-Type of curl, of Dart's `http.post`, and of clients that set none.
_UNSPECIFIC = {"", "text/plain", "application/x-www-form-urlencoded"}
# Most fields of an urlencoded body: 10 MiB of short ones took 2.6 s and 380 MB.
_MAX_FIELDS = 32
_JSON_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\{")


class ImageRequest(Parameters, forbid_unknown_fields=True, frozen=True):
    """A request with one image."""

    image: Base64 | msgspec.UnsetType = msgspec.UNSET


class Instance(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One of several images."""

    b64: Base64 | msgspec.UnsetType = msgspec.UNSET


class InstancesRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A request with several images."""

    instances: list[Instance]
    parameters: Parameters | msgspec.UnsetType = msgspec.UNSET


class Native(Dialect):
    """The API that `GET /openapi.json` describes first."""

    name = "native"
    route = CLASSIFY

    def parse(self, content: Content, limits: Limits) -> ClassifyRequest:
        if content.form is not None:
            return _parse_form(content.form, content.query, limits)
        if is_json(content.media_type):
            return parse_json(content.data, content.query, limits)
        if is_binary(content.media_type):
            return _parse_bytes(content.data, content.query, limits)
        if content.media_type in _UNSPECIFIC:
            return _parse_unspecific(content, limits)
        raise _unsupported(content.media_type)

    def reply(self, outcome: Outcome) -> Json:
        return outcome

    def error(self, error: ErrorResponse) -> Json:
        return error

    def status(self, outcome: Outcome) -> int:
        return status_code(outcome)


def parse_json(data: bytes, query: Mapping[str, str], limits: Limits) -> ClassifyRequest:
    """Parse a JSON object with `image` or `instances`. Raises RequestError."""
    body = JsonBody(data, max_images=limits.max_images, example=JSON_EXAMPLE)
    # A first pass over the names, which skips the values, distinguishes the two forms.
    names = body.decode(dict[str, msgspec.Raw])
    if names.keys() >= {"image", "instances"}:
        raise BadJson("send either image or instances, not both")
    if "instances" in names:
        several = body.decode(InstancesRequest)
        encoded = [instance.b64 for instance in several.instances]
        return parse_images(encoded, several.parameters or Parameters(), query, limits)
    single = body.decode(ImageRequest)
    return classify_request([attempt(read_base64, single.image, "image")], single, query, limits)


def parse_images(
    encoded: Sequence[msgspec.Raw | msgspec.UnsetType],
    parameters: Parameters,
    query: Mapping[str, str],
    limits: Limits,
) -> ClassifyRequest:
    """The request with these images in base64. Raises NoImage, TooManyImages or BadParameter."""
    if not encoded:
        raise NoImage("instances is empty; send one object with b64 for each image")
    if len(encoded) > limits.max_images:
        raise too_many_images(limits.max_images)
    images = [
        attempt(read_base64, image, f"instances[{number}].b64")
        for number, image in enumerate(encoded)
    ]
    return classify_request(images, parameters, query, limits, batch=True)


def _parse_form(form: Form, query: Mapping[str, str], limits: Limits) -> ClassifyRequest:
    """Without a file, the text field `image` counts, as base64."""
    parameters = read_parameters(form.texts)
    if not form.files and "image" in form.texts:
        return _parse_text(form.texts["image"], parameters, query, limits)
    if not form.files:
        raise NoImage(
            "the form has no file in it; send each image as a file part (one with a filename)"
        )
    images = [
        attempt(read_bytes, data, f"file part {number}")
        for number, data in enumerate(form.files, start=1)
    ]
    return classify_request(images, parameters, query, limits, batch=len(images) > 1)


def _parse_text(
    text: str, parameters: Parameters, query: Mapping[str, str], limits: Limits
) -> ClassifyRequest:
    image = attempt(read_base64, msgspec.Raw(msgspec.json.encode(text)), "image")
    return classify_request([image], parameters, query, limits)


def _parse_bytes(data: bytes, query: Mapping[str, str], limits: Limits) -> ClassifyRequest:
    return classify_request([attempt(read_bytes, data, "the body")], Parameters(), query, limits)


def _parse_unspecific(content: Content, limits: Limits) -> ClassifyRequest:
    """Parse a body whose Content-Type says nothing: JSON, a picture, or `image=<base64>`."""
    data, query = content.data, content.query
    if _JSON_OBJECT.match(data):
        return parse_json(data, query, limits)
    if not data or is_picture(data):
        return _parse_bytes(data, query, limits)
    if content.media_type == "application/x-www-form-urlencoded" and data.isascii():
        fields = _url_encoded(data.decode())
        if "image" in fields:
            # A plus that is not percent-encoded stands for a space; base64 has no spaces.
            image = fields["image"].replace(" ", "+")
            return _parse_text(image, read_parameters(fields), query, limits)
    raise _unsupported(content.media_type)


def _url_encoded(text: str) -> dict[str, str]:
    """The fields of a body. Raises BadParameter if there are too many."""
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError as error:
        raise BadParameter(
            f"the body has over {_MAX_FIELDS} fields; send image, and parameters such as top_k"
        ) from error


def _unsupported(media_type: str) -> UnsupportedMediaType:
    return UnsupportedMediaType(
        f"Content-Type is {media_type or 'missing'}; send application/json, "
        "multipart/form-data, image/* or application/octet-stream"
    )
