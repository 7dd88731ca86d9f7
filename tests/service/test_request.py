"""The forms of a native request, and the variants of multipart clients."""

import base64
import codecs
import json
from urllib.parse import quote

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from service.body import Body
from service.dialects import NATIVE
from service.errors import BadBase64, NoImage
from service.request import receive_content
from service.response import Limits
from tests.service.samples import BASE64, PNG


def parse(max_top_k=1000, **sent):
    request = Request(EnvironBuilder(method="POST", **sent).get_environ())
    content = receive_content(request, Body(request, limit=10**7), max_images=16)
    return NATIVE.parse(content, Limits(10**6, 10**6, 16, max_top_k))


def multipart(*parts):
    """A form of parts as (headers, content), with the header lines of real clients."""
    blocks = [b"--x\r\n" + headers.encode() + b"\r\n\r\n" + data for headers, data in parts]
    data = b"\r\n".join([*blocks, b"--x--\r\n"])
    return parse(data=data, content_type="multipart/form-data; boundary=x")


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"image": BASE64}},
        {"data": PNG, "content_type": "image/png"},
        {"data": PNG, "content_type": "application/octet-stream"},
    ],
)
def test_one_image_has_five_labels_by_default(sent):
    read = parse(**sent)
    assert (read.images, read.batch, read.top_k, read.min_score) == ([PNG], False, [5], 0)


def test_a_single_instance_is_a_batch():
    read = parse(json={"instances": [{"b64": BASE64}], "parameters": {"top_k": 2}})
    assert (read.images, read.batch, read.top_k) == ([PNG], True, [2])


@pytest.mark.parametrize(
    "headers",
    [
        'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg',
        'Content-Disposition: form-data; name=""; filename="ü ä.heic"',
        "Content-Disposition: form-data; name=photo; filename*=utf-8''%e2%82%ac.png",
        'content-disposition: form-data; name="x"; filename=""\r\nContent-Type: text/plain',
        'Content-Disposition: form-data; name="x"; filename="a"\r\nContent-Length: 9999999',
    ],
)
def test_any_file_part_is_an_image(headers):
    read = multipart((headers, PNG))
    assert (read.images, read.batch) == ([PNG], False)


def test_several_files_are_a_batch_in_the_order_sent():
    file = 'Content-Disposition: form-data; name="{}"; filename="a"'
    read = multipart((file.format("b"), PNG), (file.format("a"), b"2"), (file.format("b"), b"3"))
    assert (read.images, read.batch) == ([PNG, b"2", b"3"], True)


def test_parameters_may_come_before_or_after_the_files():
    file = ('Content-Disposition: form-data; name="a"; filename="a"', PNG)
    top_k = ('Content-Disposition: form-data; name="top_k"', b"3")
    min_score = ('Content-Disposition: form-data; name="min_score"', b"0.25")
    for parts in ((top_k, file, min_score), (file, min_score, top_k)):
        read = multipart(*parts)
        assert (read.top_k, read.min_score) == ([3], 0.25)


def test_an_empty_file_input_is_ignored():
    chosen = 'Content-Disposition: form-data; name="a"; filename="a.jpg"'
    empty = 'Content-Disposition: form-data; name="b"; filename=""'
    read = multipart((chosen, PNG), (empty, b""))
    assert (read.images, read.batch) == ([PNG], False)
    with pytest.raises(NoImage, match="no file in it"):
        multipart((empty, b""))


def test_a_byte_order_mark_is_ignored():
    data = codecs.BOM_UTF8 + json.dumps({"image": BASE64}).encode()
    assert parse(data=data, content_type="application/json").images == [PNG]


@pytest.mark.parametrize("encoding", ["identity", "Identity", ""])
def test_an_identity_encoding_is_accepted(encoding):
    headers = {"Content-Encoding": encoding}
    assert parse(data=PNG, content_type="image/png", headers=headers).images == [PNG]


def test_bytes_that_look_like_a_boundary_stay_in_the_image():
    tricky = b"\r\n--y\r\n\r\n-x--\r\n--" + PNG
    file = ('Content-Disposition: form-data; name="a"; filename="a"', tricky)
    assert multipart(file).images == [tricky]


def test_an_unreadable_image_of_a_batch_is_replaced_by_its_error():
    read = parse(json={"instances": [{"b64": "?"}, {"b64": BASE64}, {"b64": ""}, {}]})
    assert [type(image) for image in read.images] == [BadBase64, bytes, NoImage, NoImage]


def test_the_default_top_k_is_at_most_the_number_of_classes():
    assert parse(json={"image": BASE64}, max_top_k=3).top_k == [3]


JSON = json.dumps({"image": BASE64, "top_k": 3}).encode()


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("data", [PNG, JSON, b"\r\n " + JSON, codecs.BOM_UTF8 + JSON])
def test_json_or_a_picture_under_a_default_content_type_is_accepted(content_type, data):
    read = parse(data=data, content_type=content_type)
    assert (read.images, read.top_k) == ([PNG], [5 if data == PNG else 3])


@pytest.mark.parametrize("encode", [str, quote], ids=["plain", "percent-encoded"])
def test_an_urlencoded_image_is_accepted(encode):
    data = b"\xfb\xff" + PNG
    text = base64.b64encode(data).decode()
    assert "+" in text
    sent = f"userId=7&image={encode(text)}&top_k=3"
    read = parse(data=sent, content_type="application/x-www-form-urlencoded")
    assert (read.images, read.top_k) == ([data], [3])


def test_a_list_of_byte_values_is_an_image():
    data = PNG * 1000
    assert parse(json={"image": list(data)}).images == [data]
    assert parse(json={"instances": [{"b64": list(data)}]}).images == [data]
    for value in ([1, 256], [1, -1], [1, "2"], [1.5], [[1]], [None]):
        (error,) = parse(json={"image": value}).images
        assert "byte values (0 to 255)" in str(error)


FILE = 'Content-Disposition: form-data; name="image"; filename="a.jpg"'
TEXT = 'Content-Disposition: form-data; name="{}"'


def test_text_fields_that_the_api_does_not_define_are_ignored():
    long = b"[137, 80, 78]" * 100_000
    for name in ("userId", "image", "topk"):
        for parts in (
            [(TEXT.format(name), long), (FILE, PNG)],
            [(FILE, PNG), (TEXT.format(name), long)],
        ):
            read = multipart(*parts)
            assert (read.images, read.top_k) == ([PNG], [5])


def test_base64_in_a_text_field_is_an_image_if_there_is_no_file():
    assert multipart((TEXT.format("image"), BASE64.encode())).images == [PNG]


def test_a_part_without_a_filename_is_a_file_by_its_content_type():
    """Dart's MultipartFile.fromBytes sends no filename unless it is given one."""
    dart = 'content-type: application/octet-stream\r\ncontent-disposition: form-data; name="a"'
    assert multipart((dart, PNG)).images == [PNG]
    for media_type in ("text/plain; charset=utf-8", "application/json"):
        text = f"content-type: {media_type}\r\n" + TEXT.format("top_k")
        assert multipart((FILE, PNG), (text, b"3")).top_k == [3]
    file = 'Content-Disposition: form-data; name="top_k"; filename="top_k"'
    assert multipart((FILE, PNG), (file, b"3")).top_k == [3]
