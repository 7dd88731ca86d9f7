"""Hostile requests, each kind made anew from random numbers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from random import Random

from tests.hostile.formats import jpeg
from tests.hostile.mutations import mutated
from tests.hostile.wire import Sent, Then, head, post

PICTURE = jpeg()
BASE64 = base64.b64encode(PICTURE).decode()

_JSON = "application/json"
_FORM = "multipart/form-data; boundary=x"
_FILE = b'Content-Disposition: form-data; name="a"; filename="a"'
_CHUNKED = "Transfer-Encoding: chunked"


def slow_body(random: Random) -> Sent:
    """A few bytes at a time."""
    at = sorted(random.sample(range(len(PICTURE)), 3))
    pieces = [PICTURE[i:j] for i, j in zip([0, *at], [*at, len(PICTURE)], strict=True)]
    return Sent([head(len(PICTURE)), *pieces], pause=random.random() / 20)


def short_body(random: Random) -> Sent:
    """The declared length never comes."""
    return Sent([head(len(PICTURE) + random.randint(1, 10**9)), PICTURE], Then.END)


def long_body(random: Random) -> Sent:
    """Behind the declared length comes more: another request, smuggled in, or noise."""
    more = random.choice([random.randbytes(100), b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"])
    return Sent([head(len(PICTURE)), PICTURE + more])


def absurd_length(random: Random) -> Sent:
    length = random.choice(["-1", "1e3", "0x10", "99999999999999999999", "5, 6", "", " 7", "+7"])
    line = f"Content-Length: {length}".encode()
    return Sent([head(None).removesuffix(b"\r\n") + line + b"\r\n\r\n" + PICTURE], Then.END)


def many_parts(random: Random) -> Sent:
    kinds = [_FILE, b'Content-Disposition: form-data; name="top_k"', b"X: y"]
    parts = b"".join(
        b"--x\r\n" + random.choice(kinds) + b"\r\n\r\n5\r\n"
        for _ in range(random.randint(20, 3000))
    )
    return post(parts + b"--x--\r\n", _FORM)


def broken_form(random: Random) -> Sent:
    form = b"--x\r\n" + _FILE + b"\r\n\r\n" + PICTURE + b"\r\n--x--\r\n"
    return post(mutated(form, random), _FORM)


def odd_boundary(random: Random) -> Sent:
    boundary = random.choice(["", "=", '"', "é", "x" * 1000, "x; boundary=y", "*0*=x"])
    return post(
        b"--x\r\n" + _FILE + b"\r\n\r\nx\r\n--x--", f"multipart/form-data; boundary={boundary}"
    )


def header_flood(random: Random) -> Sent:
    lines = [
        f"X-{number}: {'x' * random.randint(0, 200)}" for number in range(random.randint(1, 300))
    ]
    return post(PICTURE, "image/jpeg", *lines)


def long_header(random: Random) -> Sent:
    return post(PICTURE, "image/jpeg", "X: " + "x" * random.randint(1, 100_000))


def odd_header(random: Random) -> Sent:
    line = random.choice(
        [
            "X",
            ": y",
            "X Y: z",
            "X: \0",
            "X\0: y",
            " folded",
            "X-API-Key: é",
            "Content-Encoding: gzip",
        ]
    )
    return post(PICTURE, "image/jpeg", line)


def deep_json(random: Random) -> Sent:
    opening = random.choice([b"[", b'{"x":', b'{"instances":[', b'{"image":{"b64":'])
    return post(b'{"image": ' + opening * random.randint(100, 100_000), _JSON)


def invalid_utf8(random: Random) -> Sent:
    bad = random.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\\ud800"])
    name, value = random.choice([(b"image" + bad, b""), (b"image", bad)])
    return post(b'{"' + name + b'": "' + value + b'"}', _JSON)


def duplicate_keys(random: Random) -> Sent:
    values = {"image": f'"{BASE64}"', "top_k": "1", "min_score": "0", "instances": "[]"}
    weights = [10, 10, 10, 1]
    keys = random.choices(list(values), weights, k=random.randint(2, 20))
    return post(("{" + ", ".join(f'"{key}": {values[key]}' for key in keys) + "}").encode(), _JSON)


def broken_json(random: Random) -> Sent:
    good = {"instances": [{"b64": BASE64}] * 2, "parameters": {"top_k": 3, "min_score": 0.1}}
    return post(mutated(json.dumps(good).encode(), random), _JSON)


def odd_number(random: Random) -> Sent:
    number = random.choice(["1e999", "-0", "1" * 5000, "NaN", "0.1e-9999", "18446744073709551616"])
    name = random.choice(["top_k", "min_score"])
    return post(f'{{"image": "{BASE64}", "{name}": {number}}}'.encode(), _JSON)


def two_lengths(random: Random) -> Sent:
    """Which of two lengths a proxy believes decides where the next request begins."""
    line = random.choice([_CHUNKED, f"Content-Length: {random.randint(0, 100)}"])
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(PICTURE), PICTURE)
    return Sent([head(len(chunks), "image/jpeg", line), chunks], Then.END)


def odd_transfer(random: Random) -> Sent:
    line = random.choice(
        [
            " chunked",
            "\tchunked",
            "xchunked",
            "chunked, identity",
            "gzip, chunked",
            "identity, chunked",
        ]
    )
    return Sent(
        [head(None, "image/jpeg", f"Transfer-Encoding:{line}"), b"5\r\nhello\r\n0\r\n\r\n"],
        Then.END,
    )


def broken_chunks(random: Random) -> Sent:
    size = random.choice([b"-5", b"5g", b"fffffffffffffffff", b"5;" + b"x" * 1000, b"", b"0x5"])
    return Sent([head(None, "image/jpeg", _CHUNKED), size + b"\r\nhello\r\n0\r\n\r\n"], Then.END)


def expectation(random: Random) -> Sent:
    expected = random.choice(["100-continue", "100-Continue", "200-ok", "100-continue, x", ""])
    return Sent([head(len(PICTURE), "image/jpeg", f"Expect: {expected}"), PICTURE], pause=0.01)


def vanished(random: Random) -> Sent:
    """The client goes while it sends, while it waits or while it is answered."""
    sent = PICTURE[: random.choice([0, len(PICTURE) // 2, len(PICTURE)])]
    return Sent([head(len(PICTURE)), sent, b""], Then.VANISH, pause=random.random() / 50)


def broken_head(random: Random) -> Sent:
    request = head(len(PICTURE), "image/jpeg")
    return Sent([mutated(request, random), PICTURE], Then.END)


def odd_line(random: Random) -> Sent:
    line = random.choice(
        [
            b"GET / HTTP/9.9",
            b"POST  / HTTP/1.1",
            b"\0 / HTTP/1.1",
            b"PRI * HTTP/2.0",
            b"POST http://x/../../etc/passwd HTTP/1.1",
            b"POST /?" + b"top_k=5&" * 2_000 + b" HTTP/1.1",
            b"POST /%00%ff%0d%0a HTTP/1.1",
            b"CONNECT x:443 HTTP/1.1",
            b"TRACE / HTTP/1.1",
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        ]
    )
    return Sent([line + head(len(PICTURE)).removeprefix(b"POST / HTTP/1.1") + PICTURE], Then.END)


KINDS: dict[str, Callable[[Random], Sent]] = {
    make.__name__.replace("_", " "): make
    for make in (
        slow_body,
        short_body,
        long_body,
        absurd_length,
        many_parts,
        broken_form,
        odd_boundary,
        header_flood,
        long_header,
        odd_header,
        deep_json,
        invalid_utf8,
        duplicate_keys,
        broken_json,
        odd_number,
        two_lengths,
        odd_transfer,
        broken_chunks,
        expectation,
        vanished,
        broken_head,
        odd_line,
    )
}
