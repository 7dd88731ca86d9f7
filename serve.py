"""Serve the function under waitress, as the container and scripts/serve do.

    python serve.py

HOST, PORT and THREADS have the meaning and the defaults that functions-framework gives them.
"""

import os
from importlib import import_module

import functions_framework

# Imports main.py, which must come before NumPy.
app = functions_framework.create_app("classify", "main.py")
import_module("main").service.start()
import_module("service.server").serve(
    app,
    host=os.environ.get("HOST", "0.0.0.0"),  # noqa: S104 - as functions-framework
    port=int(os.environ.get("PORT", "8080")),
    threads=int(os.environ.get("THREADS", (os.cpu_count() or 1) * 4)),
)
