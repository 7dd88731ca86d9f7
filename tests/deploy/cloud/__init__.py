"""A stand-in of Google Cloud on localhost for the real gcloud: its REST APIs, typed by Google.

The functions that it makes are real: an upload is unpacked and started.
"""

from tests.deploy.cloud.apis import Cloud, exposed, parse, to_json
from tests.deploy.cloud.server import environment, log_in, log_in_service_account, serve

__all__ = [
    "Cloud",
    "environment",
    "exposed",
    "log_in",
    "log_in_service_account",
    "parse",
    "serve",
    "to_json",
]
