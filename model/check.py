"""Check before deployment that the folder of a model matches its card."""

from __future__ import annotations

import inspect
import statistics
import time
from pathlib import Path

import msgspec
import numpy as np

from model.card import ModelCard, read_card
from model.cpus import available_cpus
from model.errors import ModelUnavailable
from model.labels import read_labels
from model.network import Network
from model.scores import probabilities
from pictures import Pixels

_RUNS = 10
# Of what the features explain with what the scores say. Quantization leaves 0.98 or more.
_CORRELATION = 0.9


def schema() -> str:
    """The JSON Schema of model.json, as JSON."""
    document = msgspec.json.schema(ModelCard)
    for definition in document["$defs"].values():
        if "description" in definition:  # Python before 3.13 keeps a docstring's indentation
            definition["description"] = inspect.cleandoc(definition["description"])
    text = msgspec.json.encode(document, order="sorted")
    return msgspec.json.format(text, indent=2).decode()


def report(folder: Path) -> str:
    """Load the model, run it on a grey picture, and describe it in lines of text.

    Raises ModelUnavailable.
    """
    card = read_card(folder)
    labels = read_labels(folder / card.labels, classes=card.classes)
    network = Network(folder, card, num_threads=available_cpus())
    grey = np.full((card.input.height, card.input.width, 3), 128, np.uint8)
    seconds = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        output = network.run(grey)
        seconds.append(time.perf_counter() - start)
    probabilities(output, card, step=network.step)
    explained = bool(card.more_outputs) and card.output == "logits"
    if explained:
        _check_features(network, card, grey)
    use = "commercial use allowed" if card.licence.commercial_use else "non-commercial use only"
    rows = {
        "model": f"{card.name} {card.version}, {card.architecture}",
        "licence": f"{card.licence.name}: {use}",
        "picture": _picture(card),
        "input": network.input,
        "output": f"{network.output}, {card.output}",
        "features": ", ".join(card.more_outputs) or "none: no heat maps and no embeddings",
        "labels": f"{labels[0].label}, {labels[1 % card.classes].label} ... {labels[-1].label}",
        "inference": f"{statistics.median(seconds) * 1000:.1f} ms with {available_cpus()} threads",
    }
    lines = [f"{name:<10}{text}" for name, text in rows.items()]
    checked = (
        "model.json matches the file's sha256, shapes and quantization, and the labels;\n"
        f"the network runs{', and its features explain its scores' if explained else ''}."
    )
    return "\n".join([*lines, f"\n{folder}: {checked}\n"])


def _check_features(network: Network, card: ModelCard, grey: Pixels) -> None:
    """Raises ModelUnavailable unless the features explain how the scores of two pictures differ."""
    noise = np.random.default_rng(0).integers(0, 256, grey.shape, np.uint8)
    scores, sums = [], []
    for picture in (grey, noise):
        scores.append(network.run(picture))
        features = network.features()
        sums.append(np.array([features.heat(index).sum() for index in range(card.classes)]))
    correlation = np.corrcoef(scores[0] - scores[1], sums[0] - sums[1])[0, 1]
    if not correlation >= _CORRELATION:  # not a number if they do not differ
        raise ModelUnavailable(
            f"more_outputs of {card.file} do not explain its scores (correlation "
            f"{correlation:.2f}): leave more_outputs out of model.json, or add them with "
            "python -m tools.features"
        )


def _picture(card: ModelCard) -> str:
    kept = card.input
    fit = "stretched" if kept.fit == "stretch" else f"shorter side to {kept.shorter_side or 'fit'}"
    normalized = "0 to 255"
    if any(kept.mean) or set(kept.std) != {1.0}:
        normalized = f"(pixel - {list(kept.mean)}) / {list(kept.std)}"
    return f"{kept.width}x{kept.height}, {fit}, {normalized}"
