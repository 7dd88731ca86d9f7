"""Classify the pictures of a request."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from model import Classifier, Inference, top_labels
from pictures import ClassifyError, Picture
from service.explanation import explained
from service.request import ClassifyRequest
from service.response import (
    Classification,
    ErrorResponse,
    ImageInfo,
    ModelInfo,
    Outcome,
    PredictedLabel,
    Prediction,
    Predictions,
)
from service.timings import Timings


def classify(
    pictures: Sequence[Picture | ClassifyError],
    request: ClassifyRequest,
    classifier: Classifier,
    *,
    timings: Timings,
) -> Outcome:
    """Classify the pictures of a request, one after the other.

    Raises ModelUnavailable. In a batch, an unreadable picture gets an error in its place;
    otherwise its error is raised: RequestError or ImageError.
    """
    card = classifier.card

    def predict(picture: Picture, top_k: int) -> Prediction:
        if not classifier.loaded:
            start = time.perf_counter()
            if classifier.load():  # false if another request loaded it in the meantime
                timings.add("load", time.perf_counter() - start)
        asked = bool(request.explain or request.embedding)
        scores, _, features = _infer(picture, classifier, timings, features=asked)
        found = top_labels(scores, classifier.labels, top_k=top_k, min_score=request.min_score)
        labels = [PredictedLabel(*msgspec.structs.astuple(label)) for label in found]
        image = ImageInfo(picture.format, picture.width, picture.height)
        if features is None:
            return Prediction(labels, image)
        with timings.measure("explain"):
            return explained(
                Prediction(labels, image),
                features,
                card,
                explain=request.explain,
                embedding=request.embedding,
            )

    def attempt(picture: Picture | ClassifyError, top_k: int) -> Prediction | ErrorResponse:
        if isinstance(picture, ClassifyError):
            return ErrorResponse.from_exception(picture)
        return predict(picture, top_k)

    model = ModelInfo(card.name, card.version)
    if request.batch:
        return Predictions(list(map(attempt, pictures, request.top_k)), model)
    (picture,) = pictures
    if isinstance(picture, ClassifyError):
        raise picture
    prediction = predict(picture, *request.top_k)
    return Classification(prediction.labels, prediction.image, model, prediction.embedding)


def _infer(
    picture: Picture, classifier: Classifier, timings: Timings, *, features: bool
) -> Inference:
    """The inference of a picture; the time in the inference queue counts as `wait`."""
    start = time.perf_counter()
    inference = classifier.infer(picture.pixels, features=features)
    timings.add("infer", inference.seconds)
    timings.add("wait", time.perf_counter() - start - inference.seconds)
    return inference
