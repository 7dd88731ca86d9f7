"""The clients of Hugging Face, Google Vision and TensorFlow Serving in Python, unchanged."""

import base64

import pytest
import requests
from google.api_core.exceptions import BadRequest
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import InvalidOperation
from google.cloud import vision
from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorRestTransport
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

PHOTOS = [("chelsea.jpg", "Egyptian cat"), ("coffee.jpg", "espresso"), ("camera.jpg", "tripod")]
LABELS = vision.Feature.Type.LABEL_DETECTION


@pytest.fixture(scope="module")
def url(start_server):
    return start_server().url


@pytest.mark.slow
def test_hugging_face(url, photos):
    client = InferenceClient(model=f"{url}/image-classification")
    for photo, label in PHOTOS:
        by_path = client.image_classification(photos / photo)
        by_bytes = client.image_classification((photos / photo).read_bytes(), top_k=2)
        assert (by_path[0].label, by_bytes[0].label) == (label, label)
        assert (len(by_path), len(by_bytes)) == (5, 2)
    with pytest.raises(HfHubHTTPError, match="UNSUPPORTED_IMAGE_FORMAT: the bytes") as raised:
        client.image_classification(b"no picture")
    assert raised.value.response.status_code == 415


def annotator_of(url):
    host = url.removeprefix("http://")
    return vision.ImageAnnotatorClient(
        transport=ImageAnnotatorRestTransport(
            host=host, credentials=AnonymousCredentials(), url_scheme="http"
        )
    )


@pytest.fixture
def annotator(url):
    with annotator_of(url) as client:
        yield client


@pytest.mark.slow
def test_a_key_is_sent_in_a_header(start_server, chelsea):
    url = start_server(API_KEYS="let-me-in").url
    model = f"{url}/image-classification"
    hugging_face = InferenceClient(model=model, headers={"X-API-Key": "let-me-in"})
    assert hugging_face.image_classification(chelsea)[0].label == "Egyptian cat"
    with pytest.raises(HfHubHTTPError, match="BAD_API_KEY"):
        InferenceClient(model=model).image_classification(chelsea)
    with annotator_of(url) as client:
        image = vision.Image(content=chelsea)
        reply = client.label_detection(image=image, metadata=[("x-api-key", "let-me-in")])
        assert reply.label_annotations[0].description == "Egyptian cat"
        with pytest.raises(InvalidOperation):  # the client tries to get new credentials
            client.label_detection(image=image)


@pytest.mark.slow
def test_google_vision(annotator, photos):
    for photo, label in PHOTOS:
        image = vision.Image(content=(photos / photo).read_bytes())
        annotations = annotator.label_detection(image=image, max_results=3).label_annotations
        assert (annotations[0].description, len(annotations)) == (label, 3)
        assert 0.4 < annotations[0].score < 1
        assert not annotations[0].mid


@pytest.mark.slow
def test_google_vision_reads_the_error_of_each_image(annotator, chelsea):
    content = {"content": chelsea}
    good, bad, face, address = annotator.batch_annotate_images(
        requests=[
            {"image": content, "features": [{"type_": LABELS}]},
            {"image": {"content": b"no picture"}, "features": [{"type_": LABELS}]},
            {"image": content, "features": [{"type_": vision.Feature.Type.FACE_DETECTION}]},
            {
                "image": {"source": {"image_uri": "https://example.com/a.jpg"}},
                "features": [{"type_": LABELS}],
            },
        ]
    ).responses
    assert good.label_annotations[0].description == "Egyptian cat"
    assert "not an image in a supported format" in bad.error.message
    assert "FACE_DETECTION is not supported" in face.error.message
    assert "imageUri is not supported" in address.error.message
    with pytest.raises(BadRequest) as raised:
        annotator.batch_annotate_images(requests=[])
    assert raised.value.reason in {"NO_IMAGE", "BAD_JSON"}


@pytest.mark.slow
def test_tensorflow_serving(url, photos):
    """As in https://www.tensorflow.org/tfx/serving/serving_kubernetes and its resnet_client."""
    predict = f"{url}/v1/models/resnet50:predict"
    instances = [
        {"b64": base64.b64encode((photos / photo).read_bytes()).decode()} for photo, _ in PHOTOS
    ]
    response = requests.post(predict, json={"instances": instances}, timeout=30)
    response.raise_for_status()
    predictions = response.json()["predictions"]
    assert [each["labels"][0]["label"] for each in predictions] == [label for _, label in PHOTOS]
    status = requests.get(predict.removesuffix(":predict"), timeout=30).json()
    assert status["model_version_status"][0]["state"] == "AVAILABLE"
    failed = requests.post(predict, data='{"instances": [{"b64": "?"}]}', timeout=30)
    assert (failed.status_code, failed.json()["error"].partition(":")[0]) == (400, "BAD_BASE64")
