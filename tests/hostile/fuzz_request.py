"""Fuzz whole requests in every dialect, from a Content-Type and a body to the reply.

python -m tests.hostile.fuzz_request
"""

import base64
import contextlib
import io

from tests.hostile.fuzzing import fuzz, instrumented

with instrumented():
    from werkzeug import Request
    from werkzeug.test import EnvironBuilder

    from service.app import Service
    from service.dialects import DIALECTS
    from service.errors import ERRORS
    from service.settings import read_settings

from tests.hostile.formats import jpeg

CODES = {spec.code for spec in ERRORS.values()} | {200}
_FORM = "multipart/form-data; boundary=x"
_PART = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'

PATHS = {dialect.route.path.format(model="resnet50") for dialect in DIALECTS}

service = Service(read_settings({}))


def respond(data: bytes) -> None:
    """Send to every path what stands behind the first line as what that line says it is."""
    content_type, _, body = data.partition(b"\n")
    for path in PATHS:
        environ = EnvironBuilder(path, method="POST", data=body).get_environ()
        environ["CONTENT_TYPE"] = content_type.decode("latin-1")
        with contextlib.redirect_stdout(io.StringIO()):
            response = service.respond(Request(environ))
        if response.status_code not in CODES:
            raise AssertionError(response.get_data(as_text=True))


def seeds() -> list[bytes]:
    """A good request of each form."""
    picture = jpeg()
    encoded = base64.b64encode(picture)
    return [
        b"image/jpeg\n" + picture,
        b'application/json\n{"image": "' + encoded + b'", "top_k": 5, "min_score": 0.5}',
        b'application/json\n{"instances": [{"b64": "' + encoded + b'"}], "parameters": {}}',
        b'application/json\n{"data": {"image": "' + encoded + b'", "top_k": 5}}',
        b'application/json\n{"inputs": "' + encoded + b'", "parameters": {"top_k": 5}}',
        b'application/json\n{"requests": [{"image": {"content": "' + encoded + b'"}, '
        b'"features": [{"type": "LABEL_DETECTION", "maxResults": 5}]}]}',
        _FORM.encode() + b"\n" + _PART + picture + b"\r\n--x--\r\n",
    ]


if __name__ == "__main__":
    fuzz(respond, seeds=seeds())
