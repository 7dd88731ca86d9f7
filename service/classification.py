"""The main job: from the pictures of a request to their labels."""

from __future__ import annotations

import time
from collections.abc import Sequence

from model import Classifier, Scores, top_labels
from pictures import ClassifyError, Picture
from service.intake import Intake
from service.replies import (
    Classification,
    Failure,
    ImageInfo,
    ModelInfo,
    Prediction,
    Predictions,
    failure,
)
from service.timings import Timings


def classify(
    pictures: Sequence[Picture | ClassifyError],
    intake: Intake,
    classifier: Classifier,
    *,
    timings: Timings,
) -> Classification | Predictions:
    """Classify the pictures of a request, one after the other, as its `intake` asks.

    Raises ModelUnavailable, and, for a request that is no batch, what is wrong with its
    picture: RequestError or ImageError.
    """

    def predict(picture: Picture) -> Prediction:
        if not classifier.loaded:
            start = time.perf_counter()
            if classifier.load():  # and not another request, while this one waited for it
                timings.add("load", time.perf_counter() - start)
        scores = _infer(picture, classifier, timings)
        labels = top_labels(
            scores, classifier.labels, top_k=intake.top_k, min_score=intake.min_score
        )
        return Prediction(labels, ImageInfo(picture.format, picture.width, picture.height))

    def attempt(picture: Picture | ClassifyError) -> Prediction | Failure:
        return failure(picture) if isinstance(picture, ClassifyError) else predict(picture)

    card = classifier.card
    model = ModelInfo(card.name, card.version)
    if intake.batch:
        return Predictions([attempt(picture) for picture in pictures], model)
    (picture,) = pictures
    if isinstance(picture, ClassifyError):
        raise picture
    prediction = predict(picture)
    return Classification(prediction.labels, prediction.image, model)


def _infer(picture: Picture, classifier: Classifier, timings: Timings) -> Scores:
    """The scores of a picture; waiting for others' inferences counts as waiting."""
    start = time.perf_counter()
    scores, seconds = classifier.infer(picture.pixels)
    timings.add("infer", seconds)
    timings.add("wait", time.perf_counter() - start - seconds)
    return scores
