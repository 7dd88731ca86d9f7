"""Cloud Functions, and the Cloud Run services below them."""

import urllib.error
import urllib.request
from collections import ChainMap

from google.cloud.functions_v2 import Function
from google.protobuf.field_mask_pb2 import FieldMask

from tests.deploy.cloud.apis import NUMBER, PROJECT, REGIONS, parse, to_json
from tests.deploy.cloud.host import StartFailed, start
from tests.deploy.cloud.routing import Refused, Routes, look_up

ROUTES = Routes()
_PARENT = rf"cloudfunctions/v2/projects/{PROJECT}/locations/(?P<region>[^/]+)"
_REGIONS = f"run/v1/projects/{PROJECT}/locations"
_SERVICE = rf"run/apis/serving.knative.dev/v1/namespaces/{PROJECT}/services/(?P<name>[^/]+)"
_METADATA = {"@type": "type.googleapis.com/google.cloud.functions.v2.OperationMetadata"}


class Service:
    """A Cloud Run service: its template, revisions by name, traffic and policy."""

    def __init__(self, name, region, url):
        self.name, self.region, self.url = name, region, url
        self.annotations = {}
        self.revisions = {}
        self.traffic = []
        self.policy = {"etag": "AA=="}
        self.generation = 0

    def add_revision(self, process):
        """Add a revision, which takes the traffic that goes to the latest one."""
        self.generation += 1
        self.revisions[f"{self.name}-{self.generation:05}-abc"] = process
        self.traffic = self.traffic or [{"latestRevision": True, "percent": 100}]

    def revision(self, tag):
        """The revision with this tag, or without one that with most of the traffic."""
        if not tag:
            return max(self.shares, key=self.shares.get)
        tagged = {share["tag"]: share for share in self.traffic if "tag" in share}
        return look_up(tagged, tag).get("revisionName", self.latest)

    @property
    def latest(self):
        return list(self.revisions)[-1]

    @property
    def shares(self):
        """Per cent of the traffic by revision."""
        return {
            share.get("revisionName", self.latest): share["percent"]
            for share in self.traffic
            if share.get("percent")
        }

    def stop(self):
        for process in self.revisions.values():
            process.stop()

    def to_json(self):
        done = [{"type": kind, "status": "True"} for kind in ("Ready", "RoutesReady")]
        return {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": {
                "name": self.name,
                "namespace": NUMBER,
                "generation": self.generation,
                "resourceVersion": f"AA{self.generation}",
                "labels": {"cloud.googleapis.com/location": self.region},
                "annotations": {},
            },
            "spec": {
                "template": {
                    "metadata": {"annotations": self.annotations},
                    "spec": {"containers": [{"image": "image"}]},
                },
                "traffic": self.traffic,
            },
            "status": {
                "observedGeneration": self.generation,
                "conditions": done,
                "latestCreatedRevisionName": self.latest,
                "latestReadyRevisionName": self.latest,
                "traffic": [
                    {"revisionName": name, "percent": percent}
                    for name, percent in self.shares.items()
                ],
                "url": self.url,
            },
        }


@ROUTES.add("GET", rf"{_PARENT}/runtimes")
def list_runtimes(*_):
    return {"runtimes": [{"name": "python314", "environment": "GEN_2"}]}


@ROUTES.add("POST", rf"{_PARENT}/functions:generateUploadUrl")
def make_upload_url(cloud, _):
    source = {"bucket": "uploads", "object": f"{len(list(cloud.folder.iterdir()))}.zip"}
    return {
        "uploadUrl": f"http://storage.googleapis.com/{source['object']}",
        "storageSource": source,
    }


@ROUTES.add("PUT", r"storage/(?P<name>[^/]+)")
def upload(cloud, request):
    (cloud.folder / request.names["name"]).write_bytes(request.body)
    return {}


@ROUTES.add("POST", rf"{_PARENT}/functions")
def create_function(cloud, request):
    function = parse(Function, request.body)
    return deploy(cloud, request, function)


@ROUTES.add("PATCH", rf"{_PARENT}/functions/(?P<name>[^/]+)")
def update_function(cloud, request):
    change = parse(Function, request.body)
    function = Function(look_up(cloud.functions, request.names["name"]))
    for path in request.query["updateMask"].split(","):
        *parents, field = path.split(".")
        source, target = Function.pb(change), Function.pb(function)
        for parent in parents:
            source, target = getattr(source, parent), getattr(target, parent)
        target.ClearField(field)  # a map would keep its other items
        FieldMask(paths=[field]).MergeMessage(source, target)
    return deploy(cloud, request, function)


