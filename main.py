"""The cloud function `classify`: what is in a photo.

functions-framework --target classify
"""

import gc
import os
import sys

import functions_framework
from flask import Request, Response

from model import limit_malloc
from service.app import Service
from service.settings import SettingsError, read_settings

limit_malloc()
# The server forks a worker, and they share what was imported until one of them writes to it. So
# its collector of garbage would, for it marks all that it looks at.
os.register_at_fork(before=gc.freeze)
try:
    service = Service(read_settings(os.environ))
except SettingsError as error:
    sys.exit(f"classify cannot start: {error}")


@functions_framework.http
def classify(request: Request) -> Response:
    """Answer one request; `service.app` says what each path does."""
    return service.respond(request)
