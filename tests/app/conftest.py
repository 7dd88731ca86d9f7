"""The function that the app and its client talk to."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def server(start_server):
    """The function with its default settings."""
    return start_server()


@pytest.fixture(scope="session")
def locked_server(start_server):
    """The function with an API key, `let-me-in`."""
    return start_server(API_KEYS="let-me-in")
