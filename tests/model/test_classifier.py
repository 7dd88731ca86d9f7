"""The real network, and what is refused to be one."""

import hashlib
import json
import shutil
import struct
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np
import pytest

from model import RESNET50, Classifier, ModelUnavailable, read_picture, top_labels


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
def test_photos_are_named(classifier, photos, photo, label):
    scores = classifier.scores(pixels(classifier, (photos / photo).read_bytes()))
    assert scores.shape == (1000,)
    assert scores.dtype == np.float32
    assert scores.sum() == pytest.approx(1, abs=1e-5)
    assert top_labels(scores, classifier.labels, top_k=1)[0].label == label


def test_the_first_two_scores_never_tie(classifier, photos):
    for photo in photos.glob("*.jpg"):
        scores = np.sort(classifier.scores(pixels(classifier, photo.read_bytes())))
        assert scores[-1] > scores[-2]


def test_nothing_is_loaded_before_it_is_needed(photos):
    classifier = Classifier(photos / "tiny", num_threads=1)
    assert len(classifier.labels) == 3
    assert not classifier.loaded
    classifier.load()
    assert classifier.loaded


def test_threads_share_one_network_and_each_gets_its_own_answer(classifier, photos):
    inputs = [
        pixels(classifier, (photos / photo).read_bytes())
        for photo in ("chelsea.jpg", "coffee.jpg", "camera.jpg")
    ] * 8
    alone = [classifier.scores(each) for each in inputs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(classifier.scores, inputs))
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("number", [1, 2, 5, 9])
def test_who_finds_the_network_taken_is_answered_in_turn(classifier, photos, number):
    """Together with others who wait, which changes nothing in the answer."""
    names = ("chelsea.jpg", "coffee.jpg", "camera.jpg")
    pictures = [pixels(classifier, (photos / name).read_bytes()) for name in names] * 3
    alone = [classifier.scores(picture) for picture in pictures[:number]]
    with ThreadPoolExecutor(number) as pool:
        with classifier._lock:
            waiting = [pool.submit(classifier.scores, picture) for picture in pictures[:number]]
            while len(classifier._waiting) < number:
                time.sleep(0.001)
            assert not any(each.done() for each in waiting)
        np.testing.assert_array_equal([each.result() for each in waiting], alone)
    np.testing.assert_array_equal(classifier.scores(pictures[0]), alone[0])


def test_those_who_wait_share_inferences(classifier, chelsea, monkeypatch):
    batches, run = [], type(classifier._loaded.network).run
    picture = pixels(classifier, chelsea)

    def watched(network, batch):
        batches.append(len(batch))
        return run(network, batch)

    monkeypatch.setattr(type(classifier._loaded.network), "run", watched)
    with ThreadPoolExecutor(5) as pool, classifier._lock:
        waiting = [pool.submit(classifier.infer, picture) for _ in range(5)]
        while len(classifier._waiting) < 5:
            time.sleep(0.001)
    assert batches == [2, 2, 1]
    assert len({each.result().seconds for each in waiting}) == 3


def test_who_comes_later_does_not_overtake(classifier, photos, monkeypatch):
    """Though the network is free, as it is while the thread that infers for others wakes up."""
    order, run = [], type(classifier._loaded.network).run
    first, second = (
        pixels(classifier, (photos / name).read_bytes()) for name in ("chelsea.jpg", "coffee.jpg")
    )

    def watched(network, batch):
        order.extend(batch)
        return run(network, batch)

    def come(picture, *, nth):
        waiting = pool.submit(classifier.scores, picture)
        while len(classifier._waiting) < nth and not waiting.done():
            time.sleep(0.001)
        return waiting

    monkeypatch.setattr(type(classifier._loaded.network), "run", watched)
    awake = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        classifier._thread.submit(awake.wait)
        with classifier._lock:
            earlier = come(first, nth=1)
        later = come(second, nth=2)
        awake.set()
        assert earlier.result().argmax() != later.result().argmax()
    np.testing.assert_array_equal(order, [first, second])


def test_an_interpreter_that_failed_is_not_used_again(chelsea, monkeypatch):
    """The error stands in for memory that runs out; what it leaves undone is real."""
    classifier = Classifier(RESNET50, num_threads=1)
    picture = pixels(classifier, chelsea)
    alone = classifier.scores(picture)
    failed = weakref.ref(classifier._loaded.network._interpreter)
    with monkeypatch.context() as patch:
        error = RuntimeError("Failed to allocate")
        patch.setattr(failed(), "allocate_tensors", mock.Mock(side_effect=error))
        with pytest.raises(ModelUnavailable, match="inference failed: Failed to allocate") as told:
            classifier._infer([picture, picture])
    assert not classifier.loaded
    del error, patch
    assert failed() is None, f"its memory is held by {told}"
    np.testing.assert_array_equal(classifier.scores(picture), alone)
    pair = [inference.scores for inference in classifier._infer([picture, picture])]
    np.testing.assert_array_equal(pair, [alone, alone])


