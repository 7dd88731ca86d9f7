"""Name what is in photos: python -m model photo.jpg more/*.jpg"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from model import (
    RESNET50,
    Classifier,
    ModelUnavailable,
    ScoredLabel,
    available_cpus,
    top_labels,
)
from pictures import DecoderPool, ImageError

MAX_PIXELS = 200_000_000  # on one's own machine: room for any camera, still no bomb
BAR_WIDTH = 30


class Result(msgspec.Struct, omit_defaults=True):
    """What one file shows, or why that cannot be told."""

    file: str
    labels: list[ScoredLabel] = []
    format: str = ""
    width: int = 0
    height: int = 0
    error: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Classify the files named; 0 if all could be, 1 if some could not, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    decoders = DecoderPool(1, max_pixels=MAX_PIXELS)
    classifier = Classifier(options.model, num_threads=available_cpus())
    errors = 0
    try:
        for photo in options.photos:
            result = _classify(photo, decoders, classifier, options)
            errors += bool(result.error)
            if options.json:
                sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
                sys.stdout.buffer.flush()
            elif result.error:
                print(f"{result.file}: {result.error}\n", file=sys.stderr)
            else:
                print(_table(result), flush=True)
    except ModelUnavailable as error:
        print(f"{options.model}: {error}", file=sys.stderr)
        return 1
    return 1 if errors else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model",
        description="Name what is in photos, by a quantized ResNet-50 on this machine.",
        epilog="Exit status: 0 all classified, 1 some were not, 2 wrong usage.",
    )
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="an image file")
    parser.add_argument(
        "--top-k", type=_whole, default=5, metavar="N", help="labels a photo (default: 5)"
    )
    parser.add_argument(
        "--min-score",
        type=_probability,
        default=0.0,
        metavar="P",
        help="leave out labels less likely than this, 0 to 1 (default: 0)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument(
        "--model",
        type=Path,
        default=RESNET50,
        metavar="DIR",
        help="folder of another model (default: the ResNet-50 that ships)",
    )
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def _probability(text: str) -> float:
    try:
        if 0 <= float(text) <= 1:
            return float(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")


def _classify(
    photo: Path, decoders: DecoderPool, classifier: Classifier, options: argparse.Namespace
) -> Result:
    """The result of one photo. Raises ModelUnavailable."""
    file = os.fsencode(photo).decode(errors="backslashreplace")  # a file name may be any bytes
    try:
        picture, _ = decoders.submit(photo.read_bytes(), classifier.card.input).result()
    except OSError as error:
        return Result(file, error=error.strerror or str(error))
    if isinstance(picture, ImageError):
        return Result(file, error=str(picture))
    scores = classifier.scores(picture.pixels)
    labels = top_labels(scores, classifier.labels, top_k=options.top_k, min_score=options.min_score)
    return Result(file, labels, picture.format, picture.width, picture.height)


def _table(result: Result) -> str:
    """The labels as aligned rows with a bar each."""
    width = max((len(label.label) for label in result.labels), default=0)
    rows = [
        f"  {label.label:<{width}}  {label.score:6.1%}  {_block() * round(label.score * BAR_WIDTH)}"
        for label in result.labels
    ]
    title = f"{result.file} ({result.format}, {result.width}x{result.height})"
    return "\n".join([title, *(row.rstrip() for row in rows), ""])


def _block() -> str:
    """The character of the bars; `#` where the terminal's encoding has no full block."""
    try:
        "█".encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return "#"
    return "█"


if __name__ == "__main__":
    # If the reader of a pipe stops early, end as other commands do: quietly.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
