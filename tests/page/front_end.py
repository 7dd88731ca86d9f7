"""A reverse proxy between the browser and the function, such as Google's front end."""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FrontEnd(BaseHTTPRequestHandler):
    """Serves the function below /classify; the function does not see that prefix."""

    port: int

    def do_GET(self):
        path = "/" + self.path.removeprefix("/classify").removeprefix("/")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        function = http.client.HTTPConnection("127.0.0.1", self.port)
        function.request(self.command, path, body, dict(self.headers))
        response = function.getresponse()
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.read())
        function.close()

    do_POST = do_GET  # noqa: N815 - named by http.server

    def log_message(self, *_):
        """Log nothing."""


@contextmanager
def front_end(handler, server):
    """The URL of a front end of `server`, which handles requests with a subclass of FrontEnd."""
    handler = type("Handler", (handler,), {"port": server.port})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as proxy:
        threading.Thread(target=proxy.serve_forever).start()
        yield f"http://127.0.0.1:{proxy.server_port}/classify"
        proxy.shutdown()
