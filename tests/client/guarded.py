"""Serve the function, with the key server at $KEY_SERVER in place of Google's.

python -m tests.client.guarded
"""

import os
import sys

from service import Service, read_settings
from service.access import KeyServers
from service.server import serve

COMMAND = [sys.executable, "-m", "tests.client.guarded"]

if __name__ == "__main__":
    url = os.environ["KEY_SERVER"]
    service = Service(read_settings(os.environ), KeyServers(app_check=url, id_tokens=url))
    service.start()
    serve(service, host=os.environ["HOST"], port=int(os.environ["PORT"]), threads=4)
