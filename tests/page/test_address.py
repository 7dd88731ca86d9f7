"""The page at another address than the top of a host."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect


class FrontEnd(BaseHTTPRequestHandler):
    """Puts a function below its name, as Google's does; the function never sees the name."""

    port: int

    def do_GET(self):
        path = self.path.removeprefix("/classify") or "/"
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        function = http.client.HTTPConnection("127.0.0.1", self.port)
        function.request(self.command, path, body, dict(self.headers))
        reply = function.getresponse()
        self.send_response_only(reply.status)
        for name, value in reply.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.read())
        function.close()

    do_POST = do_GET  # noqa: N815 - named by http.server

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def public_url(server):
    handler = type("Handler", (FrontEnd,), {"port": server.port})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as front_end:
        threading.Thread(target=front_end.serve_forever).start()
        yield f"http://127.0.0.1:{front_end.server_port}/classify"
        front_end.shutdown()


@pytest.fixture(params=["", "/"])
def tab(request, open_tab, public_url):
    return open_tab(public_url + request.param)


def test_photos_are_classified(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")


def test_the_model_is_told(tab):
    expect(tab.page.get_by_text("Non-commercial use only")).to_be_visible()


def test_the_links_and_examples_name_it(tab, public_url):
    expect(tab.page.locator("#snippet")).to_contain_text(tab.page.url)
    expect(tab.page.locator("#openapi")).to_have_attribute("href", f"{public_url}/openapi.json")
