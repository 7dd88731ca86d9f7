"""The production server: preloading, chunked bodies, rejected bodies, keep-alive."""

import http.client
import json
import socket
import urllib.request

import pytest

from tests.service.samples import PNG


@pytest.fixture(scope="module")
def server(start_server):
    return start_server(MAX_BODY_BYTES="1000000")


@pytest.fixture
def connection(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    yield connection
    connection.close()


def post(connection, body, **options):
    headers = {"Content-Type": "image/png", **options.pop("headers", {})}
    connection.request("POST", "/", body, headers, **options)
    response = connection.getresponse()
    return response, json.loads(response.read())


def health(url):
    with urllib.request.urlopen(f"{url}/health", timeout=60) as response:
        return json.load(response)


def test_the_model_is_not_loaded_at_the_start_by_default(start_server):
    assert health(start_server().url)["model_loaded"] is False


def test_preload_loads_the_model_at_the_start(start_server, photos):
    server = start_server(PRELOAD="true")
    assert health(server.url)["model_loaded"] is True
    request = urllib.request.Request(
        server.url, (photos / "chelsea.jpg").read_bytes(), {"Content-Type": "image/jpeg"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert "load" not in response.headers["Server-Timing"]
        assert json.load(response)["labels"][0]["label"] == "Egyptian cat"


def test_a_model_that_cannot_be_preloaded_does_not_stop_the_server(start_server, tmp_path):
    server = start_server(PRELOAD="true", MODEL=str(tmp_path))
    assert health(server.url)["model_loaded"] is False
    line = json.loads(server.log.read_text().splitlines()[0])
    assert line["severity"] == "ERROR"
    assert "cannot be preloaded: the model card model.json" in line["message"]


def test_a_chunked_body_is_read(connection):
    chunks = (PNG[i : i + 10] for i in range(0, len(PNG), 10))
    response, reply = post(connection, chunks, encode_chunked=True)
    assert response.status == 200
    assert reply["image"]["format"] == "PNG"


def test_a_connection_stays_usable_after_a_rejected_body(connection):
    response, reply = post(connection, b"x" * 1_000_001)
    assert (response.status, reply["error"]["reason"]) == (413, "BODY_TOO_LARGE")
    assert post(connection, PNG)[0].status == 200


def test_a_chunked_body_that_is_too_large_is_rejected(connection):
    response, reply = post(connection, (b"x" * 100_000 for _ in range(20)), encode_chunked=True)
    assert (response.status, reply["error"]["reason"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("chunks", [b"zz\r\nabc", b"3\r\nabcX0\r\n\r\n", b"5\r\nab"])
def test_an_invalid_chunked_body_gets_a_response(server, chunks):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
        client.shutdown(socket.SHUT_WR)
        response = b"".join(iter(lambda: client.recv(65536), b""))
    assert response.startswith(b"HTTP/1.1 400")
    assert b"BODY_INCOMPLETE" in response


def test_a_huge_declared_length_is_rejected_at_once(server):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(head + b"Content-Length: 99999999999999999999\r\n\r\nabc")
        response = b""
        while not response.endswith(b"}}"):  # the headers may come before the body
            response += client.recv(65536)
    assert b"BODY_TOO_LARGE" in response


@pytest.mark.parametrize("path", ["/", "/nope"])
def test_an_endless_body_is_cut_off(server, path):
    """The client never stops sending; it gets its response and the connection is closed."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 500 * 2**20:
                client.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
        assert sent < 200 * 2**20
    assert health(server.url)["status"] == "ok"


def test_a_body_cut_short_gets_a_response(server):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 500\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(head + PNG)
        client.shutdown(socket.SHUT_WR)
        response = b"".join(iter(lambda: client.recv(65536), b""))
    assert response.startswith(b"HTTP/1.1 400")
    assert b"BODY_INCOMPLETE" in response


def test_expect_100_continue_is_supported(server):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nExpect: 100-continue\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(head + f"Content-Length: {len(PNG)}\r\nConnection: close\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 100 Continue")
        client.sendall(PNG)
        response = b"".join(iter(lambda: client.recv(65536), b""))
    assert b"200 OK" in response
