"""Whatever is sent, our parsers answer with what they document, and raise nothing else."""

import base64
import io
import json
import os
import re
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from model import CARD_FILE, ModelCard, ModelUnavailable, read_card
from model.labels import read_labels
from pictures import MAX_PIXELS, DecoderPool
from service.app import Service
from service.body import Body
from service.dialects import DIALECTS
from service.encoding import decode_base64
from service.errors import BadBase64, RequestError
from service.request import receive_content
from service.response import Limits
from service.settings import Settings, SettingsError, read_settings
from tests.hostile.cases import CLASSIFIED, REFUSED
from tests.hostile.measure import outcome_of
from tests.hostile.mutations import good_pictures, mutated

# Each run tries the same examples: a failure is not to depend on whose turn it was. More of
# them by script: EXAMPLES=10000 scripts/test tests/hostile/test_properties.py
THOROUGHLY = settings(
    deadline=None, derandomize=True, max_examples=int(os.environ.get("EXAMPLES", "50"))
)

TEXT = st.text(max_size=100)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)
PARAMETERS = ["top_k", "min_score", "explain", "embedding"]
# Nearly what the contract asks for: right names with any values reach further than noise.
NAMES = [
    "image", "instances", "parameters", "top_k", "min_score", "b64", "data", "@type", "value",
    "inputs", "requests", "features", "content", "type", "maxResults", "source", "signature_name",
]  # fmt: skip
REQUEST = st.dictionaries(
    st.sampled_from(NAMES) | TEXT,
    JSON | st.lists(st.dictionaries(st.sampled_from(NAMES), JSON), max_size=3),
)
NEARLY_BASE64 = st.text("ABCabc019+/-_= \r\ndata:;base64,é", max_size=60)


# Base64


@given(st.binary(max_size=300), st.booleans(), st.booleans(), st.integers(1, 80), st.booleans())
@THOROUGHLY
def test_base64_in_every_spelling_is_what_was_encoded(data, url_safe, padded, line, data_url):
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    text = encode(data).decode()
    text = text if padded else text.rstrip("=")
    text = "\r\n".join(text[at : at + line] for at in range(0, len(text), line))
    text = f"data:image/png;base64,{text}" if data_url else text
    assert decode_base64(raw(text), field="image") == data


@given(JSON | NEARLY_BASE64)
@THOROUGHLY
def test_base64_is_decoded_or_refused(value):
    """What is decoded is what was written: its standard spelling encodes it again."""
    read = attempt(lambda: decode_base64(raw(value), field="image"), BadBase64)
    if isinstance(read, BadBase64):
        assert "image" in str(read)
    elif isinstance(value, list):
        assert list(read) == value
    else:
        payload = re.sub(r"^data:[^,]*,", "", value, flags=re.IGNORECASE)
        kept = re.sub(r"[=\s]", "", payload).replace("-", "+").replace("_", "/")
        # The last character may carry bits that no byte has room for.
        assert base64.b64encode(read).decode().rstrip("=")[:-1] == kept[:-1]


def raw(value):
    return msgspec.Raw(msgspec.json.encode(value))


def attempt(read, refusal):
    """What was read, or the documented refusal; whatever else is raised fails the test."""
    try:
        return read()
    except refusal as error:
        return error


# Requests


@given(JSON | REQUEST)
@THOROUGHLY
def test_any_json_is_read_or_refused(value):
    check_request(json.dumps(value).encode(), "application/json")


@given(st.binary(max_size=300))
@THOROUGHLY
def test_any_bytes_as_json_are_refused(data):
    check_request(data, "application/json")


@given(st.binary(max_size=300), st.text(st.characters(max_codepoint=255), max_size=40))
@THOROUGHLY
def test_any_body_of_any_type_is_read_or_refused(data, content_type):
    assume("\n" not in content_type)
    assume("\r" not in content_type)
    check_request(data, content_type)


PART = st.tuples(
    st.sampled_from(
        [
            b'Content-Disposition: form-data; name="file"; filename="a"',
            b'Content-Disposition: form-data; name="top_k"',
            b"Content-Disposition: form-data; name=min_score",
            b"Content-Disposition: form-data; filename*=utf-8''%ff",
            b"Content-Type: text/plain; charset=utf-7",
            b"Content-Transfer-Encoding: base64",
        ]
    )
    | st.binary(max_size=40),
    st.binary(max_size=40) | st.sampled_from([b"5", b"0.5", b"--x", b"\r\n--x", b"NaN"]),
)


@given(st.lists(PART, max_size=20), st.sampled_from([b"--x--\r\n", b"--x", b""]))
@THOROUGHLY
def test_any_form_is_read_or_refused(parts, end):
    form = b"".join(b"--x\r\n" + head + b"\r\n\r\n" + body + b"\r\n" for head, body in parts)
    check_request(form + end, "multipart/form-data; boundary=x")


