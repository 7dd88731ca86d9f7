"""Heat maps lie on what they explain, and embeddings are close for pictures that are alike."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from model import Classifier, FeaturesUnavailable, find_model
from model.features import ClassWeights, Features
from pictures import read_picture

CAT, ESPRESSO, TRIPOD = 285, 967, 872
SUBJECTS = {"chelsea.jpg": CAT, "coffee.jpg": ESPRESSO, "camera.jpg": TRIPOD}


@pytest.fixture(scope="module", params=["resnet50", "efficientnet_lite2"])
def shipped(request):
    return Classifier(find_model(request.param), num_threads=2)


def as_jpeg(image, **options):
    file = io.BytesIO()
    image.save(file, "JPEG", **{"quality": 95} | options)
    return file.getvalue()


def infer(classifier, image, **options):
    data = image if isinstance(image, bytes) else as_jpeg(image, **options)
    pixels = read_picture(data, classifier.card.input, max_pixels=10**8).pixels
    return classifier.infer(pixels, features=True)


def heat(classifier, image, index, **options):
    return infer(classifier, image, **options).features.heat(index)


def centre(heat):
    """The centre of what speaks for the class, as shares of height and width."""
    warm = np.maximum(heat, 0)
    places = [(np.arange(side) + 0.5) / side for side in warm.shape]
    return [float((warm.sum(1 - axis) @ places[axis]) / warm.sum()) for axis in (0, 1)]


@pytest.fixture(scope="module")
def two_subjects(photos):
    """A cat on the left and a cup on the right, each in a square."""
    sides = [ImageOps.fit(Image.open(photos / name), (300, 300)) for name in list(SUBJECTS)[:2]]
    both = Image.new("RGB", (600, 400), "gray")
    for number, side in enumerate(sides):
        both.paste(side, (300 * number, 50))
    return both


def test_each_subject_has_its_heat_on_its_side(shipped, two_subjects):
    assert centre(heat(shipped, two_subjects, CAT))[1] < 0.45
    assert centre(heat(shipped, two_subjects, ESPRESSO))[1] > 0.55


def test_the_heat_is_mirrored_with_the_picture(shipped, two_subjects):
    mirrored = heat(shipped, ImageOps.mirror(two_subjects), CAT)
    plain = heat(shipped, two_subjects, CAT)
    # Not exactly, because the strides of the convolutions begin at the left.
    assert centre(mirrored)[1] == pytest.approx(1 - centre(plain)[1], abs=0.1)
    assert np.corrcoef(mirrored[:, ::-1].ravel(), plain.ravel())[0, 1] > 0.75


@pytest.mark.parametrize(("orientation", "turned"), [(3, 180), (6, 90), (8, 270)])
def test_the_heat_is_that_of_the_upright_picture(shipped, two_subjects, orientation, turned):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = two_subjects.rotate(turned, expand=True)
    upright = heat(shipped, stored, CAT, exif=exif.tobytes())
    assert np.corrcoef(upright.ravel(), heat(shipped, two_subjects, CAT).ravel())[0, 1] > 0.97


def test_the_heat_moves_with_what_is_cut_off(shipped, two_subjects):
    """The left half is cut to the cat alone, which then is in the middle."""
    alone = two_subjects.crop((0, 50, 300, 350))
    assert centre(heat(shipped, alone, CAT))[1] == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_heat_adds_up_to_the_logits(shipped, photos, name):
    """But for the bias, which is in both pictures, and the sum that the softmax divides by."""
    results = [infer(shipped, (photos / each).read_bytes()) for each in (name, "rocket.jpg")]
    logits = [np.log(result.scores) for result in results]
    sums = [
        np.array([result.features.heat(index).sum() for index in range(1000)]) for result in results
    ]
    difference = (logits[0] - logits[1]) - (sums[0] - sums[1])
    # The last layer rounds the mean that it gets to 8 bits, the sum here does not.
    assert difference.std() < 0.05 * (logits[0] - logits[1]).std()


def cosine(classifier, image, other):
    first, second = (infer(classifier, each).features.embedding() for each in (image, other))
    return float(first @ second)


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_photo_is_close_to_its_copies(shipped, photos, name):
    photo = Image.open(photos / name).convert("RGB")
    width, height = photo.size
    copies = {
        "smaller": photo.resize((width * 3 // 4, height * 3 // 4)),
        "recompressed": Image.open(io.BytesIO(as_jpeg(photo, quality=75))),
        "cropped": photo.crop((width // 30, height // 30, width - width // 30, height)),
    }
    closeness = {kind: cosine(shipped, photo, copy) for kind, copy in copies.items()}
    assert min(closeness.values()) > 0.9, closeness


def test_photos_of_other_things_are_far(shipped, photos):
    names = [*SUBJECTS, "rocket.jpg"]
    vectors = [infer(shipped, (photos / name).read_bytes()).features.embedding() for name in names]
    cosines = np.array(vectors) @ np.array(vectors).T
    assert np.diag(cosines) == pytest.approx(1, abs=1e-5)
    assert cosines[~np.eye(len(names), dtype=bool)].max() < 0.6, cosines


def test_scores_are_the_same_with_and_without_features(shipped, chelsea):
    pixels = read_picture(chelsea, shipped.card.input, max_pixels=10**8).pixels
    plain, explained = (shipped.infer(pixels, features=asked) for asked in (False, True))
    assert (plain.scores == explained.scores).all()
    assert plain.features is None


def test_a_black_map_has_an_embedding_without_a_direction():
    nothing = np.zeros((2, 2, 3), np.float32)
    features = Features(nothing, ClassWeights(np.ones((1, 3)), np.ones(1, np.float32)))
    assert (features.embedding() == 0).all()


def test_a_model_of_labels_alone_refuses(photos):
    tiny = Classifier(photos / "tiny", num_threads=1)
    pixels = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(FeaturesUnavailable, match="tiny gives labels only: leave explain"):
        tiny.infer(pixels, features=True)
    assert tiny.infer(pixels).features is None
