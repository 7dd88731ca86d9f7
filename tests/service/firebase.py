"""Google's part of Firebase: a server of public keys, and tokens that they verify."""

import http.server
import json
import threading
import time
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

NUMBER, PROJECT = "123456789012", "my-project"


@cache
def private_key(_key_id):
    """The private key with this ID, made when first needed."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def app_check_claims(**claims):
    now = int(time.time())
    return {
        "iss": f"https://firebaseappcheck.googleapis.com/{NUMBER}",
        "aud": [f"projects/{NUMBER}", f"projects/{PROJECT}"],
        "sub": f"1:{NUMBER}:android:0123456789abcdef",
        "iat": now - 60,
        "exp": now + 3600,
        **claims,
    }


def id_claims(**claims):
    issuer = f"https://securetoken.google.com/{PROJECT}"
    return app_check_claims() | {"iss": issuer, "aud": PROJECT, "sub": "user", **claims}


def sign(claims, *, key=None, key_id="first", algorithm="RS256", **header):
    """A token; a claim of None is left out."""
    claims = {name: value for name, value in claims.items() if value is not None}
    key = private_key(key_id) if key is None else key
    return jwt.encode(claims, key, algorithm, headers={"kid": key_id, **header})


class KeyServer:
    """Publishes the keys of these IDs at `url`, and counts how often they are fetched."""

    def __init__(self, *key_ids):
        self.key_ids = key_ids
        self.reply = None
        """What is sent in their place, if anything."""
        self.delay = 0
        self.fetches = 0
        self._port = 0
        self.start()

    def start(self):
        """Start, or start again at the same address."""
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.fetches += 1
                time.sleep(owner.delay)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(owner.reply or owner.published())

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        self.url = f"http://127.0.0.1:{self._port}/"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def published(self):
        to_jwk = jwt.algorithms.RSAAlgorithm.to_jwk
        keys = [
            {
                **to_jwk(private_key(key_id).public_key(), as_dict=True),
                "kid": key_id,
                "alg": "RS256",
                "use": "sig",
            }
            for key_id in self.key_ids
        ]
        return json.dumps({"keys": keys}).encode()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
