"""Build the model that ships: from the published checkpoint to int8 TFLite and its card.

    python -m tools.build_model --calibration PHOTOS --evaluation PHOTOS

The checkpoint is fetched from its pinned address unless --checkpoint names it. Photos are
named INDEX_ANYTHING.jpg by the index of their class; those to evaluate with must be others
than those to calibrate with. Takes some four minutes on two CPUs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track

from model import (
    CARD_FILE,
    RESNET50,
    Accuracy,
    Change,
    Classifier,
    Licence,
    ModelCard,
    Source,
    available_cpus,
)
from pictures import MAX_PIXELS, Crop, read_picture
from tools import checkpoint, network
from tools.evaluate import (
    Measurement,
    in_float32,
    in_process,
    labelled_photos,
    measure,
    print_table,
)
from tools.quantize import Pixels, quantize

INPUT = Crop(size=network.INPUT_SIZE, shorter_side=256)
SOURCE = Source(
    title="resnet50_large, from Permute, Quantize, and Fine-tune (Uber Research)",
    url="https://github.com/uber-research/permute-quantize-finetune",
    paper="https://arxiv.org/abs/2010.15703",
    sha256=checkpoint.SHA256,
)
LICENCE = Licence(
    name="Uber Research non-commercial licence",
    commercial_use=False,
    file="LICENSE",
    url=f"{SOURCE.url}/blob/master/LICENSE",
    notice=(
        "The labels are the output of a ResNet-50 for ImageNet, modified from "
        f"{SOURCE.url}, which is available under a non-commercial licence. "
        "It comes as is, with no warranties."
    ),
)


def main() -> None:
    options = _parser().parse_args()
    say = Console().log

    say("1/5 reading the checkpoint")
    weights = options.checkpoint or checkpoint.fetch(options.output / "build" / "checkpoint.pth")
    keras_model = network.build(checkpoint.read(weights))
    say("2/5 reading the photos to calibrate with")
    pixels = _pixels(labelled_photos([options.calibration]))
    say("3/5 quantizing: a minute of rounding, then a pass over the photos")
    content = quantize(keras_model, pixels)
    say("4/5 writing the model")
    card = _write_model(options.output, content)
    say("5/5 comparing with float32")
    photos = labelled_photos([options.evaluation])
    classifier = Classifier(options.output, num_threads=available_cpus())
    int8 = measure("int8", in_process(classifier), photos)
    float32 = measure("float32", in_float32(weights, classifier), photos)
    print_table([int8, float32])
    _write_card(options.output, msgspec.structs.replace(card, accuracy=_accuracy(int8, float32)))
    say(f"done: {options.output}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.build_model",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    folder = {"type": Path, "metavar": "PHOTOS", "required": True}
    parser.add_argument("--calibration", help="folder of photos to calibrate with", **folder)
    parser.add_argument("--evaluation", help="folder of photos to measure with", **folder)
    parser.add_argument("--checkpoint", type=Path, help="the checkpoint, if it is here already")
    parser.add_argument(
        "--output", type=Path, default=RESNET50, help=f"folder to write (default: {RESNET50})"
    )
    return parser


def _pixels(photos: Sequence[Path]) -> Pixels:
    """The photos as the network sees them: uint8 [n, size, size, 3]."""
    return np.stack(
        [
            read_picture(photo.read_bytes(), INPUT, max_pixels=MAX_PIXELS).pixels
            for photo in track(photos, description="photos", transient=True)
        ]
    )


def _write_model(folder: Path, content: bytes) -> ModelCard:
    """Write all but the accuracy, which is measured on what was written."""
    card = ModelCard(
        name="resnet50",
        version="1.0.0",
        architecture="ResNet-50 v1.5 (arXiv:1512.03385), 25.6 million parameters, int8",
        file="resnet50_int8.tflite",
        sha256=hashlib.sha256(content).hexdigest(),
        labels="labels.tsv",
        classes=1000,
        input=INPUT,
        output="logits",
        licence=LICENCE,
        preprocessing=(
            "EXIF orientation applied, RGB, short side resized to 256 pixels (bilinear), the "
            "central 224x224 as int8, pixel - 128; the mean is subtracted inside the network"
        ),
        source=SOURCE,
        changes=[
            Change(
                date=dt.datetime.now(dt.UTC).date().isoformat(),
                nature=(
                    "Codebooks decoded, batch norms folded into the convolutions, quantized to "
                    "int8 after training (last layer with float32 output), stored as TFLite"
                ),
            )
        ],
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / card.file).write_bytes(content)
    for name in (card.labels, LICENCE.file):
        if name and not (folder / name).exists():
            shutil.copy(RESNET50 / name, folder)
    _write_card(folder, card)
    return card


def _write_card(folder: Path, card: ModelCard) -> None:
    text = msgspec.json.format(msgspec.json.encode(card), indent=2)
    (folder / CARD_FILE).write_bytes(text + b"\n")


def _accuracy(int8: Measurement, float32: Measurement) -> Accuracy:
    return Accuracy(
        top_1=round(int8.top_1, 4),
        top_5=round(int8.top_5, 4),
        measured_on=(
            f"{int8.photos} ImageNet training photos, none used to calibrate: to compare models "
            f"with, not validation accuracy (float32 on the same: {float32.top_1:.4g})"
        ),
    )


if __name__ == "__main__":
    main()
