"""Networks of every kind are served, and each contradiction between file and card is named."""

import numpy as np
import pytest

from model import Classifier, ModelUnavailable, top_labels
from tests.model.networks import network, write

# What networks of torchvision see: in units of pixels.
MEAN, STD = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
NORMALIZED = {"size": 8, "mean": MEAN, "std": STD}
SIGNED = {"size": 8, "mean": [127.5] * 3, "std": [127.5] * 3}


def picture(red, green, blue, *, shape=(8, 8)):
    return np.full((*shape, 3), (red, green, blue), np.uint8)


def output(folder, pixels):
    """The scores of the network in `folder`."""
    return Classifier(folder, num_threads=1).scores(pixels)


def softmax(values):
    exponentials = np.exp(np.array(values, np.float64) - np.max(values))
    return exponentials / exponentials.sum()


COLOUR = (200, 50, 120)
SEEN = (np.array(COLOUR) - MEAN) / STD


@pytest.mark.parametrize(
    ("options", "card", "expected"),
    [
        # Pixels as they are; in networks that have their normalization inside.
        ({"weights": np.eye(3) / 64}, {}, softmax(np.array(COLOUR) / 64)),
        ({}, {"input": NORMALIZED}, softmax(SEEN)),
        ({}, {"input": NORMALIZED, "temperature": 2.5}, softmax(SEEN / 2.5)),
        (
            {"activation": "softmax"},
            {"input": NORMALIZED, "output": "probabilities"},
            softmax(SEEN),
        ),
        (
            {"activation": "sigmoid"},
            {"input": NORMALIZED, "output": "sigmoid"},
            1 / (1 + np.exp(-SEEN)),
        ),
        (
            {"dtype": "int8", "quantization": (4.8 / 255, -14)},
            {"input": NORMALIZED},
            softmax(SEEN),
        ),
        (
            {"dtype": "uint8", "quantization": (2 / 255, 128)},
            {"input": SIGNED},
            softmax((np.array(COLOUR) - 127.5) / 127.5),
        ),
        (
            {"dtype": "uint8", "quantization": (1.0, 0), "weights": np.eye(3) / 64},
            {},
            softmax(np.array(COLOUR) / 64),
        ),
        (
            {"dtype": "int8", "quantization": (1.0, -128), "weights": np.eye(3) / 64},
            {},
            softmax(np.array(COLOUR) / 64),
        ),
        (
            {
                "activation": "softmax",
                "output_dtype": "uint8",
                "output_quantization": (1 / 256, 0),
            },
            {"input": NORMALIZED, "output": "probabilities"},
            softmax(SEEN),
        ),
        (
            {"output_dtype": "int8", "output_quantization": (0.05, 3)},
            {"input": NORMALIZED},
            softmax(SEEN),
        ),
    ],
    ids=[
        "float pixels",
        "float normalized",
        "temperature",
        "softmax",
        "sigmoid",
        "int8 of another scale",
        "uint8 of another scale",
        "uint8 pixels",
        "int8 pixels",
        "quantized softmax",
        "quantized logits",
    ],
)
def test_every_kind_of_network_returns_its_result(tmp_path, options, card, expected):
    folder = write(tmp_path, network(**options), **card)
    assert output(folder, picture(*COLOUR)) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("level", range(0, 256, 15))
@pytest.mark.parametrize("channel", range(3))
def test_a_table_gives_each_channel_its_own_values(tmp_path, level, channel):
    """Of an int8 network, in the steps of its input."""
    folder = write(tmp_path, network(dtype="int8", quantization=(4.8 / 255, -14)), input=NORMALIZED)
    colour = [0, 0, 0]
    colour[channel] = level
    seen = (np.array(colour) - MEAN) / STD
    assert output(folder, picture(*colour)) == pytest.approx(softmax(seen), abs=4.8 / 255 / 2)


def test_1001_classes_of_pictures_that_are_no_squares(tmp_path):
    weights = np.zeros((1001, 3))
    weights[1000] = 1, 0, 0
    labels = ["background", *(f"thing {number}" for number in range(1, 1001))]
    content = network(shape=(1, 240, 320, 3), weights=weights)
    folder = write(tmp_path, content, labels=labels, input={"size": [240, 320], "fit": "stretch"})
    classifier = Classifier(folder, num_threads=1)
    scores = classifier.scores(picture(255, 0, 0, shape=(240, 320)))
    assert top_labels(scores, classifier.labels, top_k=1)[0].label == "thing 1000"
    assert classifier.labels[0].wnid == ""


