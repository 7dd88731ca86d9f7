"""Mutated pictures through the decoder pool: how each format is answered, and what crashes.

python -m tests.hostile.mutated [--count 200000]

Of the formats whose decoders are the most complex. A crash of a decoder is no failure: it costs
its own picture. An error in this project's code that ends a decoder is one.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from model import available_cpus
from pictures import MAX_PIXELS, DecoderPool, Decoding
from pictures.formats import format_of
from tests.hostile.measure import CROP, outcome
from tests.hostile.mutations import good_pictures, mutated

FORMATS = ("HEIC", "AVIF", "WEBP", "TIFF", "GIF")
_AT_ONCE = 500


@dataclass
class Answers:
    """How pictures were answered."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """As `FORMAT REASON`, where FORMAT is what the picture was before it was mutated."""
    crashes: Counter[str] = field(default_factory=Counter)
    """As `FORMAT SIGNAL`, where FORMAT is what the picture still seems to be."""

    @property
    def failures(self) -> list[str]:
        """Ends of a decoder without a signal: its Python code raised what it never should."""
        return [crash for crash in self.crashes if "exit status" in crash]


class _Crashes(logging.Handler):
    def __init__(self, crashes: Counter[str]) -> None:
        super().__init__(logging.ERROR)
        self._crashes = crashes

    def emit(self, record: logging.LogRecord) -> None:
        found = re.fullmatch(r"a (\w+) image of .*: (.+)", record.getMessage())
        self._crashes[" ".join(found.groups())] += 1


def answers(pool: DecoderPool, count: int) -> Answers:
    """Decode `count` pictures, each format in turn: as different as their numbers."""
    result = Answers()
    handler = _Crashes(result.crashes)
    logger = logging.getLogger("pictures.pool")
    logger.addHandler(handler)  # which keeps them from standard error too
    try:
        pictures = _pictures(count)
        while batch := list(islice(pictures, _AT_ONCE)):
            decodings: list[tuple[str, Future[Decoding]]] = [
                (name, pool.submit(data, CROP)) for name, data in batch
            ]
            for name, decoding in decodings:
                result.outcomes[f"{name} {outcome(decoding.result().picture)}"] += 1
    finally:
        logger.removeHandler(handler)
    return result


def _pictures(count: int) -> Iterator[tuple[str, bytes]]:
    good: dict[str, list[bytes]] = {name: [] for name in FORMATS}
    for data in good_pictures():
        good.setdefault(format_of(data), []).append(data)
    for number in range(count):
        name, random = FORMATS[number % len(FORMATS)], Random(number)
        yield name, mutated(random.choice(good[name]), random)


def main(arguments: Sequence[str] | None = None) -> int:
    """Decode and report; 0 if nothing failed."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz mutated")
    parser.add_argument("--count", type=int, default=200_000)
    options = parser.parse_args(arguments)
    result = answers(DecoderPool(available_cpus(), max_pixels=MAX_PIXELS), options.count)
    for title, counts in (("answers", result.outcomes), ("crashes", result.crashes)):
        sys.stdout.write(f"\n{title}: {sum(counts.values()):,}\n")
        for name, count in sorted(counts.items()):
            sys.stdout.write(f"  {count:8,}  {name}\n")
    sys.stdout.write("\n" + ("\n".join(result.failures) or "Nothing failed.") + "\n")
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main())