def deploy(cloud, request, function):
    """Build the function, start a revision, and let it serve if it starts."""
    name, region = function.name.rpartition("/")[2], request.names["region"]
    url = f"http://{name}-{NUMBER}.run.app"
    service = cloud.services.get(name) or Service(name, region, url)
    try:
        process = start(cloud, function)
    except StartFailed as error:
        return operation(request, error={"code": 3, "message": str(error)})
    if function.service_config.all_traffic_on_latest_revision:
        service.traffic = []
    service.add_revision(process)
    cloud.services[name] = service
    function.service_config.uri = url
    function.service_config.service = f"projects/{PROJECT}/locations/{region}/services/{name}"
    function.environment, function.state = "GEN_2", "ACTIVE"
    cloud.functions[name] = function
    return operation(request, response=to_json(function))


def operation(request, **result):
    name = f"projects/{PROJECT}/locations/{request.names['region']}/operations/1"
    operation.last = {"name": name, "metadata": _METADATA, "done": True, **result}
    return operation.last


@ROUTES.add("GET", rf"{_PARENT}/operations/1")
def get_operation(*_):
    return operation.last


@ROUTES.add("GET", rf"{_PARENT}/functions/(?P<name>[^/]+)")
def get_function(cloud, request):
    return to_json(look_up(cloud.functions, request.names["name"]))


@ROUTES.add("DELETE", rf"{_PARENT}/functions/(?P<name>[^/]+)")
def delete_function(cloud, request):
    look_up(cloud.functions, request.names["name"])
    del cloud.functions[request.names["name"]]
    cloud.services.pop(request.names["name"]).stop()
    return operation(request, response={})


@ROUTES.add("GET", _REGIONS)
def list_regions(*_):
    return {"locations": [{"locationId": region} for region in REGIONS]}


@ROUTES.add("GET", _SERVICE)
def get_service(cloud, request):
    return look_up(cloud.services, request.names["name"]).to_json()


@ROUTES.add("GET", r"run/apis/serving.knative.dev/v1/namespaces/[^/]+/revisions/(?P<name>[^/]+)")
def get_revision(cloud, request):
    name = request.names["name"]
    look_up(ChainMap(*(service.revisions for service in cloud.services.values())), name)
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Revision",
        "metadata": {"name": name, "namespace": NUMBER},
        "spec": {"containers": [{"image": "image"}]},
        "status": {"imageDigest": "image@sha256:0"},
    }


@ROUTES.add("PUT", _SERVICE)
def replace_service(cloud, request):
    service = look_up(cloud.services, request.names["name"])
    spec = request.json()["spec"]
    service.traffic = spec["traffic"]
    unknown = {share.get("revisionName") for share in spec["traffic"]} - {None, *service.revisions}
    if unknown or sum(service.shares.values()) != 100:
        raise Refused(400, "INVALID_ARGUMENT", f"no such traffic: {spec['traffic']}")
    annotations = spec["template"]["metadata"]["annotations"]
    if annotations != service.annotations:
        service.annotations = annotations
        service.add_revision(service.revisions[service.latest])
    return service.to_json()


@ROUTES.add(
    "*", rf"run/v1/projects/{PROJECT}/locations/[^/]+/services/(?P<name>[^/]+):[gs]etIamPolicy"
)
def service_policy(cloud, request):
    service = look_up(cloud.services, request.names["name"])
    if request.method == "POST":
        service.policy = request.json()["policy"]
    return service.policy


@ROUTES.add("*", rf"((?P<tag>\w+)---)?(?P<name>[^/]+)-{NUMBER}\.run\.app/(?P<path>.*)")
def call_function(cloud, request):
    """Forward a request to the tagged or most used revision, if its caller may invoke it."""
    service = look_up(cloud.services, request.names["name"])
    members = [m for bound in service.policy.get("bindings", []) for m in bound["members"]]
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if "allUsers" not in members and token not in cloud.tokens:
        return 403, b"Forbidden"
    process = service.revisions[service.revision(request.names["tag"])]
    headers = {k: v for k, v in request.headers.items() if k not in ("Host", "Authorization")}
    url = f"{process.url}/{request.names['path']}"
    call = urllib.request.Request(url, request.body or None, headers, method=request.method)
    try:
        with urllib.request.urlopen(call, timeout=30) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
