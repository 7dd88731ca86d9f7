"""Clients that openapi-generator makes from the OpenAPI document have usable types.

They are read, not compiled, except by the test of the TypeScript client.
"""

import json
import re
import subprocess
from importlib.resources import files

import pytest

# The method for one image and the one for several, and the fields of the reply about one of
# several: what is optional there must be nullable.
EXPECTED = {
    "dart": [
        r"Future<Classification\?> classify\(MultipartFile image, \{ int\? topK, num\? minScore, "
        r"bool\? explain, bool\? embedding,",
        r"Future<PredictReply\?> predict\(InstancesRequest instancesRequest,",
        r"List<PredictedLabel> labels;",
        r"String\? error;",
    ],
    "kotlin": [
        r"fun classify\(image: java\.io\.File, topK: kotlin\.Int\? = null, "
        r"minScore: java\.math\.BigDecimal\? = null, explain: kotlin\.Boolean\? = null, "
        r"embedding: kotlin\.Boolean\? = null\) : Classification",
        r"fun predict\(instancesRequest: InstancesRequest\) : PredictReply",
        r"val labels: kotlin\.collections\.List<PredictedLabel>\? = null",
        r"val error: kotlin\.String\? = null",
    ],
    "swift6": [
        r"func classify\(image: URL, topK: Int\? = nil, minScore: Double\? = nil, "
        r"explain: Bool\? = nil, embedding: Bool\? = nil, .*\) async .*-> Classification",
        r"func predict\(instancesRequest: InstancesRequest, .*\) async .*-> PredictReply",
        r"var labels: \[PredictedLabel\]\?",
        r"var error: String\?",
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
    (tmp_path / "openapi.json").write_text(json.dumps(client.get("/openapi.json").json))
    (jar,) = files("openapi_generator_cli").glob("*.jar")
    done = subprocess.run(
        ["java", "-jar", jar, "generate", "-i", "openapi.json", "-g", language, "-o", "client"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    code = "\n".join(
        path.read_text()
        for path in (tmp_path / "client").rglob("*")
        if path.suffix in {".dart", ".kt", ".swift", ".ts"}
    )
    for signature in EXPECTED[language]:
        assert re.search(signature, code), signature
