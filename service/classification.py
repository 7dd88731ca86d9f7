"""The main job: from the images of a request to their labels."""

from __future__ import annotations

import time

from model import Classifier, ImageError, read_picture, top_labels
from service.errors import RequestError
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
    intake: Intake, classifier: Classifier, *, max_pixels: int, timings: Timings
) -> Classification | Predictions:
    """Classify the images of a request, one after the other.

    Raises ModelUnavailable, and, for a request that is no batch, what is wrong with its
    image: RequestError or ImageError.
    """
    card = classifier.card
    model = ModelInfo(card.name, card.version)

    def predict(image: bytes | RequestError) -> Prediction:
        if isinstance(image, RequestError):
            raise image
        with timings.measure("decode"):
            picture = read_picture(image, card.input, max_pixels=max_pixels)
        if not classifier.loaded:
            start = time.perf_counter()
            if classifier.load():  # and not another request, while this one waited for it
                timings.add("load", time.perf_counter() - start)
        with timings.measure("infer"):
            scores = classifier.scores(picture.pixels)
        labels = top_labels(
            scores, classifier.labels, top_k=intake.top_k, min_score=intake.min_score
        )
        return Prediction(labels, ImageInfo(picture.format, picture.width, picture.height))

    def attempt(image: bytes | RequestError) -> Prediction | Failure:
        try:
            return predict(image)
        except (RequestError, ImageError) as error:
            return failure(error)

    if intake.batch:
        return Predictions([attempt(image) for image in intake.images], model)
    prediction = predict(intake.images[0])
    return Classification(prediction.labels, prediction.image, model)
