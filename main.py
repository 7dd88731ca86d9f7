"""The cloud function `classify`: what is in a photo.

functions-framework --target classify
"""

import os
import sys

# NumPy's OpenBLAS starts a thread for each CPU of the machine when it is imported, and these spin
# for a while. Nothing here multiplies matrices with it; and where a container has a share of the
# machine, as by `docker run --cpus 1`, they make a cold start a fifth longer.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functions_framework
from flask import Request, Response

from pictures import configure_allocator
from service.app import Service
from service.settings import SettingsError, read_settings

configure_allocator()
try:
    service = Service(read_settings(os.environ))
except SettingsError as error:
    sys.exit(f"classify cannot start: {error}")


@functions_framework.http
def classify(request: Request) -> Response:
    """Answer one request; `service.app` says what each path does."""
    return service.respond(request)
