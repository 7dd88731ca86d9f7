"""A TCP proxy between a client and the function, with a fault for each connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import contextmanager


class Proxy:
    """Handles the first connection with the first fault, and so on; after the last, with none.

    `url` is its address, and `connections` counts those that were made.
    """

    def __init__(self, server, *faults):
        self._port = server.port
        self._faults = iter(faults)
        self.connections = 0
        self.url = ""

    async def __aenter__(self):
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._listener.close()

    async def _serve(self, reader, writer):
        self.connections += 1
        fault = next(self._faults, whole)
        try:
            await fault(Connection(reader, writer, self._port))
        except (OSError, asyncio.CancelledError):  # the client is gone, or the test at its end
            pass
        finally:
            writer.close()


class Connection:
    """A connection of a client, and the function's reply to it."""

    def __init__(self, reader, writer, port):
        self.reader, self.writer, self._port = reader, writer, port

    async def reply(self):
        request = await message(self.reader)
        from_function, to_function = await asyncio.open_connection("127.0.0.1", self._port)
        to_function.write(request)
        reply = await message(from_function)
        to_function.close()
        return reply


async def message(reader):
    """The bytes of an HTTP message that has no body, or states its length."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)


async def whole(connection):
    connection.writer.write(await connection.reply())
    await connection.writer.drain()


def delayed(seconds):
    """Hold the reply back."""

    async def fault(connection):
        reply = await connection.reply()
        await asyncio.sleep(seconds)
        connection.writer.write(reply)

    return fault


async def reset(connection):
    """Reset the connection instead of a reply."""
    await connection.reply()
    linger = struct.pack("ii", 1, 0)
    connection.writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, linger
    )
    connection.writer.transport.abort()


async def cut(connection):
    """Close the connection in the middle of the reply's body."""
    connection.writer.write((await connection.reply())[:-50])


async def in_pieces(connection):
    """Send the reply in 500 pieces."""
    reply = await connection.reply()
    pieces = [reply[len(reply) * n // 500 : len(reply) * (n + 1) // 500] for n in range(500)]
    for piece in pieces:
        connection.writer.write(piece)
        await asyncio.sleep(0)


def replaced(status, body=b"", **headers):
    """Reply like a platform in front of the function."""

    async def fault(connection):
        await connection.reply()
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        head = "\r\n".join([f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}", *lines])
        connection.writer.write(head.encode() + b"\r\n\r\n" + body)

    return fault


@contextmanager
def stalled():
    """The address of a server that accepts connections and reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
