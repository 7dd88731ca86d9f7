"""From the SOURCE of a command line to the network that it names."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.original import ImportFailed, Original


def find_source(options: argparse.Namespace, *, classes: int) -> Original:
    """The network. The converters are imported as they are needed. Raises ImportFailed."""
    if options.weights and not options.weights.is_file():
        raise ImportFailed(
            f"there is no file {options.weights} for --weights: name the weights that you saved, "
            "or leave it out for the publisher's"
        )
    library, _, name = options.source.partition(":")
    match library:
        case "torchvision":
            from tools.torch_networks import from_torchvision  # noqa: PLC0415

            return from_torchvision(name, options.weights, classes=classes, size=options.size)
        case "timm":
            from tools.torch_networks import from_timm  # noqa: PLC0415

            return from_timm(name, options.weights, classes=classes, size=options.size)
        case "keras":
            from tools.keras_networks import from_application  # noqa: PLC0415

            return from_application(name, options.weights, classes=classes, size=options.size)
    return _file(options)


def _file(options: argparse.Namespace) -> Original:
    path = Path(options.source)
    if not path.exists():
        raise ImportFailed(
            f"there is no {path}: name a file, torchvision:NAME, timm:NAME, keras:NAME, resnet50 "
            "or efficientnet_lite2"
        )
    if options.mean is None or options.std is None:
        raise ImportFailed(
            "the file does not say how the network was trained to see pixels: add --mean and "
            "--std, in pixels of 0 to 255 (0 and 1 if it normalizes them itself, 127.5 and 127.5 "
            "for values of -1 to 1, 0 and 255 for 0 to 1, 123.675 116.28 103.53 and "
            "58.395 57.12 57.375 for most networks of torchvision)"
        )
    if path.suffix in (".keras", ".h5"):
        from tools.keras_networks import from_file  # noqa: PLC0415

        return from_file(path, size=options.size)
    if (path / "saved_model.pb").exists():
        from tools.saved_model_networks import from_saved_model  # noqa: PLC0415

        return from_saved_model(path, size=options.size)
    if path.suffix == ".onnx":
        from tools.onnx_networks import from_onnx  # noqa: PLC0415

        return from_onnx(path, size=options.size)
    if path.suffix == ".tflite":
        from tools.tflite_networks import from_tflite  # noqa: PLC0415

        return from_tflite(path)
    raise ImportFailed(
        f"{path} is of no kind that can be imported: .keras, .h5, .onnx, .tflite or the "
        "folder of a SavedModel; for a state dict name the network, too: timm:NAME --weights FILE"
    )
