"""The project: its APIs, account, secrets and monitoring."""

import base64
import contextlib
import json
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

from google.cloud import monitoring_v3
from google.cloud.logging_v2.types import LogMetric
from google.cloud.monitoring_dashboard_v1 import Dashboard
from google.protobuf.json_format import ParseError

from tests.deploy.cloud.routing import Refused, Routes, look_up

APIS = (
    *("cloudbilling", "cloudbuild", "cloudfunctions", "cloudresourcemanager", "iam", "logging"),
    *("monitoring", "run", "secretmanager", "serviceusage"),
)
PROJECT = "my-project"
NUMBER = "123456789"
REGIONS = ("us-central1", "europe-west1")
ROUTES = Routes()
FILES = ("cmdline", "environ")
_PROJECT = rf"(?P<parent>projects/(?:{PROJECT}|{NUMBER}))"


class Cloud:
    """What is in the project, and the requests that it got."""

    def __init__(self, folder):
        self.folder = folder
        self.proxy = ""
        self.requests = []
        self.obstacles = {}
        self.watched = set()
        self.exposed = set()
        self.billing = True
        self.apis = set()
        self.accounts = {}
        self.secrets = {}
        self.functions = {}
        self.services = {}
        self.metrics = {}
        self.dashboards = {}
        self.policies = {}
        self.tokens = set()
        self.audiences = set()
        self.stalled, self.resume = threading.Event(), threading.Event()
        self._stall = None

    def refuse(self, request, *errors):
        """Answer the next requests that start so with an error each."""
        self.obstacles[request] = [Refused(*error) for error in errors]

    def stall(self, request):
        """Let the next request of this kind wait for `resume`; `stalled` is set meanwhile."""
        self._stall = request

    def receive(self, request):
        """Record a request and the watched secrets that any process exposes during it."""
        self.requests.append(request)
        self.exposed |= exposed(self.watched and self.watched | self.tokens)
        if request == self._stall:
            self._stall = None
            self.stalled.set()
            self.resume.wait()
            raise Refused(400, "ABORTED", "the caller is gone")
        for start, errors in self.obstacles.items():
            if request.startswith(start) and errors:
                raise errors.pop(0)

    def stop(self):
        """End the processes of all functions."""
        for service in self.services.values():
            service.stop()


def exposed(secrets):
    """The secrets in the arguments or the environment of a process of this session.

    Functions have other sessions.
    """
    texts = []
    for process in Path("/proc").glob("[0-9]*") if secrets else []:
        with contextlib.suppress(OSError):  # it has ended
            if os.getsid(int(process.name)) == os.getsid(0):
                texts += [(process / file).read_bytes() for file in FILES]
    return {secret for secret in secrets if any(secret.encode() in text for text in texts)}


def parse(kind, body):
    """A message of Google's published type. Refuses unknown fields and values."""
    try:
        return kind.from_json(body)
    except ParseError as error:
        raise Refused(400, "INVALID_ARGUMENT", str(error)) from error


def to_json(message):
    return type(message).to_dict(
        message, use_integers_for_enums=False, preserving_proto_field_name=False
    )