@pytest.mark.parametrize(("batch", "most"), [(-1, 2), (1, 1)])
def test_a_network_gets_as_many_pictures_at_a_time_as_it_takes(folder, batch, most):
    """A size that the converter left open is -1 in the file, and the tiny model's batch is."""
    path, card_path = folder / "tiny.tflite", folder / "model.json"
    opened, fixed = (struct.pack("<4i", size, 8, 8, 3) for size in (-1, batch))
    path.write_bytes(path.read_bytes().replace(opened, fixed))
    card = json.loads(card_path.read_bytes())
    card["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    card_path.write_text(json.dumps(card))

    classifier = Classifier(folder, num_threads=1)
    classifier.load()
    assert classifier._loaded.network.max_batch == most
    colours = np.zeros((3, 8, 8, 3), np.uint8)
    for channel in range(3):
        colours[channel, ..., channel] = 255
    with ThreadPoolExecutor(3) as pool:
        with classifier._lock:
            waiting = [pool.submit(classifier.scores, colour) for colour in colours]
            while len(classifier._waiting) < 3:
                time.sleep(0.001)
        assert [each.result().argmax() for each in waiting] == [0, 1, 2]


def test_who_waits_is_told_what_is_wrong_too(folder):
    (folder / "tiny.tflite").write_bytes(b"damaged")
    classifier = Classifier(folder, num_threads=1)
    picture = np.zeros((8, 8, 3), np.uint8)
    with ThreadPoolExecutor(1) as pool:
        with classifier._lock:
            waiting = pool.submit(classifier.scores, picture)
        with pytest.raises(ModelUnavailable, match="damaged"):
            waiting.result()


def test_threads_that_come_first_together_load_once(photos, monkeypatch):
    loads = []
    monkeypatch.setattr("model.classifier._check_sha256", lambda *_: loads.append(1))
    classifier = Classifier(photos / "tiny", num_threads=1)
    start = threading.Barrier(8)

    def load(_):
        start.wait()
        classifier.load()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(load, range(8)))
    assert loads == [1]


@pytest.mark.parametrize(("channel", "label"), [(0, "red"), (1, "green"), (2, "blue")])
def test_int8_pixels_and_quantized_probabilities_are_understood(photos, channel, label):
    """The tiny model has softmax(0.02 * mean colour) built in; its steps are 1/256."""
    classifier = Classifier(photos / "tiny", num_threads=1)
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[..., channel] = 255
    scores = classifier.scores(picture)
    assert top_labels(scores, classifier.labels, top_k=1)[0].label == label
    assert scores.max() == pytest.approx(np.exp(5.1) / (np.exp(5.1) + 2), abs=0.02)


def test_a_changed_byte_is_found_before_loading(folder):
    path = folder / "tiny.tflite"
    damaged = bytearray(path.read_bytes())
    damaged[100] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ModelUnavailable, match="is damaged: its sha256 is not the card's"):
        Classifier(folder, num_threads=1).load()


def test_a_missing_file_is_named_and_found_when_it_comes_back(folder):
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


def test_a_card_that_was_wrong_is_read_again(folder):
    right = (folder / "model.json").read_bytes()
    rewrite_card(folder, sha256="0" * 64)
    classifier = Classifier(folder, num_threads=1)
    with pytest.raises(ModelUnavailable, match="is damaged"):
        classifier.load()
    (folder / "model.json").write_bytes(right)
    classifier.load()
    assert classifier.loaded


def test_a_file_that_is_no_model_is_refused(folder):
    (folder / "note.txt").write_text("not a model")
    sha256 = hashlib.sha256(b"not a model").hexdigest()
    rewrite_card(folder, file="note.txt", sha256=sha256)
    with pytest.raises(ModelUnavailable, match=r"note\.txt is not a TFLite model"):
        Classifier(folder, num_threads=1).load()


def test_a_card_of_another_network_is_refused(folder):
    rewrite_card(folder, input={"size": 16, "resize": 16})
    with pytest.raises(ModelUnavailable, match=r"takes int8 \[1, 8, 8, 3\].*by its card"):
        Classifier(folder, num_threads=1).load()
