"""Make a model's folder of a trained network: TFLite file, card and labels.

python -m tools.import_model --help
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track

from model import (
    MORE_OUTPUTS,
    Accuracy,
    Classifier,
    Input,
    Label,
    ModelUnavailable,
    MoreOutputs,
    available_cpus,
    float_normalizer,
    read_card,
    read_labels,
    softmax,
    write_card,
)
from tools import quantize
from tools.compare import Comparison, accuracy, compare, picture_of_differences
from tools.features import NoFeatures, add_features
from tools.folder import Outputs, write_folder
from tools.import_options import FEW_PHOTOS, parser, preprocessing
from tools.original import FloatArray, ImportFailed, Original, noise, output_kind, scores_for_noise
from tools.photos import NoPhotos, classes_of, find_photos, read_pixels
from tools.shipped import SHIPPED
from tools.sources import find_source
from tools.tflite_networks import run as run_tflite

#: Of `Report.conversion_error`; more is not the rounding of a deep network.
TOLERANCE = 1e-3
_console = Console()


class Report(msgspec.Struct, frozen=True):
    """What came of an import."""

    model: str
    bytes: int
    milliseconds: float
    """Median time of an inference, on `threads` threads."""
    threads: int
    conversion_error: float
    """Largest difference of a score between the original and the float32 file, as a share of the
    largest score if that is above 1."""
    comparison: Comparison | None = None
    """With the original, on the photos to evaluate with."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    try:
        run(options)
    except (ImportFailed, NoPhotos, ModelUnavailable, OSError) as error:
        sys.exit(f"import_model: {error}")


def run(options: argparse.Namespace) -> Report:
    """Import as the options say. Raises ImportFailed, NoPhotos, ModelUnavailable or OSError."""
    say = _console.log
    if options.type == "int8" and not options.calibration:
        raise ImportFailed(
            f"int8 needs photos to calibrate with: add --calibration FOLDER, with {FEW_PHOTOS} or "
            "more of the kind that the model will see, or choose --type float16"
        )
    if not options.labels.is_file():
        raise ImportFailed(
            f"there is no file {options.labels} for --labels: it has one label a line, in the "
            "order of the network's scores"
        )
    labels = read_labels(options.labels)
    # What cannot be read or written is better known now than after the conversion.
    calibration, evaluation = (
        find_photos([folder]) if folder else []
        for folder in (options.calibration, options.evaluation)
    )
    options.to.mkdir(parents=True, exist_ok=True)
    shipped = SHIPPED.get(options.source)
    say(f"1/4 reading {options.source}")
    original = (
        shipped.original(options.weights) if shipped else find_source(options, classes=len(labels))
    )
    original = dataclasses.replace(original, input=preprocessing(original.input, options))
    scores = scores_for_noise(original, classes=len(labels))
    kind = options.output or output_kind(scores)
    say("2/4 converting it to TFLite")
    content = original.convert()
    error = _conversion_error(content, original.input, scores)
    say(f"3/4 writing it as {options.type}")
    content, more_outputs = _with_features(
        _in_type(options.type, content, original.input, calibration)
    )
    outputs = Outputs(kind, more_outputs, len(labels))
    write_folder(options, original, shipped, content=content, outputs=outputs)
    say("4/4 comparing it with the original")
    report = _report(options, original, error, labels, evaluation)
    _print(report)
    say(f"done. Check it: python -m model check {options.to} PHOTO")
    return report


def _conversion_error(content: bytes, spec: Input, expected: FloatArray) -> float:
    """As in `Report`, of `scores_for_noise`. Raises ImportFailed above TOLERANCE."""
    try:
        scores = run_tflite(content, noise(spec))
    except (RuntimeError, ValueError) as error:
        raise ImportFailed(
            f"the TFLite file cannot be run ({error}), so the converter does not know one of the "
            "network's operators: report it to the converter, or try another source"
        ) from error
    if scores.shape != expected.shape:
        raise ImportFailed(
            f"the TFLite file gives {list(scores.shape)} and the original {list(expected.shape)}"
        )
    error = float(np.abs(scores - expected).max()) / max(1.0, float(np.abs(expected).max()))
    if not error <= TOLERANCE:
        raise ImportFailed(
            f"a score of the TFLite file is {error:.2g} from the original's, so the converter does "
            "not know one of its operators: report it to the converter, or try another source"
        )
    return error


