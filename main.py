"""The cloud function `classify`: ImageNet labels for a photo.

functions-framework --target classify
"""

import os
import sys

# On import, NumPy's OpenBLAS starts a thread for each CPU of the machine, and these threads spin
# for a while. Nothing here uses them. In a container with fewer CPUs than its machine, as
# with `docker run --cpus 1`, they make a cold start a fifth longer.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from werkzeug import Request, Response

from pictures import configure_allocator
from service import Service, SettingsError, read_settings

configure_allocator()
try:
    service = Service(read_settings(os.environ))
except SettingsError as error:
    sys.exit(f"classify cannot start: {error}")

if "functions_framework._cli" in sys.modules:  # its command serves with gunicorn, serve.py does not
    from gunicorn.config import ControlSocketDisable

    # The control socket needs a writable home directory, and servers of one user would share it.
    # functions-framework passes no setting of Gunicorn's through, so change the default.
    ControlSocketDisable.default = True
    os.register_at_fork(after_in_child=service.start_worker)

flask = sys.modules.get("flask")  # serve.py starts without it, in three fifths of the time
if flask and flask.has_app_context():
    # functions-framework has no route for a path with a line break, /robots.txt and /favicon.ico.
    # Flask would answer in HTML, and read a body without a deadline.
    flask.current_app.register_error_handler(404, lambda _: service.respond(flask.request))


def classify(request: Request) -> Response:
    """Respond to a request; `service/routes.py` lists the paths."""
    return service.respond(request)
