"""Fuzz the way from bytes to pixels: python -m tests.hostile.fuzz_picture

In this process, whose coverage guides it, and so without HEIC: its decoder crashes on some files,
which costs no more than a decoder process where there is one. `tests.hostile.mutated` has them.
"""

import contextlib
import resource

from tests.hostile.fuzzing import fuzz, instrumented

with instrumented():
    from pictures import MAX_PIXELS, Crop, ImageError, read_picture

from pictures.formats import format_of
from tests.hostile.mutations import good_pictures

# As a decoder process has one; here the fuzzer takes most.
_MAX_BYTES = 4 * 2**30


def decode(data: bytes) -> None:
    with contextlib.suppress(ImageError, MemoryError):
        read_picture(data, Crop(size=224, shorter_side=256), max_pixels=MAX_PIXELS)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_BYTES, _MAX_BYTES))
    fuzz(decode, seeds=[data for data in good_pictures() if format_of(data) != "HEIC"])
