"""Clients that openapi-generator makes from the OpenAPI document have usable types.

Dart, Kotlin and Swift are parsed, not compiled; the TypeScript client is compiled and run.
"""

import json
import re
import shutil
import subprocess
import urllib.request
from importlib.resources import files
from pathlib import Path

import pytest

from tests.client.grammars import GRAMMARS, is_valid

# The grammar lacks some of its syntax; the file is the same for all documents.
NOT_PARSED = "URLSessionImplementations.swift"
# The method for one image and the one for several, and the fields of the reply about one of
# several: what is optional there must be nullable.
EXPECTED = {
    "dart": [
        r"Future<Classification\?> classify\(MultipartFile image, \{ int\? topK, num\? minScore, "
        r"bool\? explain, bool\? embedding,",
        r"Future<PredictReply\?> predict\(InstancesRequest instancesRequest,",
        r"List<PredictedLabel> labels;",
        r"String\? error;",
        r"class Embedding \{",
    ],
    "kotlin": [
        r"fun classify\(image: java\.io\.File, topK: kotlin\.Int\? = null, "
        r"minScore: java\.math\.BigDecimal\? = null, explain: kotlin\.Boolean\? = null, "
        r"embedding: kotlin\.Boolean\? = null\) : Classification",
        r"fun predict\(instancesRequest: InstancesRequest\) : PredictReply",
        r"val labels: kotlin\.collections\.List<PredictedLabel>\? = null",
        r"val error: kotlin\.String\? = null",
        r"data class Embedding \(",
    ],
    "swift6": [
        r"func classify\(image: URL, topK: Int\? = nil, minScore: Double\? = nil, "
        r"explain: Bool\? = nil, embedding: Bool\? = nil, .*\) async .*-> Classification",
        r"func predict\(instancesRequest: InstancesRequest, .*\) async .*-> PredictReply",
        r"var labels: \[PredictedLabel\]\?",
        r"var error: String\?",
        r"struct Embedding:",
    ],
    "typescript-fetch": [
        r"classify\(requestParameters: ClassifyRequest, .*\): Promise<Classification>",
        r"predict\(requestParameters: PredictRequest, .*\): Promise<PredictReply>",
        r"labels\?: Array<PredictedLabel>;",
        r"error\?: string;",
    ],
}


@pytest.mark.slow
@pytest.mark.needs("java")
@pytest.mark.parametrize("language", EXPECTED)
def test_its_methods_take_and_return_one_type(client, tmp_path, language):
    generate(json.dumps(client.get("/openapi.json").json), language, tmp_path)
    texts = {
        path: path.read_text()
        for path in (tmp_path / "client").rglob("*")
        if path.suffix in {".dart", ".kt", ".swift", ".ts"} and path.name != NOT_PARSED
    }
    grammar = language.removesuffix("6")
    if grammar in GRAMMARS:
        assert [path.name for path, text in texts.items() if not is_valid(grammar, text)] == []
    code = "\n".join(texts.values())
    for signature in EXPECTED[language]:
        assert re.search(signature, code), signature


def generate(document, language, folder):
    """Generate a client in `client`, a subfolder."""
    (folder / "openapi.json").write_text(document)
    (jar,) = files("openapi_generator_cli").glob("*.jar")
    # Node wants the extensions of the files that are imported.
    options = ["--additional-properties=importFileExtension=.js"]
    done = subprocess.run(
        ["java", "-jar", jar, "generate", "-i", "openapi.json", "-g", language, "-o", "client"]
        + (options if language == "typescript-fetch" else []),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.needs("java", "npm", "node")
def test_the_typescript_client_classifies_photos(npm, start_server, photos):
    server = start_server()
    with urllib.request.urlopen(f"{server.url}/openapi.json") as response:
        generate(response.read().decode(), "typescript-fetch", npm.folder)
    shutil.copy(Path(__file__).parent / "generated.ts", npm.folder)
    npm(
        "npx", "tsc", "generated.ts", "--strict", "--target", "es2022", "--module", "nodenext",
        "--types", "node", "--skipLibCheck", "--noEmitOnError",
    )  # fmt: skip
    names = ["chelsea.jpg", "coffee.jpg", "camera.jpg"]
    printed = npm("node", "generated.js", server.url, *(str(photos / name) for name in names))
    *singles, first, second, third, bad, refused = printed.splitlines()
    labels = ["Egyptian cat", "espresso", "tripod"]
    assert [line.rpartition(" ")[0] for line in singles] == labels
    assert [line.split(", ")[0] for line in (first, second, third)] == labels
    assert bad.startswith("BAD_BASE64: instances[3].b64")
    assert refused == "415 UNSUPPORTED_IMAGE_FORMAT"
