"""Fuzz base64 as it stands in JSON: python -m tests.hostile.fuzz_base64"""

import contextlib

from tests.hostile.fuzzing import fuzz, instrumented

with instrumented():
    import msgspec

    from service.encoding import decode_base64
    from service.errors import BadBase64


def decode(data: bytes) -> None:
    with contextlib.suppress(BadBase64):
        decode_base64(msgspec.Raw(msgspec.json.encode(data.decode("latin-1"))), field="image")


if __name__ == "__main__":
    fuzz(decode, seeds=[b"QUJD", b"QU-_", b"data:image/png;base64,QUJDRA==", b"QUJD\r\nQUJD"])