@given(st.dictionaries(st.sampled_from(PARAMETERS), TEXT | st.integers() | st.floats()))
@THOROUGHLY
def test_any_query_is_read_or_refused(query):
    check_request(b"x", "image/png", query)


LIMITS = Limits(max_body_bytes=10**6, max_pixels=10**6, max_images=4, max_top_k=1000)


def check_request(data, content_type, query=None):
    """Each dialect rejects the request with a message, or finds all that a classification needs."""
    builder = EnvironBuilder(
        method="POST", data=data, content_type=content_type, query_string=query
    )
    request = Request(builder.get_environ())
    body = Body(request, limit=10**6)

    content = attempt(lambda: receive_content(request, body, max_images=4), RequestError)
    if isinstance(content, RequestError):
        assert str(content)
        return
    for dialect in DIALECTS:
        read = attempt(lambda: dialect.parse(content, LIMITS), RequestError)  # noqa: B023
        if isinstance(read, RequestError):
            assert str(read)
        else:
            assert 1 <= len(read.images) == len(read.top_k) <= 4
            assert all(isinstance(top_k, int) and 0 <= top_k <= 1000 for top_k in read.top_k)
            assert 0 <= read.min_score <= 1


# Settings


@given(st.dictionaries(st.sampled_from([n.upper() for n in Settings.__struct_fields__]), TEXT))
@THOROUGHLY
def test_any_settings_are_read_or_the_one_at_fault_is_named(environment):
    read = attempt(lambda: read_settings(environment), SettingsError)
    if isinstance(read, SettingsError):
        assert any(name in str(read) for name in environment)
    else:
        assert min(read.num_threads, read.max_pixels, read.max_images, read.max_waiting) >= 1


# Pictures


@pytest.fixture(scope="module")
def pool():
    return DecoderPool(1, max_pixels=MAX_PIXELS)


@given(data=st.sampled_from(good_pictures()), random=st.randoms(use_true_random=False))
@THOROUGHLY
def test_a_mutated_picture_is_classified_or_refused(pool, data, random):
    assert outcome_of(pool, mutated(data, random)) in {CLASSIFIED, *REFUSED}


@pytest.mark.parametrize("number", range(len(good_pictures())))
def test_what_is_mutated_was_good(pool, number):
    assert outcome_of(pool, good_pictures()[number]) == CLASSIFIED


# Card and labels


@pytest.fixture(scope="module")
def card(photos):
    return (photos / "tiny" / CARD_FILE).read_bytes()


@given(JSON | st.dictionaries(st.sampled_from(ModelCard.__struct_fields__), JSON))
@THOROUGHLY
def test_any_card_is_read_or_refused(value):
    check_card(json.dumps(value).encode())


@given(random=st.randoms(use_true_random=False))
@THOROUGHLY
def test_a_mutated_card_is_read_or_refused(card, random):
    check_card(mutated(card, random))


def check_card(data):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / CARD_FILE).write_bytes(data)
        read = attempt(lambda: read_card(Path(folder)), ModelUnavailable)
    if isinstance(read, ModelUnavailable):
        assert CARD_FILE in str(read)
    else:
        assert isinstance(read, ModelCard)


@given(st.binary(max_size=60) | st.just(b"index\twnid\tlabel\n0\tn1\tcat\n1\tn2\tdog\n"), st.data())
@THOROUGHLY
def test_any_labels_are_as_many_as_there_are_classes_or_refused(data, draw):
    changed = mutated(data, draw.draw(st.randoms(use_true_random=False)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.tsv"
        path.write_bytes(changed)
        read = attempt(lambda: read_labels(path, classes=2), ModelUnavailable)
    if isinstance(read, ModelUnavailable):
        assert "labels" in str(read)
    else:
        assert [label.index for label in read] == [0, 1]


# Logs

HEADER = st.text(st.characters(max_codepoint=255), max_size=80)


@pytest.fixture(scope="module")
def service():
    return Service(read_settings({}))


@given(
    name=st.sampled_from(["HTTP_TRACEPARENT", "HTTP_X_CLOUD_TRACE_CONTEXT"]),
    value=HEADER | st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", fullmatch=True),
    path=HEADER,
)
@THOROUGHLY
def test_any_trace_and_path_are_one_line_of_json(service, name, value, path):
    environ = EnvironBuilder().get_environ() | {name: value, "PATH_INFO": f"/{path}"}
    with redirect_stdout(io.StringIO()) as output:
        service.respond(Request(environ))
    (line,) = output.getvalue().removesuffix("\n").split("\n")
    trace = json.loads(line).get("logging.googleapis.com/trace", "0" * 32)
    assert re.fullmatch("[0-9a-fA-F]{32}", trace)
