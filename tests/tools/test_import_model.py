"""Small networks of every source become models that give the same: scripts/test-tools."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="needs tools/requirements.txt")

import torch

from model import Classifier, Input, float_normalizer, read_card, read_labels
from tests.model import networks
from tests.tools.teaching import teach
from tools import checkpoint, import_model
from tools.import_options import parser
from tools.keras_networks import from_application, from_file, keras
from tools.original import ImportFailed, output_kind, scores_for_noise
from tools.photos import NoPhotos, classes_of, find_photos, read_pixels
from tools.tflite_networks import from_content
from tools.torch_networks import from_timm, from_torchvision, timm_module, torchvision_module

ROOT = Path(__file__).parent.parent.parent
# The converters warn of what they will no longer do, and of each other.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def keras_file(tmp_path_factory):
    """A network of Keras that tells the three colours apart; it takes values of -1 to 1."""
    pictures = keras.Input((32, 48, 3))
    x = keras.layers.Conv2D(3, 3, padding="same", name="blur")(pictures)
    x = keras.layers.ReLU()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    network = keras.Model(pictures, keras.layers.Dense(3, activation="softmax")(x))
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    kernel[:, :, range(3), range(3)] = 1 / 9
    network.layers[1].set_weights([kernel, np.ones(3, np.float32)])
    network.layers[-1].set_weights([np.eye(3, dtype=np.float32) * 10, np.zeros(3, np.float32)])
    path = tmp_path_factory.mktemp("keras") / "colours.keras"
    network.save(path)
    return path


SIGNED = ("--mean", 127.5, "--std", 127.5)


@pytest.mark.parametrize("type_", ["int8", "float16", "float32"])
def test_a_keras_file_becomes_a_model_of_every_type(run, keras_file, tmp_path, type_):
    report = run(keras_file, *SIGNED, "--type", type_, "--licence", "mine", "--commercial-use")
    assert report.comparison.agreement == report.comparison.confident_agreement == 1
    assert report.comparison.largest_difference < (0.05 if type_ == "int8" else 1e-3)
    assert report.conversion_error < 1e-3
    card = read_card(tmp_path / "model")
    assert (card.input.height, card.input.width, card.output) == (32, 48, "probabilities")
    assert (card.licence.name, card.licence.commercial_use) == ("mine", True)
    assert (card.accuracy.top_1, card.accuracy.top_5) == (1, 1)
    assert type_ in card.file
    assert json.loads((tmp_path / "report" / "report.json").read_bytes())["bytes"] == report.bytes
    assert Image.open(tmp_path / "report" / "differences.jpg").width == 1200


def saved(module, folder):
    path = folder / "weights.pth"
    torch.save(module.state_dict(), path)
    return path


@pytest.mark.parametrize(
    "source",
    [
        "timm:test_efficientnet",
        "timm:test_resnet",
        "timm:test_convnext",
        "torchvision:mobilenet_v3_small",
    ],
)
def test_a_state_dict_becomes_a_model(run, colours, tmp_path, source):
    library, _, name = source.partition(":")
    torch.manual_seed(0)
    module, find = {
        "timm": (timm_module, from_timm),
        "torchvision": (torchvision_module, from_torchvision),
    }[library]
    network = module(name, classes=3)
    spec = find(name, saved(network, tmp_path), classes=3).input
    photos = find_photos([colours / "photos"])
    normalize = float_normalizer(spec)
    pictures = np.stack([normalize(read_pixels(photo, spec)) for photo in photos])
    truth = classes_of(photos, read_labels(colours / "labels.txt"))
    teach(network, torch.from_numpy(pictures).permute(0, 3, 1, 2), truth, classes=3)
    report = run(source, "--weights", saved(network, tmp_path))
    assert report.conversion_error < 1e-3
    assert report.comparison.confident == report.comparison.photos
    assert report.comparison.agreement >= 0.95
    assert read_card(tmp_path / "model").accuracy.top_1 >= 0.95


def test_a_network_of_keras_applications_becomes_a_model(run, tmp_path):
    weights = tmp_path / "network.weights.h5"
    keras.applications.MobileNet(weights=None, classes=3).save_weights(weights)
    options = ("--weights", weights, "--type", "float32", "--size", 32)
    report = run("keras:MobileNet", *options)
    assert report.comparison.largest_difference < 1e-3


def test_a_network_that_takes_any_size_is_explained(run, tmp_path):
    weights = tmp_path / "network.weights.h5"
    keras.applications.MobileNetV3Small(weights=None, classes=3).save_weights(weights)
    with pytest.raises(ImportFailed, match="add --size"):
        run("keras:MobileNetV3Small", "--weights", weights)


@pytest.mark.parametrize(
    ("name", "mean", "std"),
    [
        ("MobileNetV2", [127.5] * 3, [127.5] * 3),
        ("ResNet50", [123.68, 116.779, 103.939], [1, 1, 1]),  # and blue first
        ("DenseNet121", [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
        ("EfficientNetB0", [0, 0, 0], [1, 1, 1]),
    ],
)
def test_the_preprocessing_of_keras_applications_is_found(tmp_path, name, mean, std):
    weights = tmp_path / "network.weights.h5"
    build = getattr(keras.applications, name)
    build(weights=None, classes=3).save_weights(weights)
    spec = from_application(name, weights, classes=3).input
    assert spec.mean == pytest.approx(mean, abs=0.01)
    assert spec.std == pytest.approx(std, abs=0.01)


def test_a_tflite_file_is_made_smaller(run, keras_file, tmp_path):
    run(keras_file, *SIGNED, "--type", "float32", to=tmp_path / "first")
    (file,) = (tmp_path / "first").glob("*.tflite")
    report = run(file, *SIGNED, "--name", "smaller")
    assert report.comparison.agreement == 1
    assert Classifier(tmp_path / "model", num_threads=1).card.name == "smaller"


def test_what_a_network_gives_is_found(keras_file, tmp_path):
    torch.manual_seed(0)  # of some random weights, all scores are within 0 and 1
    weights = saved(timm_module("test_resnet", classes=3), tmp_path)
    found = {}
    for original in (from_file(keras_file), from_timm("test_resnet", weights, classes=3)):
        found[original.name] = output_kind(scores_for_noise(original, classes=3))
    assert found == {"colours": "probabilities", "test_resnet": "logits"}


def test_codes_pick_rows_of_the_codebook():
    tensors = {
        "fc.codes_matrix": torch.tensor([[1, 0], [2, 2]], dtype=torch.int16),
        "fc.codebook": torch.tensor([[0, 1], [2, 3], [4, 5]], dtype=torch.float16),
    }
    decoded = checkpoint._decoded(tensors, "fc", (2, 4))
    assert decoded.tolist() == [[2, 3, 0, 1], [4, 5, 4, 5]]


def test_a_file_that_does_not_say_how_it_sees_pixels(run, keras_file):
    with pytest.raises(ImportFailed, match="add --mean and --std, in pixels of 0 to 255"):
        run(keras_file)


@pytest.mark.parametrize(
    ("source", "options", "told"),
    [
        ("nowhere.keras", SIGNED, "there is no nowhere.keras: name a file, torchvision:NAME"),
        (__file__, SIGNED, "is of no kind that can be imported"),
        ("timm:nothing", (), "timm has no network or no weights 'nothing'"),
        ("torchvision:nothing", (), "torchvision has no classifier or no weights nothing"),
        ("torchvision:resnet50:V9", (), "no weights resnet50:V9"),
        ("keras:Nothing", (), "keras.applications has no Nothing"),
        ("keras:MobileNet", (), "cannot have these weights: .*check .*--labels"),
        ("keras:MobileNet", ("--weights", __file__), "cannot have these weights: .*save_weights"),
        ("keras:MobileNet", ("--weights", "nowhere"), "there is no file nowhere for --weights"),
        ("timm:test_resnet", ("--weights", __file__), "is not a state dict"),
        ("timm:test_resnet", ("--weights", "nowhere"), "there is no file nowhere for --weights"),
        ("resnet50", ("--weights", __file__), "has sha256"),
    ],
)
def test_a_wrong_source_is_explained(run, source, options, told):
    with pytest.raises(ImportFailed, match=told):
        run(source, *options)


def test_weights_of_another_network_are_explained(run, tmp_path):
    weights = saved(timm_module("test_resnet", classes=3), tmp_path)
    with pytest.raises(ImportFailed, match="the weights are of another network"):
        run("timm:test_efficientnet", "--weights", weights)


def test_a_whole_module_in_place_of_its_weights_is_explained(run, tmp_path):
    file = tmp_path / "whole.pth"
    torch.save(torch.nn.Linear(1, 1), file)
    with pytest.raises(ImportFailed, match=r"not a state dict, .*model\.state_dict\(\)") as raised:
        run("timm:test_resnet", "--weights", file)
    assert "weights_only" not in str(raised.value)  # torch's advice runs code of the file


def test_int8_without_photos_is_explained(run, keras_file):
    with pytest.raises(ImportFailed, match="int8 needs photos to calibrate with"):
        run(keras_file, *SIGNED, calibrate=False)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--labels", "nowhere"), "there is no file nowhere for --labels"),
        (("--evaluation", "nowhere"), "there are no photos in nowhere"),
        (("--to", __file__), "File exists"),
    ],
)
def test_a_wrong_path_is_found_first(run, keras_file, options, told):
    with pytest.raises((ImportFailed, NoPhotos, OSError), match=told):
        run(keras_file, *SIGNED, *options)


def test_another_size_is_the_network_s_too(run, tmp_path):
    weights = saved(timm_module("test_resnet", classes=3), tmp_path)
    options = ("--weights", weights, "--type", "float32", "--size", 64, 96)
    assert run("timm:test_resnet", *options).conversion_error < 1e-3
    spec = read_card(tmp_path / "model").input
    assert (spec.height, spec.width) == (64, 96)


def test_a_size_that_the_network_does_not_take_is_explained(run, keras_file):
    with pytest.raises(ImportFailed, match=r"cannot be run on .* 64x64: .*check --size"):
        run(keras_file, *SIGNED, "--size", 64)


def test_a_preprocessing_that_contradicts_itself_is_explained(run, keras_file):
    with pytest.raises(ImportFailed, match="resize is 20, less than the size 32"):
        run(keras_file, *SIGNED, "--resize", 20)


def test_a_quantized_file_is_not_imported():
    content = (ROOT / "tests" / "data" / "tiny" / "tiny.tflite").read_bytes()
    with pytest.raises(ImportFailed, match="takes int8, so it is quantized already"):
        from_content("tiny", content)


def test_a_tflite_file_with_channels_first_is_explained():
    with pytest.raises(ImportFailed, match=r"takes \[1, 3, 8, 8\], not pictures of one size"):
        from_content("colours", networks.network(shape=(1, 3, 8, 8)))


def test_a_converted_file_that_cannot_be_run_is_explained():
    build = networks.Builder()
    taken, scores = build.tensor((1, 8, 8, 3), "float32"), build.tensor((1, 3), "float32")
    build.apply(networks.schema.BuiltinOperator.CUSTOM, [taken], scores)
    build.model.operatorCodes[0].customCode = "Unknown"
    content = build.content([taken], scores)
    with pytest.raises(ImportFailed, match=r"(?s)cannot be run .*Unknown.* try another source"):
        import_model._conversion_error(content, Input(size=8), np.zeros((4, 3), np.float32))


@pytest.mark.parametrize("inputs", [list, dict])
def test_a_network_of_keras_with_two_inputs_is_explained(tmp_path, inputs):
    first, second = (keras.Input((32, 48, 3), name=name) for name in ("a", "b"))
    taken = [first, second] if inputs is list else {"a": first, "b": second}
    scores = keras.layers.GlobalAveragePooling2D()(keras.layers.Add()([first, second]))
    keras.Model(taken, scores).save(tmp_path / "two.keras")
    with pytest.raises(ImportFailed, match=r"two takes .*, not pictures of one size"):
        from_file(tmp_path / "two.keras")


def test_a_keras_file_that_takes_any_size_is_given_one(run, tmp_path):
    pictures = keras.Input((None, None, 3))
    scores = keras.layers.Softmax()(keras.layers.GlobalAveragePooling2D()(pictures))
    file = tmp_path / "any.keras"
    keras.Model(pictures, scores).save(file)
    with pytest.raises(ImportFailed, match=r"takes \[None, None, None, 3\], .*add --size"):
        run(file, *SIGNED)
    assert run(file, *SIGNED, "--type", "float32", "--size", 32, 48).conversion_error < 1e-3
    spec = read_card(tmp_path / "model").input
    assert (spec.height, spec.width) == (32, 48)


def test_the_guide_uses_options_that_there_are():
    guide = (ROOT / "docs" / "models.md").read_text()
    commands = "".join(re.findall(r"python -m tools\.import_model(?:.|\\\n)*?\n(?!  )", guide))
    used = set(re.findall(r"--[a-z-]+", commands))
    assert len(used) > 5
    assert used <= set(parser().format_help().split()) | {"--commercial-use"}
