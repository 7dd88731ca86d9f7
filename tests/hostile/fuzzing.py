"""What the fuzz targets share: which code tells of its coverage, and where they begin."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import atheris


def instrumented() -> contextlib.AbstractContextManager[None]:
    """Let what is imported in this context tell of its coverage: our code, and Pillow's."""
    return atheris.instrument_imports(include=["model", "pictures", "service", "PIL"])


def fuzz(target: Callable[[bytes], object], *, seeds: Sequence[bytes]) -> None:
    """Call `target` with ever new bytes until it raises, or once with each file named.

    The arguments are libFuzzer's: https://llvm.org/docs/LibFuzzer.html#options
    """
    warnings.simplefilter("ignore")  # decoders warn of what they repair
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        named = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
        atheris.Setup(sys.argv if named else [*sys.argv, corpus], target)
        atheris.Fuzz()
