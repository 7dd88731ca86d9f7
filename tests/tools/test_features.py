"""The outputs for heat maps and embeddings: added without touching anything else."""

import numpy as np
import pytest

from model import Classifier, ModelUnavailable, find_model, read_card
from model.check import report
from tests.model.networks import Builder, network, schema, write
from tools.features import NoFeatures, add_features, change_folder

NORMALIZED = {"size": 8, "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]}
INT8 = {"dtype": "int8", "quantization": (4.8 / 255, -14)}
WEIGHTS = np.array([[1, 0, 0], [0, 2, 0], [0, 0, 3], [1, 1, 1]], np.float32)
LABELS = ("red", "green", "blue", "grey")


@pytest.fixture
def picture():
    """Red on the left, blue on the right."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, :4, 0] = pixels[:, 4:, 2] = 255
    return pixels


@pytest.mark.parametrize("options", [{}, INT8, {"activation": "softmax"}], ids=str)
def test_the_outputs_are_the_map_and_the_weights(tmp_path, picture, options):
    content = network(weights=WEIGHTS, **options)
    kind = {"output": "probabilities"} if "activation" in options else {}
    folder = write(tmp_path, content, labels=LABELS, input=NORMALIZED, **kind)
    before = Classifier(folder, num_threads=1).scores(picture)
    change_folder(folder)
    scores, _, features = Classifier(folder, num_threads=1).infer(picture, features=True)
    assert (scores == before).all()
    seen = (picture - np.array(NORMALIZED["mean"])) / NORMALIZED["std"]
    assert features.map == pytest.approx(seen, abs=0.02)
    for index, weights in enumerate(WEIGHTS):
        assert features.heat(index) == pytest.approx(seen @ weights / 64, abs=0.02)
    mean = seen.mean(axis=(0, 1))
    assert features.embedding() == pytest.approx(mean / np.linalg.norm(mean), abs=0.02)
    assert "features, class_weights" in report(folder)
    assert read_card(folder).changes[-1].nature.startswith("Feature map")


def test_all_bytes_but_one_offset_stay():
    content = network()
    changed = add_features(content)
    differing = [
        i for i, (old, new) in enumerate(zip(content, changed, strict=False)) if old != new
    ]
    assert max(differing) - min(differing) < 4
    assert len(changed) <= len(content) + 3 + 16


@pytest.mark.parametrize("name", ["resnet50", "efficientnet_lite2"])
def test_the_shipped_files_have_them_already(name):
    folder = find_model(name)
    with pytest.raises(NoFeatures, match="it has 3 outputs"):
        add_features((folder / read_card(folder).file).read_bytes())


def test_a_network_that_ends_otherwise_is_refused():
    build = Builder()
    taken, kernel = build.tensor((1, 8, 8, 3), "float32"), np.ones((3, 192), np.float32)
    dense = schema.FullyConnectedOptionsT()
    weights = build.tensor(kernel.shape, "float32", data=kernel)
    code, scores = schema.BuiltinOperator.FULLY_CONNECTED, build.tensor((1, 3), "float32")
    build.apply(code, [taken, weights, -1], scores, dense)
    with pytest.raises(NoFeatures, match="MEAN is expected where it has nothing"):
        add_features(build.content([taken], scores))


def test_a_card_that_promises_missing_outputs_is_rejected(tmp_path):
    folder = write(tmp_path, network(), more_outputs=["features", "class_weights"])
    with pytest.raises(ModelUnavailable, match=r"gives \[\] after its scores, but more_outputs"):
        Classifier(folder, num_threads=1).load()


def test_the_check_finds_outputs_that_explain_nothing(tmp_path):
    """The weights are others than those of the last layer."""
    model = schema.ModelT.InitFromPackedBuf(add_features(network(weights=np.eye(3) / 64)), 0)
    (graph,) = model.subgraphs
    other = Builder()
    other.model, other.graph = model, graph
    *outputs, _ = graph.outputs
    decoy = other.tensor((3, 3), "float32", data=-np.eye(3))
    graph.outputs = [*outputs, decoy]
    content = other.packed()
    folder = write(tmp_path, content, more_outputs=["features", "class_weights"])
    with pytest.raises(ModelUnavailable, match=r"do not explain its scores \(correlation -1.00\)"):
        report(folder)
