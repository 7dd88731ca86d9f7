"""The HTTP service: requests in, JSON out.

The data goes one way: `request` -> content -> `dialects` -> images -> `decoding` -> pictures ->
`classification` -> labels -> `dialects` -> `response`.
"""

from service.app import Service
from service.response import Classification
from service.settings import Settings, SettingsError, read_settings

__all__ = ["Classification", "Service", "Settings", "SettingsError", "read_settings"]
