"""The real network, and what is refused to be one."""

import hashlib
import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from model import RESNET50, Classifier, ModelUnavailable, top_labels
from model.network import Interpreter
from pictures import read_picture


@pytest.fixture
def folder(photos, tmp_path):
    """A copy of the tiny model's folder, to be damaged."""
    return shutil.copytree(photos / "tiny", tmp_path / "tiny")


def pixels(classifier, data):
    return read_picture(data, classifier.card.input, max_pixels=10**8).pixels


@pytest.mark.parametrize(
    ("photo", "label"),
    [("chelsea.jpg", "Egyptian cat"), ("coffee.jpg", "espresso"), ("camera.jpg", "tripod")],
)
def test_photos_are_classified(classifier, photos, photo, label):
    scores = classifier.scores(pixels(classifier, (photos / photo).read_bytes()))
    assert scores.shape == (1000,)
    assert scores.dtype == np.float32
    assert scores.sum() == pytest.approx(1, abs=1e-5)
    assert top_labels(scores, classifier.labels, top_k=1)[0].label == label


def test_the_first_two_scores_never_tie(classifier, photos):
    for photo in photos.glob("*.jpg"):
        scores = np.sort(classifier.scores(pixels(classifier, photo.read_bytes())))
        assert scores[-1] > scores[-2]


def test_the_network_is_loaded_on_first_use(photos):
    classifier = Classifier(photos / "tiny", num_threads=1)
    assert len(classifier.labels) == 3
    assert not classifier.loaded
    classifier.load()
    assert classifier.loaded


def test_threads_share_one_network_and_get_their_own_scores(classifier, photos):
    inputs = [
        pixels(classifier, (photos / photo).read_bytes())
        for photo in ("chelsea.jpg", "coffee.jpg", "camera.jpg")
    ] * 8
    alone = [classifier.scores(each) for each in inputs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(classifier.scores, inputs))
    np.testing.assert_array_equal(together, alone)


@pytest.fixture
def failing_interpreter(monkeypatch):
    """A stand-in for memory that runs out: while it is entered, invoke() fails as LiteRT does."""

    @contextmanager
    def fail():
        def invoke(_):
            raise RuntimeError("Failed to allocate")

        with monkeypatch.context() as patch:
            patch.setattr(Interpreter, "invoke", invoke)
            yield

    return fail


def test_a_failed_interpreter_is_replaced(chelsea, failing_interpreter):
    classifier = Classifier(RESNET50, num_threads=1)
    picture = pixels(classifier, chelsea)
    before = classifier.scores(picture)
    with (
        failing_interpreter(),
        pytest.raises(ModelUnavailable, match="inference failed: Failed to allocate"),
    ):
        classifier.scores(picture)
    assert not classifier.loaded
    np.testing.assert_array_equal(classifier.scores(picture), before)


def test_concurrent_first_calls_load_once(photos):
    classifier = Classifier(photos / "tiny", num_threads=1)
    start = threading.Barrier(8)

    def load(_):
        start.wait()
        return classifier.load()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(load, range(8))) == 1


@pytest.mark.parametrize(("channel", "label"), [(0, "red"), (1, "green"), (2, "blue")])
def test_int8_pixels_and_quantized_probabilities_are_understood(photos, channel, label):
    """The tiny model has softmax(0.02 * mean colour) built in; its steps are 1/256."""
    classifier = Classifier(photos / "tiny", num_threads=1)
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[..., channel] = 255
    scores = classifier.scores(picture)
    assert top_labels(scores, classifier.labels, top_k=1)[0].label == label
    assert scores.max() == pytest.approx(np.exp(5.1) / (np.exp(5.1) + 2), abs=0.02)


def test_a_changed_byte_is_detected_before_loading(folder):
    path = folder / "tiny.tflite"
    damaged = bytearray(path.read_bytes())
    damaged[100] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(
        ModelUnavailable,
        match=r"is damaged: its sha256 is [0-9a-f]{64}, not the card's [0-9a-f]{64}",
    ):
        Classifier(folder, num_threads=1).load()


def test_a_missing_file_is_named_and_a_load_is_retried(folder):
    (folder / "tiny.tflite").rename(folder / "away")
    classifier = Classifier(folder, num_threads=1)
    with pytest.raises(ModelUnavailable, match=r"tiny\.tflite cannot be read: No such file"):
        classifier.load()
    (folder / "away").rename(folder / "tiny.tflite")
    classifier.load()
    assert classifier.loaded


def rewrite_card(folder, **change):
    card = json.loads((folder / "model.json").read_bytes()) | change
    (folder / "model.json").write_text(json.dumps(card))


def test_a_corrected_card_is_read_again(folder):
    right = (folder / "model.json").read_bytes()
    rewrite_card(folder, sha256="0" * 64)
    classifier = Classifier(folder, num_threads=1)
    with pytest.raises(ModelUnavailable, match="is damaged"):
        classifier.load()
    (folder / "model.json").write_bytes(right)
    classifier.load()
    assert classifier.loaded


def test_a_file_that_is_no_model_is_rejected(folder):
    (folder / "note.txt").write_text("not a model")
    sha256 = hashlib.sha256(b"not a model").hexdigest()
    rewrite_card(folder, file="note.txt", sha256=sha256)
    with pytest.raises(ModelUnavailable, match=r"note\.txt is not a TFLite model"):
        Classifier(folder, num_threads=1).load()


def test_the_card_of_another_network_is_rejected(folder):
    rewrite_card(folder, input={"size": 16, "resize": 16})
    with pytest.raises(ModelUnavailable, match=r"takes int8 \[1, 8, 8, 3\].*set input.size to 8"):
        Classifier(folder, num_threads=1).load()
