"""Classify photos, or check the folder of a model.

python -m model photo.jpg more/*.jpg
python -m model check my_model photo.jpg
python -m model schema
python -m model index photos/ --to index.npz
python -m model similar photo.jpg --in index.npz
"""

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
    Classifier,
    FeaturesUnavailable,
    ModelUnavailable,
    ScoredLabel,
    available_cpus,
    find_model,
    top_labels,
)
from model.check import report, schema
from model.similar import CLI_MAX_PIXELS, IndexUnusable, find_similar, make_index, whole
from pictures import DecoderPool, ImageError

BAR_WIDTH = 30


class Result(msgspec.Struct, omit_defaults=True):
    """The labels of a file, or its error."""

    file: str
    labels: list[ScoredLabel] = []
    format: str = ""
    width: int = 0
    height: int = 0
    error: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. The exit status is 0 for success, 1 for errors, 2 for wrong usage."""
    command, *rest = list(sys.argv[1:] if arguments is None else arguments) or [""]
    try:
        match command:
            case "check":
                return _check(_check_parser().parse_args(rest))
            case "schema":
                print(schema())
                return 0
            case "index":
                return make_index(rest)
            case "similar":
                return find_similar(rest)
            case _:
                options = _parser().parse_args(arguments)
                return _classify_all(options, DecoderPool(1, max_pixels=CLI_MAX_PIXELS))
    except (ModelUnavailable, FeaturesUnavailable, IndexUnusable) as error:
        print(error, file=sys.stderr)
        return 1


def _check(options: argparse.Namespace) -> int:
    """Check the folder of the model and classify the photos."""
    decoders = DecoderPool(1, max_pixels=CLI_MAX_PIXELS)  # forks, so before inference has threads
    print(report(find_model(options.model)), flush=True)
    return _classify_all(options, decoders)


def _classify_all(options: argparse.Namespace, decoders: DecoderPool) -> int:
    """Classify the photos; the exit status, 1 if there were errors. Raises ModelUnavailable."""
    classifier = Classifier(find_model(options.model), num_threads=available_cpus())
    errors = 0
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
    return 1 if errors else 0


def _check_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model check",
        description="Check a model's folder as the function does when it loads the model.",
        epilog="Exit status: 0 the model can be deployed, 1 it cannot, 2 wrong usage.",
    )
    parser.add_argument("model", metavar="MODEL", help="a folder, or the name of a model here")
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO", help="photos to classify")
    parser.set_defaults(top_k=5, min_score=0.0, json=False)
    return parser


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model",
        description="Classify photos with a neural network on this machine.",
        epilog="`python -m model check MODEL` checks a model's folder, `python -m model schema` "
        "prints the JSON Schema of model.json; `index` and `similar` search for similar photos. "
        "Exit status: 0 all classified, 1 some were not, 2 wrong usage.",
    )
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="an image file")
    parser.add_argument(
        "--top-k", type=whole, default=5, metavar="N", help="labels for each photo (default: 5)"
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
        default="resnet50",
        metavar="MODEL",
        help="a model that ships, by its name, or the folder of another (default: resnet50)",
    )
    return parser


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
    file = os.fsencode(photo).decode(errors="backslashreplace")  # file names are arbitrary bytes
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
    # Like other commands, end without a message if the reader of a pipe stops early.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
