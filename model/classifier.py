"""The model in memory: loaded on first use, kept warm, safe under threads."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, cast

from model.card import ModelCard, read_card
from model.errors import FeaturesUnavailable, ModelUnavailable
from model.features import Features
from model.labels import Label, read_labels
from model.network import Network
from model.scores import Scores, probabilities
from pictures import Pixels


class Inference(NamedTuple):
    """The result of an inference."""

    scores: Scores
    """Probabilities, float32 [classes]."""
    seconds: float
    """Without the time in the queue."""
    features: Features | None
    """What the last layer saw, if it was asked for."""


class Classifier:
    """A TFLite network, its card and its labels, from a folder that holds all three.

    The network is loaded on first use. A failed load is retried on the next call, so a repaired
    file is picked up. `num_threads` is for one inference. A process that forks must do so before
    the first call.
    """

    def __init__(self, folder: Path, *, num_threads: int) -> None:
        self._folder = folder
        self._num_threads = num_threads
        # One thread owns the interpreter, which cannot run twice at once; the executor's queue
        # is FIFO, and the threads of one inference already fill the CPUs.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._loaded: _Loaded | None = None

    @property
    def card(self) -> ModelCard:
        """The model card, read from its file until the network is loaded.

        Raises ModelUnavailable.
        """
        return self._loaded.card if self._loaded else read_card(self._folder)

    @property
    def labels(self) -> list[Label]:
        """The classes by index, read like the card. Raises ModelUnavailable."""
        return self._loaded.labels if self._loaded else _labels_of(self.card, self._folder)

    @property
    def loaded(self) -> bool:
        """Whether the network is in memory."""
        return self._loaded is not None

    def load(self) -> bool:
        """Load the network into memory; False if it already was. Raises ModelUnavailable."""
        return self._loaded is None and self._executor.submit(self._load).result()

    def scores(self, pixels: Pixels) -> Scores:
        """Probabilities, float32 [classes], of a picture's pixels, uint8 [height, width, 3].

        Raises ModelUnavailable if the network cannot be loaded, ran out of memory, or
        contradicts its card.
        """
        return self.infer(pixels).scores

    def infer(self, pixels: Pixels, *, features: bool = False) -> Inference:
        """As `scores`, with the time that the inference took and, if asked for, the features.

        Raises FeaturesUnavailable if the network does not give them.
        """
        return self._executor.submit(self._infer, pixels, features=features).result()

    def _load(self) -> bool:
        if self._loaded:
            return False
        self._loaded = _load(self._folder, self._num_threads)
        return True

    def _check_features(self) -> None:
        """Raise FeaturesUnavailable if the network does not give its features."""
        if not self.card.more_outputs:
            raise FeaturesUnavailable(
                f"the model {self.card.name} gives labels only: leave explain and embedding out, "
                "or ask the operator for a model whose card has more_outputs"
            )

    def _infer(self, pixels: Pixels, *, features: bool) -> Inference:
        self._load()
        if features:
            self._check_features()
        loaded = cast("_Loaded", self._loaded)
        start = time.perf_counter()
        try:
            output = loaded.network.run(pixels)
            seconds = time.perf_counter() - start
            scores = probabilities(output, loaded.card, step=loaded.network.step)
            seen = loaded.network.features() if features else None
            return Inference(scores, seconds, seen)
        except ModelUnavailable:
            self._loaded = None  # the next inference loads it again
            raise


class _Loaded(NamedTuple):
    """A card, and the labels and network that match it."""

    card: ModelCard
    labels: list[Label]
    network: Network


def _load(folder: Path, num_threads: int) -> _Loaded:
    card = read_card(folder)
    labels = _labels_of(card, folder)
    return _Loaded(card, labels, Network(folder, card, num_threads=num_threads))


def _labels_of(card: ModelCard, folder: Path) -> list[Label]:
    return read_labels(folder / card.labels, classes=card.classes)