@ROUTES.add("POST", "oauth2/token")
def token(cloud, request):
    """An access token and an identity token, for people and service accounts."""
    cloud.audiences |= audience(parse_qs(request.body.decode()))
    payload = {"sub": "1", "exp": int(time.time()) + 3600, "iat": int(time.time())}
    parts = [{"alg": "none"}, payload, {}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    identity = ".".join(part.rstrip("=") for part in encoded)
    cloud.tokens.add(identity)
    return {"access_token": "a", "id_token": identity, "expires_in": 3600, "token_type": "Bearer"}


def audience(form):
    """For whom a service account asks for an identity token."""
    if "assertion" not in form:
        return set()
    claims = json.loads(base64.urlsafe_b64decode(form["assertion"][0].split(".")[1] + "=="))
    return {claims["target_audience"]} if "target_audience" in claims else set()


@ROUTES.add("GET", f"serviceusage/v1/{_PROJECT}/services")
def list_services(cloud, _):
    return {"services": [service(cloud, name) for name in cloud.apis]}


@ROUTES.add("GET", f"serviceusage/v1/{_PROJECT}/services/(?P<name>[^/]+)")
def get_service(cloud, request):
    return service(cloud, request.names["name"])


def service(cloud, name):
    state = "ENABLED" if name in cloud.apis else "DISABLED"
    return {"name": f"projects/{NUMBER}/services/{name}", "config": {"name": name}, "state": state}


@ROUTES.add("POST", f"serviceusage/v1/{_PROJECT}/services(:batchEnable|/(?P<name>[^/:]+):enable)")
def enable_services(cloud, request):
    cloud.apis.update(request.json().get("serviceIds") or [request.names["name"]])
    return {"name": "operations/enable", "done": True, "response": {}}


@ROUTES.add("GET", f"cloudbilling/v1/{_PROJECT}/billingInfo")
def get_billing(cloud, _):
    return {"projectId": PROJECT, "billingEnabled": cloud.billing}


@ROUTES.add("GET", f"cloudresourcemanager/v1/{_PROJECT}")
def get_project(*_):
    return {"projectId": PROJECT, "projectNumber": NUMBER, "lifecycleState": "ACTIVE"}


@ROUTES.add("GET", f"cloudbuild/v1/{_PROJECT}/locations/[^/]+/defaultServiceAccount")
def get_build_account(*_):
    email = f"build@{PROJECT}.iam.gserviceaccount.com"
    return {"serviceAccountEmail": f"projects/{PROJECT}/serviceAccounts/{email}"}


@ROUTES.add("POST", f"iam/v1/{_PROJECT}/serviceAccounts")
def create_account(cloud, request):
    body = request.json()
    email = f"{body['accountId']}@{PROJECT}.iam.gserviceaccount.com"
    if email in cloud.accounts:
        raise Refused(409, "ALREADY_EXISTS", f"{email} exists")
    name = f"projects/{PROJECT}/serviceAccounts/{email}"
    cloud.accounts[email] = {"email": email, "name": name, **body["serviceAccount"]}
    return cloud.accounts[email]


@ROUTES.add("GET", r"iam/v1/projects/[^/]+/serviceAccounts/(?P<name>[^/:]+)")
def get_account(cloud, request):
    return look_up(cloud.accounts, request.names["name"])


@ROUTES.add("DELETE", r"iam/v1/projects/[^/]+/serviceAccounts/(?P<name>[^/:]+)")
def delete_account(cloud, request):
    look_up(cloud.accounts, request.names["name"])
    del cloud.accounts[request.names["name"]]
    return {}


_SECRET = f"secretmanager/v1/{_PROJECT}/secrets/(?P<name>[^/:]+)"


@ROUTES.add("POST", f"secretmanager/v1/{_PROJECT}/secrets")
def create_secret(cloud, request):
    name = request.query["secretId"]
    cloud.secrets[name] = SimpleNamespace(versions=[], policy={"etag": "AA=="}, **request.json())
    return secret(name)


def secret(name, version=None):
    path = f"projects/{NUMBER}/secrets/{name}"
    return {"name": f"{path}/versions/{version}" if version else path}


@ROUTES.add("GET", _SECRET)
def get_secret(cloud, request):
    look_up(cloud.secrets, request.names["name"])
    return secret(request.names["name"])


@ROUTES.add("DELETE", _SECRET)
def delete_secret(cloud, request):
    look_up(cloud.secrets, request.names["name"])
    del cloud.secrets[request.names["name"]]
    return {}


@ROUTES.add("POST", f"{_SECRET}:addVersion")
def add_version(cloud, request):
    name = request.names["name"]
    versions = look_up(cloud.secrets, name).versions
    versions.append(base64.b64decode(request.json()["payload"]["data"]).decode())
    return {**secret(name, len(versions)), "clientSpecifiedPayloadChecksum": True}


@ROUTES.add("GET", f"{_SECRET}/versions")
def list_versions(cloud, request):
    name = request.names["name"]
    numbers = range(1, len(look_up(cloud.secrets, name).versions) + 1)
    return {"versions": [secret(name, number) for number in numbers]}


@ROUTES.add("GET", f"{_SECRET}/versions/latest(?P<verb>:access)?")
def get_version(cloud, request):
    name = request.names["name"]
    versions = look_up(cloud.secrets, name).versions
    if not versions:
        raise Refused(404, "NOT_FOUND", f"{name} has no versions")
    data = base64.b64encode(versions[-1].encode()).decode()
    payload = {"payload": {"data": data}} if request.names["verb"] else {"state": "ENABLED"}
    return {**secret(name, len(versions)), **payload}


@ROUTES.add("*", f"{_SECRET}:[gs]etIamPolicy")
def secret_policy(cloud, request):
    owner = look_up(cloud.secrets, request.names["name"])
    if request.method == "POST":
        owner.policy = request.json()["policy"]
    return owner.policy


@ROUTES.add("*", f"logging/v2/{_PROJECT}/metrics(/(?P<name>[^/]+))?")
def metric(cloud, request):
    name = request.names["name"]
    if request.method in ("POST", "PUT"):
        message = parse(LogMetric, request.body)
        cloud.metrics[message.name] = message
        return to_json(message)
    message = look_up(cloud.metrics, name)
    if request.method == "DELETE":
        del cloud.metrics[name]
        return {}
    return to_json(message)


@ROUTES.add("*", f"monitoring/v1/{_PROJECT}/dashboards(/(?P<name>[^/]+))?")
def dashboard(cloud, request):
    if request.method == "POST":
        message = parse(Dashboard, request.body)
        cloud.dashboards[message.name.rpartition("/")[2]] = message
        return to_json(message)
    message = look_up(cloud.dashboards, request.names["name"])
    if request.method == "DELETE":
        del cloud.dashboards[request.names["name"]]
        return {}
    return to_json(message)


@ROUTES.add("*", f"monitoring/v3/{_PROJECT}/alertPolicies(/(?P<name>[^/]+))?")
def alert_policy(cloud, request):
    name = request.names["name"]
    if request.method == "POST":
        message = parse(monitoring_v3.AlertPolicy, request.body)
        message.name = f"projects/{PROJECT}/alertPolicies/{len(cloud.policies) + 1}"
        cloud.policies[message.name.rpartition("/")[2]] = message
        return to_json(message)
    if request.method == "DELETE":
        look_up(cloud.policies, name)
        del cloud.policies[name]
        return {}
    return {"alertPolicies": [to_json(policy) for policy in cloud.policies.values()]}
