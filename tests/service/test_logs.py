"""The log: one structured line for each request, without private data."""

import base64
import json

import pytest

from tests.service.samples import PNG

SECRET = "s3cr3t-k3y"


@pytest.fixture
def logged(client, capsys):
    """Send a request; its one log line."""

    def send(method="post", path="/", **options):
        capsys.readouterr()
        getattr(client, method)(path, **options)
        (line,) = capsys.readouterr().out.splitlines()
        return json.loads(line)

    return send


def test_a_classification_is_logged(logged, chelsea):
    line = logged(data=chelsea, content_type="image/jpeg")
    assert line["severity"] == "INFO"
    assert line["message"] == "POST / 200"
    request = line["httpRequest"]
    assert (request["requestMethod"], request["requestUrl"], request["status"]) == (
        "POST",
        "/",
        200,
    )
    assert int(request["requestSize"]) == len(chelsea)
    assert int(request["responseSize"]) > 100
    assert request["latency"].endswith("s")
    assert line["images"] == [{"format": "JPEG", "width": 451, "height": 300}]
    assert line["model"] == "resnet50 1.0.0"
    assert line["timings"].keys() >= {"read", "wait", "decode", "infer"}
    assert line["reasons"] == []


def test_the_line_of_a_batch_has_the_reasons_of_its_errors(logged):
    good = base64.b64encode(PNG).decode()
    line = logged(json={"instances": [{"b64": good}, {"b64": "?"}]})
    assert line["reasons"] == ["BAD_BASE64"]
    assert len(line["images"]) == 1


@pytest.mark.parametrize(
    ("request_", "severity", "reason"),
    [
        ({"data": b"x", "content_type": "image/png"}, "WARNING", "UNSUPPORTED_IMAGE_FORMAT"),
        ({"path": "/nope"}, "WARNING", "NO_SUCH_PATH"),
    ],
)
def test_the_line_of_an_error_has_its_reason(logged, request_, severity, reason):
    line = logged(**request_)
    assert (line["severity"], line["reason"]) == (severity, reason)


def test_a_503_has_the_severity_error(make_client, capsys, tmp_path):
    make_client(MODEL=str(tmp_path)).get("/ready")
    assert json.loads(capsys.readouterr().out)["severity"] == "ERROR"


TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
        {"X-Cloud-Trace-Context": f"{TRACE}/123;o=1"},
        {"X-Cloud-Trace-Context": TRACE},
    ],
)
def test_the_trace_of_the_request_is_logged(logged, monkeypatch, headers):
    field = "logging.googleapis.com/trace"
    assert logged("get", "/health", headers=headers)[field] == TRACE
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")
    line = logged("get", "/health", headers=headers)
    assert line[field] == f"projects/my-project/traces/{TRACE}"


def test_an_invalid_trace_is_ignored(logged):
    line = logged("get", "/health", headers={"traceparent": "nonsense"})
    assert "logging.googleapis.com/trace" not in line


def test_keys_names_and_bytes_are_never_logged(make_client, capfd, chelsea):
    client = make_client(API_KEYS=SECRET)
    for path, headers in [
        (f"/?key={SECRET}&top_k=1", {"X-API-Key": SECRET}),
        ("/", {"X-API-Key": f"{SECRET}x", "Authorization": f"Bearer {SECRET}"}),
        (f"/?top_k={SECRET}", {"X-API-Key": SECRET}),
    ]:
        client.post(path, data=chelsea, content_type="image/jpeg", headers=headers)
    printed = "".join(capfd.readouterr())
    assert printed.count("httpRequest") == 3
    assert SECRET not in printed


def test_a_long_path_is_cut(logged):
    assert len(logged("get", "/" + "x" * 5000)["message"]) < 300