CONTRADICTIONS = {
    "size": (
        {},
        {"input": {"size": 16}},
        r"\[1, 8, 8, 3\], but input.size 16 .*: set input.size to 8",
    ),
    "height and width": (
        {"shape": (1, 8, 6, 3)},
        {"input": {"size": [6, 8]}},
        r"\[1, 8, 6, 3\], but input.size \[6, 8\] .* set input.size to \[8, 6\]",
    ),
    "channels first": (
        {"shape": (1, 3, 8, 8), "weights": np.ones((3, 8))},
        {},
        r"channels before rows .*\[1, 3, 8, 8\].*\[1, 8, 8, 3\].*import_model",
    ),
    "grey": (
        {"shape": (1, 8, 8, 1), "weights": np.ones((3, 1))},
        {},
        r"\[1, 8, 8, 1\], but .* grey pictures",
    ),
    "batch": ({"shape": (4, 8, 8, 3)}, {}, r"\[4, 8, 8, 3\], but .* one picture at a time"),
    "classes": (
        {"weights": np.ones((4, 3))},
        {},
        r"gives float32 \[1, 4\], but classes 3 in model.json means \[1, 3\]: set classes",
    ),
    "type": ({"dtype": "int16", "quantization": (1.0, 0)}, {}, r"takes int16, not float32"),
    "no scale": ({"dtype": "int8"}, {}, r"int8 without a scale and zero point.*import_model"),
    "calibrated on 0 to 127": (
        {"dtype": "int8", "quantization": (0.5, -128)},
        {},
        r"scale 0.5 and zero point -128 takes 0 to 127.5, but .* gets 0 to 255: set input.mean",
    ),
    "pixels for a normalized network": (
        {"dtype": "int8", "quantization": (4.8 / 255, -14)},
        {},
        r"takes -2.146 to 2.654, but by mean and std in model.json gets 0 to 255",
    ),
    "normalized for a network of pixels": (
        {"dtype": "uint8", "quantization": (1.0, 0)},
        {"input": NORMALIZED},
        r"takes 0 to 255, but by mean and std in model.json gets -2.118 to 2.64",
    ),
    "mean and std of 0 to 1": (
        {"dtype": "int8", "quantization": (4.8 / 255, -14)},
        {"input": {"size": 8, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}},
        r"in units of pixels of 0 to 255",
    ),
    "quantized probabilities as logits": (
        {"activation": "softmax", "output_dtype": "int8", "output_quantization": (1 / 256, -128)},
        {},
        r"from 0 to 0.9961 .* output is logits in model.json: set output to probabilities",
    ),
    "quantized logits as probabilities": (
        {"output_dtype": "int8", "output_quantization": (0.05, 0)},
        {"output": "probabilities"},
        r"from -6.4 to 6.35 .* output is probabilities in model.json: set output to logits",
    ),
    "two inputs": ({"inputs": 2}, {}, r"takes 2 inputs, but a classifier of pictures takes one"),
}


@pytest.mark.parametrize(("options", "card", "told"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_is_named_when_the_model_is_loaded(tmp_path, options, card, told):
    folder = write(tmp_path, network(**options), **card)
    with pytest.raises(ModelUnavailable, match=told):
        Classifier(folder, num_threads=1).load()


@pytest.mark.parametrize(
    ("options", "said", "told"),
    [
        (
            {},
            "probabilities",
            r"is probabilities .* gave scores from .* set output to logits",
        ),
        ({}, "sigmoid", r"output is sigmoid .* set output to logits"),
        ({"activation": "softmax"}, "logits", r"output is logits .* set output to probabilities"),
        ({"activation": "sigmoid"}, "probabilities", r"the sum .* set output to sigmoid"),
        ({"weights": np.full((3, 3), np.inf)}, "logits", r"not finite: compare its input.mean"),
    ],
)
def test_scores_that_contradict_the_card_are_rejected(tmp_path, options, said, told):
    folder = write(tmp_path, network(**options), input=NORMALIZED, output=said)
    classifier = Classifier(folder, num_threads=1)
    with pytest.raises(ModelUnavailable, match=told):
        classifier.scores(picture(*COLOUR))
    assert not classifier.loaded  # so that a repaired card is read


def test_a_sha256_may_be_in_capitals(tmp_path):
    folder = write(tmp_path, network())
    text = (folder / "model.json").read_text()
    digest = text.partition('"sha256": "')[2][:64]
    (folder / "model.json").write_text(text.replace(digest, digest.upper()))
    assert Classifier(folder, num_threads=1).load()
