"""The command line of tools.import_model."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import msgspec

from model import RESNET50, Input
from tools.original import ImportFailed

FEW_PHOTOS = 100
_DESCRIPTION = """Make a model's folder of a trained network: TFLite file, card and labels.

    python -m tools.import_model SOURCE --to FOLDER --calibration PHOTOS --evaluation PHOTOS

SOURCE is one of

    resnet50, efficientnet_lite2      the models that ship, from their publishers' weights
    torchvision:NAME[:WEIGHTS]        as in torchvision:resnet50:IMAGENET1K_V2
    timm:NAME                         as in timm:tf_efficientnet_lite0
    keras:NAME                        of keras.applications, as in keras:MobileNetV3Small
    a .keras, .h5, .onnx or float32 .tflite file, or the folder of a SavedModel

By default the model is int8, which needs photos to calibrate with: 100 to 200 of the kind that it
will see, with or without labels. Those to evaluate with must be others.
"""


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    options = argparse.ArgumentParser(
        prog="python -m tools.import_model",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = options.add_argument
    add("source", metavar="SOURCE", help="see above")
    add("--to", type=Path, required=True, metavar="FOLDER", help="the model's folder to write")
    add("--weights", type=Path, metavar="FILE", help="a state dict, or the publisher's file")
    add("--type", choices=("int8", "float16", "float32"), default="int8", help="default: int8")
    add("--calibration", type=Path, metavar="PHOTOS", help="folder of photos, for int8")
    add("--evaluation", type=Path, metavar="PHOTOS", help="folder of photos to compare on")
    add(
        "--report",
        type=Path,
        default=Path("build") / "import",
        metavar="FOLDER",
        help="where report.json and differences.jpg go (default: build/import)",
    )
    add(
        "--labels",
        type=Path,
        default=RESNET50 / "labels.tsv",
        metavar="FILE",
        help="one label a line, or a table as of the default, ImageNet's 1,000",
    )
    training = options.add_argument_group(
        "how the network was trained to see pictures, where the source does not say or says it "
        "otherwise"
    )
    training.add_argument(
        "--size", type=int, nargs="+", metavar="PX", help="side, or height, width"
    )
    training.add_argument("--resize", type=int, metavar="PX", help="shorter side before the crop")
    training.add_argument("--fit", choices=("crop", "stretch"))
    training.add_argument("--mean", type=float, nargs="+", metavar="M", help="of pixels, 0 to 255")
    training.add_argument("--std", type=float, nargs="+", metavar="S", help="likewise")
    training.add_argument("--output", choices=("logits", "probabilities", "sigmoid"))
    card = options.add_argument_group("what the card says")
    card.add_argument("--name", help="of the model (default: the source's)")
    card.add_argument("--version", default="1.0.0")
    card.add_argument("--licence", default="not stated", metavar="NAME")
    card.add_argument("--measured-on", metavar="TEXT", help="what the evaluation photos are")
    card.add_argument("--commercial-use", action="store_true", help="the licence allows it")
    return options


def preprocessing(known: Input, options: argparse.Namespace) -> Input:
    """What is known of the preprocessing, or what the options say instead. Raises ImportFailed."""
    given = {
        "size": options.size and (options.size[0] if len(options.size) == 1 else options.size),
        "shorter_side": options.resize,
        "fit": options.fit,
        "mean": options.mean and _three(options.mean),
        "std": options.std and _three(options.std),
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if changes.get("fit") == "stretch":
        changes.setdefault("shorter_side", None)
    try:
        return msgspec.convert(msgspec.to_builtins(known) | _encoded(changes), Input)
    except msgspec.ValidationError as error:
        raise ImportFailed(f"the preprocessing contradicts itself: {error}") from error


def _encoded(changes: dict[str, object]) -> dict[str, object]:
    names = {field.name: field.encode_name for field in msgspec.structs.fields(Input)}
    return {names[name]: value for name, value in changes.items()}


def _three(values: Sequence[float]) -> list[float]:
    if len(values) not in (1, 3):
        raise ImportFailed(f"--mean and --std take one number or three, not {len(values)}")
    return list(values) * (3 // len(values))