def _in_type(type_: str, content: bytes, spec: Input, photos: Sequence[Path]) -> bytes:
    """The float32 file as the type wanted; the photos calibrate int8."""
    if type_ == "float32":
        return content
    if type_ == "float16":
        return quantize.to_float16(content)
    if len(photos) < FEW_PHOTOS:
        _console.log(f"only {len(photos)} photos: {FEW_PHOTOS} or more calibrate better")
    normalize = float_normalizer(spec)
    pictures = (
        normalize(read_pixels(photo, spec))
        for photo in track(photos, description="calibrating", transient=True, console=_console)
    )
    try:
        return quantize.to_int8(content, spec, pictures)
    except ValueError as error:
        raise ImportFailed(
            f"the network cannot be quantized to int8: {error}; choose --type float16"
        ) from error


def _with_features(content: bytes) -> tuple[bytes, MoreOutputs]:
    """The file with the outputs for heat maps and embeddings, if its network can have them."""
    try:
        return add_features(content), MORE_OUTPUTS
    except NoFeatures as error:
        _console.log(f"the model will have no heat maps and no embeddings: {error}")
        return content, []


def _report(
    options: argparse.Namespace,
    original: Original,
    error: float,
    labels: Sequence[Label],
    photos: Sequence[Path],
) -> Report:
    """Measure the model that was written, on the photos if any, and write down what was found."""
    threads = available_cpus()
    classifier = Classifier(options.to, num_threads=threads)
    card = classifier.card
    grey = np.full((card.input.height, card.input.width, 3), 128, np.uint8)
    classifier.infer(grey)  # loads the network
    report = Report(
        model=f"{card.name} {card.version}",
        bytes=(options.to / card.file).stat().st_size,
        milliseconds=statistics.median(classifier.infer(grey).seconds for _ in range(30)) * 1000,
        threads=threads,
        conversion_error=error,
    )
    options.report.mkdir(parents=True, exist_ok=True)
    if photos:
        expected, scores = _scores(photos, original, classifier)
        report = msgspec.structs.replace(report, comparison=compare(expected, scores))
        (options.report / "differences.jpg").write_bytes(
            picture_of_differences(photos, labels, expected, scores)
        )
        _write_accuracy(options, photos, labels, scores)
    (options.report / "report.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
    )
    return report


def _scores(
    photos: Sequence[Path], original: Original, classifier: Classifier
) -> tuple[FloatArray, FloatArray]:
    """The probabilities of the original and of the model, each [n, classes]."""
    card = classifier.card
    normalize = float_normalizer(card.input)
    pairs = []
    for photo in track(photos, description="comparing", transient=True, console=_console):
        pixels = read_pixels(photo, card.input)
        scores = original.run(normalize(pixels)[np.newaxis])[0]
        expected = softmax(scores) if card.output == "logits" else scores
        pairs.append((expected, classifier.scores(pixels)))
    expected, actual = (np.stack(each) for each in zip(*pairs, strict=True))
    return expected, actual


def _write_accuracy(
    options: argparse.Namespace, photos: Sequence[Path], labels: Sequence[Label], scores: FloatArray
) -> None:
    """Write the accuracy into the card, if the photos say what they show."""
    try:
        truth = classes_of(photos, labels)
    except NoPhotos as error:
        _console.log(f"no accuracy in the card: {error}")
        return
    top_1, top_5 = accuracy(scores, truth)
    measured_on = f"{len(photos)} photos: {options.measured_on or options.evaluation.name}"
    card = read_card(options.to)
    write_card(
        options.to, msgspec.structs.replace(card, accuracy=Accuracy(top_1, top_5, measured_on))
    )


def _print(report: Report) -> None:
    _console.print(
        f"{report.model}: {report.bytes / 1e6:.1f} MB, {report.milliseconds:.1f} ms an inference "
        f"on {report.threads} threads, {report.conversion_error:.1g} from the original before "
        "it was made smaller"
    )
    if found := report.comparison:
        _console.print(
            f"the original's first label on {found.agreement:.1%} of {found.photos} photos, on "
            f"{found.confident_agreement:.1%} of the {found.confident} of which it is confident"
        )


if __name__ == "__main__":
    main()
