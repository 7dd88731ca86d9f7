"""Serves the APIs over HTTP and points gcloud to them."""

import contextlib
import http.server
import json
import os
import re
import subprocess
import threading
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.deploy.cloud import apis, functions
from tests.deploy.cloud.routing import Refused, Request


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers a request by the route that matches its method and path."""

    protocol_version = "HTTP/1.1"
    cloud = None

    def respond(self):
        """Answer with what the route returns: JSON, or what another server replied."""
        url = urlsplit(self.path)
        api = re.sub(r"^[a-z]+-[a-z]+\d-|\.googleapis\.com$", "", url.netloc)
        path = f"{api}{unquote(url.path)}"
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        try:
            self.cloud.receive(f"{self.command} {path}")
            route, match = find(self.command, path)
            request = Request(self.command, match.groupdict(), query, self.headers, body)
            reply = route(self.cloud, request)
            status, reply = reply if isinstance(reply, tuple) else (200, reply)
        except Refused as refusal:
            status, reply = refusal.status, refusal.reply
        except Exception as error:  # noqa: BLE001 - after a 5xx, gcloud would repeat the request
            status, reply = 400, Refused(400, "INTERNAL", repr(error)).reply
        data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # an interrupted gcloud
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond  # noqa: N815

    def log_message(self, *_):
        """Log nothing."""


def find(method, path):
    """The route of a request and the match of its path."""
    for wanted, pattern, route in apis.ROUTES + functions.ROUTES:
        if wanted in (method, "*") and (match := re.fullmatch(pattern, path)):
            return route, match
    raise Refused(400, "UNIMPLEMENTED", f"the stand-in has no {method} {path}")


@contextlib.contextmanager
def serve(cloud):
    """Serve the cloud at `cloud.proxy`, and end what runs in it."""
    handler = type("CloudHandler", (Handler,), {"cloud": cloud})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        cloud.proxy = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield cloud
        finally:
            cloud.stop()
            server.shutdown()
            thread.join()


def environment(cloud, folder):
    """The variables that send gcloud and curl to the cloud; `folder` is gcloud's configuration.

    The cloud is their HTTP proxy, so that it gets the requests to Google's own host names, to
    which gcloud may add a region.
    """
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("DEPLOY_")
    }
    overrides = {
        f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}": f"http://{api}.googleapis.com/"
        for api in apis.APIS
    }
    return {
        **inherited,
        **overrides,
        "http_proxy": cloud.proxy,
        "CLOUDSDK_CONFIG": str(folder),
        "CLOUDSDK_AUTH_TOKEN_HOST": "http://oauth2.googleapis.com/token",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
    }


def log_in(account, environment):
    """Log gcloud in as a person."""
    _auth(environment, "activate-refresh-token", account, "a-refresh-token")


def log_in_service_account(account, environment, folder):
    """Log gcloud in as a service account, with a new key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "key.json"
    content = {
        "type": "service_account",
        "client_email": account,
        "client_id": "1",
        "private_key": key.decode(),
        "private_key_id": "1",
        "token_uri": environment["CLOUDSDK_AUTH_TOKEN_HOST"],
    }
    file.write_text(json.dumps(content))
    _auth(environment, "activate-service-account", account, f"--key-file={file}")


def _auth(environment, *arguments):
    command = ["gcloud", "auth", *arguments]
    subprocess.run(command, env=environment, check=True, capture_output=True)
