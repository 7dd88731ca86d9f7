"""How good is a model? Accuracy, trust in its scores, mistakes and speed, on labelled photos.

    python -m tools.evaluate PHOTOS... --model resnet50 --model efficientnet_lite2 --html page.html

A photo's class is the name of its folder or the beginning of its own: a label, a WordNet id or an
index. Several models are evaluated side by side; --url adds a function that is running.
"""

from __future__ import annotations

import argparse
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from model import (
    Classifier,
    Label,
    ModelUnavailable,
    available_cpus,
    find_model,
    read_card,
    write_card,
)
from service import Classification
from tools.evaluation_page import page
from tools.measurement import Measurement, measure
from tools.photos import NoPhotos, classes_of, find_photos, read_pixels

#: Labels of one answer that are asked of a function.
TOP = 5


class NoAnswer(Exception):
    """A function did not classify a photo; the message says which and why."""


def evaluate_model(folder: Path, photos: Sequence[Path]) -> Measurement:
    """Evaluate a model in this process. Raises ModelUnavailable or NoPhotos."""
    classifier = Classifier(folder, num_threads=available_cpus())
    card = classifier.card
    truth = classes_of(photos, classifier.labels)
    scores, seconds = [], []
    for photo in track(photos, description=f"{card.name:<20}", transient=True):
        inference = classifier.infer(read_pixels(photo, card.input))
        scores.append(inference.scores)
        seconds.append(inference.seconds)
    return measure(
        f"{card.name} {card.version}",
        np.stack(scores),
        truth,
        seconds=seconds,
        labels=classifier.labels,
        temperature=card.temperature if card.output == "logits" else None,
    )


def evaluate_url(url: str, photos: Sequence[Path], labels: Sequence[Label]) -> Measurement:
    """Evaluate a running function, by its first labels. Raises NoAnswer or NoPhotos."""
    headers = {"Content-Type": "application/octet-stream"}
    scores, seconds = np.zeros((len(photos), len(labels)), np.float32), []
    for number, photo in enumerate(track(photos, description=f"{url:<20}", transient=True)):
        address = f"{url}?top_k={min(TOP, len(labels))}"
        start = time.perf_counter()
        try:
            request = urllib.request.Request(address, photo.read_bytes(), headers)
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = msgspec.json.decode(response.read(), type=Classification)
        except (OSError, ValueError, msgspec.DecodeError) as error:
            raise NoAnswer(
                f"{url} gave no labels for {photo}: {error}; name a function that is running, as "
                "in http://127.0.0.1:8080"
            ) from error
        seconds.append(time.perf_counter() - start)
        for label in answer.labels:
            scores[number, label.index] = label.score
    truth = classes_of(photos, labels)
    return measure(url, scores, truth, seconds=seconds, labels=labels, temperature=None)


def write_temperature(folder: Path, measurement: Measurement) -> None:
    """Write the temperature that was found into the model's card."""
    if measurement.temperature:
        card = msgspec.structs.replace(read_card(folder), temperature=measurement.temperature)
        write_card(folder, card)


def print_table(measurements: Sequence[Measurement]) -> None:
    """Print a row for each model; agreement is with the first."""
    first = measurements[0]
    table = Table(title=f"{first.photos} photos")
    columns = ("top-1", "top-5", "ECE", "best temperature", "ECE with it", "ties")
    for column in ("", *columns, f"first label as {first.name}", "ms"):
        table.add_column(column, justify="left" if column == "" else "right", overflow="fold")
    for each in measurements:
        table.add_row(
            each.name,
            f"{each.top_1:.1%}",
            f"{each.top_5:.1%}",
            f"{each.calibration_error:.3f}",
            f"{each.temperature:.2f}" if each.temperature else "",
            f"{each.calibrated_error:.3f}" if each.temperature else "",
            str(each.ties),
            f"{each.agreement(first):.1%}",
            f"{each.milliseconds:.1f}",
        )
    Console().print(table)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    try:
        for file in filter(None, (options.json, options.html)):
            file.touch()  # a path that cannot be written is better known now than at the end
        photos = find_photos(options.folders)
        folders = [find_model(name) for name in options.model or ["resnet50"]]
        measurements = [evaluate_model(folder, photos) for folder in folders]
        if options.url:
            labels = Classifier(folders[0], num_threads=1).labels
            measurements.append(evaluate_url(options.url, photos, labels))
    except (ModelUnavailable, NoAnswer, NoPhotos, OSError) as error:
        sys.exit(f"evaluate: {error}")
    print_table(measurements)
    if options.json:
        text = msgspec.json.format(msgspec.json.encode(measurements), indent=2)
        options.json.write_bytes(text + b"\n")
    if options.html:
        options.html.write_text(page(measurements), encoding="utf-8")
    if options.write_temperature:
        for folder, measurement in zip(folders, measurements, strict=False):
            write_temperature(folder, measurement)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("folders", nargs="+", type=Path, metavar="PHOTOS", help="folders of photos")
    add("--model", action="append", metavar="MODEL", help="name or folder, repeatable")
    add("--url", help="a running function to evaluate as well, with the first model's labels")
    add("--json", type=Path, metavar="FILE", help="write all figures")
    add("--html", type=Path, metavar="FILE", help="write a page with plots")
    add(
        "--write-temperature",
        action="store_true",
        help="write the best temperature into the cards; photos must be others than of training",
    )
    return parser


if __name__ == "__main__":
    main()
