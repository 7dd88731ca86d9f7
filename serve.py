"""Serve the function under waitress, as the container and scripts/serve do.

    python serve.py

HOST, PORT and THREADS have the meaning and the defaults that functions-framework gives them.
"""

import os

from main import service  # first, because it prepares the import of NumPy
from service.server import serve

service.start()
serve(
    service,
    host=os.environ.get("HOST", "0.0.0.0"),  # noqa: S104 - as functions-framework
    port=int(os.environ.get("PORT", "8080")),
    threads=int(os.environ.get("THREADS", (os.cpu_count() or 1) * 4)),
)
