"""How a picture is answered, and what it costs the decoder process that decodes it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pictures import Crop, DecoderPool, ImageError
from service.errors import ERRORS
from tests.hostile.cases import CLASSIFIED
from tests.hostile.formats import jpeg

CROP = Crop(size=224, shorter_side=256)
_EVERY_SECONDS = 0.005


class Cost(NamedTuple):
    """How a picture was answered, and what that took beyond what a small one takes."""

    outcome: str
    seconds: float
    megabytes: float


def outcome_of(pool: DecoderPool, data: bytes) -> str:
    """CLASSIFIED, or the reason why not, of a picture in a decoder process."""
    return outcome(pool.submit(data, CROP).result().picture)


def cost_of(pool: DecoderPool, data: bytes) -> Cost:
    """The cost of a picture in a pool of one decoder."""
    outcome_of(pool, jpeg())
    while len(decoders := children(pool._fork_server.process)) > 1:
        time.sleep(_EVERY_SECONDS)  # one ends because of the picture before
    (decoder,) = decoders
    # proc(5): the peak is counted from here on.
    Path(f"/proc/{decoder}/clear_refs").write_text("5")
    before = peak = _peak_megabytes(decoder)
    decoding = pool.submit(data, CROP)
    while not decoding.done():
        time.sleep(_EVERY_SECONDS)
        with suppress(OSError, KeyError):  # the picture has ended its decoder
            peak = _peak_megabytes(decoder)
    picture, seconds = decoding.result()
    return Cost(outcome(picture), seconds, peak - before)


def outcome(picture: object) -> str:
    """CLASSIFIED, or the reason why not."""
    return ERRORS[type(picture)].reason if isinstance(picture, ImageError) else CLASSIFIED


def megabytes_of(process: int) -> float:
    """The memory of a process and its descendants; what several share counts once: proc(5)."""
    return sum(map(_proportional_megabytes, (process, *descendants(process))))


def descendants(process: int) -> Iterator[int]:
    """All processes that a process has started, and that these have started."""
    for child in children(process):
        yield child
        yield from descendants(child)


def children(process: int) -> set[int]:
    """The processes that any thread of a process has started: proc(5)."""
    found: set[int] = set()
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            found.update(map(int, path.read_text().split()))
    return found


def _proportional_megabytes(process: int) -> float:
    with suppress(OSError, KeyError):  # it ends
        return _megabytes(Path(f"/proc/{process}/smaps_rollup"), "Pss")
    return 0.0


def _peak_megabytes(process: int) -> float:
    return _megabytes(Path(f"/proc/{process}/status"), "VmHWM")


def _megabytes(path: Path, name: str) -> float:
    fields = dict(line.split(":", maxsplit=1) for line in path.read_text().splitlines()[1:])
    return int(fields[name].split()[0]) / 1024
