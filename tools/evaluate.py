"""How good is the model? Accuracy on labelled photos, here or over HTTP, against float32.

    python -m tools.evaluate PHOTOS... [--url http://localhost:8080] [--checkpoint FILE]

A photo is named INDEX_ANYTHING.jpg by the index of its class; PHOTOS are folders of them.
Ways to evaluate are added up: the int8 model in this process always, the function at
--url, and the float32 network that --checkpoint holds, which the others are compared with.
"""

from __future__ import annotations

import argparse
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from model import RESNET50, Classifier, ScoredLabel, available_cpus, softmax, top_labels
from pictures import MAX_PIXELS, read_picture
from service import Classification

TOP = 5

#: The bytes of a photo in, its five best labels out.
Way = Callable[[bytes], list[ScoredLabel]]


@dataclass(frozen=True)
class Measurement:
    """What one way made of the photos; shares are of 1."""

    name: str
    photos: int
    top_1: float
    top_5: float
    ties: int
    """Photos whose first two labels have the same score."""
    milliseconds: float
    """Median time of a photo."""
    first: list[int]
    """The index of each photo's first label."""

    def agreement(self, other: Measurement) -> float:
        """The share of photos to which both give the same first label."""
        return float(np.mean(np.array(self.first) == np.array(other.first)))


def measure(name: str, way: Way, photos: Sequence[Path]) -> Measurement:
    """Evaluate one way on all photos, with progress on the console."""
    answers, seconds = [], []
    for photo in track(photos, description=f"{name:<12}", transient=True):
        data = photo.read_bytes()
        start = time.perf_counter()
        answers.append(way(data))
        seconds.append(time.perf_counter() - start)
    truth = [class_of(photo) for photo in photos]
    ranks = [[label.index for label in answer] for answer in answers]
    return Measurement(
        name=name,
        photos=len(photos),
        top_1=float(np.mean([true == rank[0] for true, rank in zip(truth, ranks, strict=True)])),
        top_5=float(np.mean([true in rank for true, rank in zip(truth, ranks, strict=True)])),
        ties=sum(answer[0].score == answer[1].score for answer in answers),
        milliseconds=float(np.median(seconds)) * 1000,
        first=[rank[0] for rank in ranks],
    )


def labelled_photos(folders: Sequence[Path]) -> list[Path]:
    """The photos in the folders, by name. Exits if there are none."""
    photos = sorted(path for folder in folders for path in folder.glob("[0-9]*_*.jpg"))
    if not photos:
        sys.exit(f"no photos named INDEX_ANYTHING.jpg in {', '.join(map(str, folders))}")
    return photos


def class_of(photo: Path) -> int:
    """The index of the class that the photo's name begins with."""
    return int(photo.name.partition("_")[0])


def in_process(classifier: Classifier) -> Way:
    """The TFLite model in this process."""

    def way(data: bytes) -> list[ScoredLabel]:
        picture = read_picture(data, classifier.card.input, max_pixels=MAX_PIXELS)
        return top_labels(classifier.scores(picture.pixels), classifier.labels, top_k=TOP)

    return way


def over_http(url: str) -> Way:
    """The function at `url`, whose default is as many labels."""
    headers = {"Content-Type": "application/octet-stream"}

    def way(data: bytes) -> list[ScoredLabel]:
        request = urllib.request.Request(url, data, headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return msgspec.json.decode(response.read(), type=Classification).labels

    return way


def in_float32(weights: Path, classifier: Classifier) -> Way:
    """The network that was quantized, before it was, in Keras."""
    from tools import checkpoint, network  # noqa: PLC0415 - TensorFlow only if it is wanted

    keras_model = network.build(checkpoint.read(weights))

    def way(data: bytes) -> list[ScoredLabel]:
        picture = read_picture(data, classifier.card.input, max_pixels=MAX_PIXELS)
        logits = np.asarray(keras_model(picture.pixels[np.newaxis].astype(np.float32)))[0]
        return top_labels(softmax(logits), classifier.labels, top_k=TOP)

    return way


def print_table(measurements: Sequence[Measurement]) -> None:
    """Print a row for each way; agreement is with the last."""
    reference = measurements[-1]
    table = Table(title=f"{reference.photos} photos")
    for column in ("", "top-1", "top-5", f"first label as {reference.name}", "ties", "ms a photo"):
        table.add_column(column, justify="left" if column == "" else "right")
    for each in measurements:
        table.add_row(
            each.name,
            f"{each.top_1:.1%}",
            f"{each.top_5:.1%}",
            f"{each.agreement(reference):.1%}",
            str(each.ties),
            f"{each.milliseconds:.1f}",
        )
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="PHOTOS")
    parser.add_argument("--url", help="a running function to evaluate as well")
    parser.add_argument("--checkpoint", type=Path, help="the float32 weights to compare with")
    parser.add_argument("--model", type=Path, default=RESNET50, help="folder of the model")
    options = parser.parse_args()

    photos = labelled_photos(options.folders)
    classifier = Classifier(options.model, num_threads=available_cpus())
    ways: dict[str, Way] = {"int8": in_process(classifier)}
    if options.url:
        ways["HTTP"] = over_http(options.url)
    if options.checkpoint:
        ways["float32"] = in_float32(options.checkpoint, classifier)
    print_table([measure(name, way, photos) for name, way in ways.items()])


if __name__ == "__main__":
    main()
