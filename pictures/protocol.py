"""The messages between a server and its decoder processes, over a stream socket.

A message is the length of its JSON (4 bytes, big-endian), the JSON, and the bytes that the JSON
announces: in a request the file of a picture, in a reply the pixels. Nothing is pickled, so a
compromised decoder can send wrong pixels, but cannot run code in the server.
"""

from __future__ import annotations

import socket
from typing import TypeVar

import msgspec

from pictures.resize import Crop

_LENGTH_BYTES = 4
# A compromised decoder must not exhaust the server's memory.
_MAX_BYTES = 2**16

T = TypeVar("T")


class ProtocolError(Exception):
    """The bytes received are not a valid message."""


class Request(msgspec.Struct, frozen=True):
    """Decode the picture that follows."""

    size: int
    """Bytes of the file."""
    crop: Crop


class Decoded(msgspec.Struct, frozen=True, tag=True):
    """The pixels follow, uint8 [crop.height, crop.width, 3]; width and height are upright."""

    format: str
    width: int
    height: int


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The picture cannot be decoded; `error` is the name of an ImageError's class."""

    error: str
    message: str


REQUESTS: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
REPLIES: msgspec.json.Decoder[Decoded | Refused] = msgspec.json.Decoder(Decoded | Refused)


def send(connection: socket.socket, message: msgspec.Struct, payload: bytes = b"") -> None:
    """Send a message and the bytes that it announces. Raises OSError if the other end is closed."""
    encoded = msgspec.json.encode(message)
    header = len(encoded).to_bytes(_LENGTH_BYTES, "big") + encoded
    # One call for both, because each may wait for the interpreter lock and wake the other end.
    sent = connection.sendmsg((header, payload))
    if sent < len(header) + len(payload):
        connection.sendall((header + payload)[sent:])


def receive(connection: socket.socket, messages: msgspec.json.Decoder[T]) -> T:
    """Wait for a message. Raises EOFError if the other end is closed, or ProtocolError."""
    length = int.from_bytes(receive_bytes(connection, _LENGTH_BYTES), "big")
    if length > _MAX_BYTES:
        raise ProtocolError(f"the message has {length} bytes; at most {_MAX_BYTES} are accepted")
    try:
        return messages.decode(receive_bytes(connection, length))
    except msgspec.DecodeError as error:
        raise ProtocolError(str(error)) from error


def receive_bytes(connection: socket.socket, size: int) -> bytes:
    """Wait for exactly `size` bytes. Raises EOFError if the other end is closed before that."""
    data = b""
    while len(data) < size:  # a signal, such as SIGCONT, ends the wait early
        more = connection.recv(size - len(data), socket.MSG_WAITALL)
        if not more:
            raise EOFError
        data += more
    return data
