"""The cloud function `classify`: what is in a photo.

functions-framework --target classify
"""

import os
import sys

import functions_framework
from flask import Request, Response

from model import save_memory
from service.app import Service
from service.settings import SettingsError, read_settings

save_memory()
try:
    service = Service(read_settings(os.environ))
except SettingsError as error:
    sys.exit(f"classify cannot start: {error}")


@functions_framework.http
def classify(request: Request) -> Response:
    """Answer one request; `service.app` says what each path does."""
    return service.respond(request)
