"""What an exploited decoder could do, as the comment of a JPEG says."""

import os
import signal
import time
from pathlib import Path

import pytest
from PIL import ImageFile, JpegImagePlugin

from pictures.sandbox import CONNECTION, TIME_SIGNALS


def hang():
    while True:
        pass


def allocate():
    held = []
    while True:
        held.append(bytes(10**7))


def crash():
    os.kill(os.getpid(), signal.SIGSEGV)


def open_file():
    os.close(0)
    Path("/etc/passwd").read_bytes()


def connect():
    import socket  # noqa: PLC0415

    socket.socket()


def nap():
    time.sleep(0.5)


def ignore_limits():
    for number in TIME_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    time.sleep(1000)


def answer(data):
    os.write(CONNECTION, data)
    time.sleep(1000)


def answer_and_end(data):
    os.write(CONNECTION, data)
    os._exit(0)


def message(text):
    return len(text).to_bytes(4, "big") + text


_DECODED = message(b'{"type":"Decoded","format":"JPEG","width":1,"height":1}')
_UNKNOWN_ERROR = message(b'{"type":"Refused","error":"SystemExit","message":""}')

FORGERIES = {
    b"no JSON": lambda: answer(message(b"hello")),
    b"other JSON": lambda: answer(message(b"[]")),
    b"4 GB": lambda: answer(b"\xff" * 4),
    b"unknown error": lambda: answer(_UNKNOWN_ERROR),
    b"half an answer": lambda: answer_and_end(_DECODED[:20]),
    b"half a picture": lambda: answer_and_end(_DECODED + b"x"),
}
_MISBEHAVIOURS = FORGERIES | {
    function.__name__.encode(): function
    for function in (hang, allocate, crash, open_file, connect, nap, ignore_limits)
}


def patch_decoder(patch: pytest.MonkeyPatch):
    """Let decoders that are forked from now on misbehave as a comment says; all else is real."""
    load = ImageFile.ImageFile.load

    def patched(image):
        _MISBEHAVIOURS.get(image.info.get("comment"), lambda: None)()
        return load(image)

    patch.setattr(JpegImagePlugin.JpegImageFile, "load", patched)
