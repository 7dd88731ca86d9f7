#!/usr/bin/env -S python3 -IS
"""A stand-in for gcloud: a Google Cloud that is one JSON file, named by $STAND_IN.

The real one needs an account, a network and money, so no test can run it. This one checks what
can be checked without: that a command exists and takes the flags it is given (by
gcloud_flags.json), and that what it is about is there. It records every call, and which of the
watched secrets a list of processes showed during it.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

TABLE = json.loads(Path(__file__).resolve().with_name("gcloud_flags.json").read_text())


class Refused(Exception):
    """What gcloud would say no to."""


def main(arguments):
    path = Path(os.environ["STAND_IN"])
    cloud = json.loads(path.read_text())
    cloud["calls"].append(["gcloud", *arguments])
    cloud["seen"] += visible(cloud["watched"])
    code = 0
    try:
        command, names, flags = parse(arguments)
        obstruct(command, cloud, path)
        rows = COMMANDS[command](cloud, names, flags)
        print_rows(rows, flags)
    except Refused as refusal:
        sys.stderr.write(f"ERROR: (gcloud) {refusal}\n")
        code = 1
    path.write_text(json.dumps(cloud))
    return code


def parse(arguments):
    """The command, the names after it and its flags, if gcloud would take them."""
    words = next((n for n in (3, 2) if " ".join(arguments[:n]) in TABLE["commands"]), 0)
    if not words:
        raise Refused(f"Invalid choice: {arguments}")
    command = " ".join(arguments[:words])
    facts = TABLE["commands"][command]
    names, flags = [], {}
    for argument in arguments[words:]:
        flag, equals, value = argument.partition("=")
        kind = "values" if equals else "switches"
        if not argument.startswith("-"):
            names.append(argument)
        elif flag in facts[kind] or flag in TABLE["every_command"][kind]:
            flags[flag] = value
        else:
            raise Refused(f"unrecognized arguments: {argument}")
    check(facts, names, flags)
    return command, names, flags


def check(facts, names, flags):
    if facts["names"] not in ("any", len(names)):
        raise Refused(f"takes {facts['names']} names, not {names}")
    for flag in facts.get("required", []):
        if flag not in flags:
            raise Refused(f"argument {flag}: Must be specified.")
    for group in facts.get("at_most_one_of", []):
        if len(set(group) & set(flags)) > 1:
            raise Refused(f"At most one of {group} can be specified.")


def obstruct(command, cloud, path):
    """What a test has put in the way of a command: a refusal, each for one call, or a wait."""
    refusals = cloud["refusals"].get(command)
    if refusals:
        raise Refused(refusals.pop(0))
    if cloud["hangs"] == command:
        path.with_suffix(".hanging").touch()
        time.sleep(10)


def visible(secrets):
    """Those that stand in the arguments or the environment of any process."""
    texts = []
    for process in Path("/proc").glob("[0-9]*") if secrets else []:
        for file in ("cmdline", "environ"):
            try:
                texts.append((process / file).read_bytes().decode(errors="replace"))
            except OSError:
                continue  # it has ended, or is not ours
    return [secret for secret in secrets if any(secret in text for text in texts)]


def print_rows(rows, flags):
    """As --flatten=FIELD and --format=value(FIELD,...) have it; otherwise as it comes."""
    rows = rows if isinstance(rows, list) else [rows]
    if "--flatten" in flags:
        field = flags["--flatten"]
        rows = [nest(field, item) for row in rows for item in look_up(row, field)]
    columns = re.fullmatch(r"value\((.*)\)", flags.get("--format", ""))
    for row in rows:
        if columns:
            line = "\t".join(str(look_up(row, field)) for field in columns[1].split(","))
            sys.stdout.write(f"{line}\n")
        elif row and flags.get("--format") != "none":
            sys.stdout.write(f"{row}\n")


def look_up(row, field):
    for dotted, quoted in re.findall(r'([\w-]+)|\["([^"]+)"\]', field):
        row = row.get(dotted or quoted, "") if row else ""
    return row


def nest(field, value):
    for key in reversed(field.split(".")):
        value = {key: value}
    return value


def there(things, name):
    if name not in things:
        raise Refused(f"NOT_FOUND: {name} was not found")
    return things[name]


def pairs(text):
    """KEY=VALUE,... or, with another separator, ^:^KEY=VALUE:..."""
    separator = ","
    if text.startswith("^"):
        _, separator, text = text.split("^", 2)
    return dict(part.split("=", 1) for part in text.split(separator))


def describe(kind):
    return lambda cloud, names, _: there(cloud[kind], names[0])


def delete(kind):
    def run(cloud, names, _):
        there(cloud[kind], names[0])
        del cloud[kind][names[0]]

    return run


def create(kind, make):
    def run(cloud, names, flags):
        if names[0] in cloud[kind]:
            raise Refused(f"ALREADY_EXISTS: {names[0]}")
        cloud[kind][names[0]] = make(names[0], flags)

    return run


def create_account(cloud, names, flags):
    email = f"{names[0]}@{flags['--project']}.iam.gserviceaccount.com"
    create("accounts", lambda *_: {"email": email})(cloud, [email], flags)


def enable_services(cloud, names, _):
    cloud["apis"] += names


def list_files(cloud, *_):
    return cloud["upload"]


def deploy_function(cloud, names, flags):
    name = names[0]
    if "--cpu" in flags and "--memory" not in flags:
        raise Refused("--cpu: --memory must be specified.")
    labels = pairs(flags["--update-labels"])
    for text in [*labels, *labels.values()]:
        if not re.fullmatch(r"[a-z0-9_-]{1,63}", text):
            raise Refused(f"not a label: {text}")
    account = flags["--service-account"]
    there(cloud["accounts"], account)
    if "--set-secrets" in flags:
        secret = pairs(flags["--set-secrets"])["API_KEYS"].split(":")[0]
        if account not in there(cloud["secrets"], secret)["readers"]:
            raise Refused(f"Permission denied on secret {secret} for {account}")
    service = cloud["services"].setdefault(name, new_service())
    add_revision(service, name)
    if "--serve-all-traffic-latest-revision" in flags or len(service["revisions"]) == 1:
        service["status"]["traffic"] = [{"revisionName": service["revisions"][-1], "percent": 100}]
    previous = cloud["functions"].get(name, {"labels": {}})
    cloud["functions"][name] = {
        "labels": {**previous["labels"], **labels},
        "serviceConfig": {"uri": cloud["url"]},
        "environment": pairs(flags["--set-env-vars"]),
        "flags": flags,
        "ignore_file": Path(flags["--ignore-file"]).read_text()
        if "--ignore-file" in flags
        else None,
    }


def new_service():
    return {
        "spec": {"template": {"metadata": {"annotations": {}}}},
        "status": {"traffic": []},
        "revisions": [],
    }


def add_revision(service, name):
    service["revisions"].append(f"{name}-{len(service['revisions']) + 1:05}-abc")


def delete_function(cloud, names, flags):
    delete("functions")(cloud, names, flags)
    delete("services")(cloud, names, flags)


def update_service(cloud, names, flags):
    service = there(cloud["services"], names[0])
    if "--cpu-boost" in flags:
        annotations = service["spec"]["template"]["metadata"]["annotations"]
        annotations["run.googleapis.com/startup-cpu-boost"] = "true"
    serving_latest = service["status"]["traffic"][0]["revisionName"] == service["revisions"][-1]
    add_revision(service, names[0])
    if serving_latest:
        service["status"]["traffic"][0]["revisionName"] = service["revisions"][-1]


def update_traffic(cloud, names, flags):
    service = there(cloud["services"], names[0])
    shares = pairs(flags["--to-revisions"])
    traffic = []
    for revision, percent in shares.items():
        name = service["revisions"][-1] if revision == "LATEST" else revision
        if name not in service["revisions"]:
            raise Refused(f"there is no revision {name}")
        traffic.append({"revisionName": name, "percent": int(percent)})
    if sum(share["percent"] for share in traffic) != 100:
        raise Refused(f"the shares are not 100: {shares}")
    service["status"]["traffic"] = traffic


def bind_secret(cloud, names, flags):
    account = flags["--member"].removeprefix("serviceAccount:")
    there(cloud["accounts"], account)
    there(cloud["secrets"], names[0])["readers"].append(account)


def versions(cloud, flags):
    found = there(cloud["secrets"], flags["--secret"])["versions"]
    if not found:
        raise Refused("NOT_FOUND: the secret has no versions")
    return found


def add_version(cloud, names, flags):
    if flags["--data-file"] != "-":
        raise Refused("the test wants secrets on stdin")
    there(cloud["secrets"], names[0])["versions"].append(sys.stdin.read())


def save_metric(cloud, names, flags):
    cloud["metrics"][names[0]] = json.loads(Path(flags["--config-from-file"]).read_text())


def save_dashboard(cloud, _, flags):
    dashboard = json.loads(Path(flags["--config-from-file"]).read_text())
    name = dashboard["name"].split("/")[-1]
    create("dashboards", lambda *_: dashboard)(cloud, [name], flags)


def save_policy(cloud, _, flags):
    policy = json.loads(Path(flags["--policy-from-file"]).read_text())
    policy["name"] = f"projects/p/alertPolicies/{len(cloud['policies'])}"
    policy["channels"] = flags.get("--notification-channels")
    cloud["policies"][policy["name"]] = policy


def list_policies(cloud, _, flags):
    wanted = re.fullmatch(r'displayName="(.*)"', flags["--filter"])[1]
    return [policy for policy in cloud["policies"].values() if policy["displayName"] == wanted]


COMMANDS = {
    "auth list": lambda cloud, *_: [{"account": cloud["account"]}] if cloud["account"] else [],
    "auth print-identity-token": lambda cloud, *_: cloud["token"],
    "billing projects describe": lambda cloud, *_: {"billingEnabled": cloud["billing"]},
    "config get-value": lambda cloud, *_: cloud["default_project"],
    "functions delete": delete_function,
    "functions deploy": deploy_function,
    "functions describe": describe("functions"),
    "iam service-accounts create": create_account,
    "iam service-accounts delete": delete("accounts"),
    "iam service-accounts describe": describe("accounts"),
    "logging metrics create": save_metric,
    "logging metrics delete": delete("metrics"),
    "logging metrics describe": describe("metrics"),
    "logging metrics update": save_metric,
    "meta list-files-for-upload": list_files,
    "monitoring dashboards create": save_dashboard,
    "monitoring dashboards delete": delete("dashboards"),
    "monitoring dashboards describe": describe("dashboards"),
    "monitoring policies": lambda *_: "NAME\n    gcloud monitoring policies",
    "monitoring policies create": save_policy,
    "monitoring policies delete": delete("policies"),
    "monitoring policies list": list_policies,
    "projects describe": describe("projects"),
    "run regions list": lambda cloud, *_: [{"locationId": region} for region in cloud["regions"]],
    "run services describe": describe("services"),
    "run services update": update_service,
    "run services update-traffic": update_traffic,
    "secrets add-iam-policy-binding": bind_secret,
    "secrets create": create("secrets", lambda *_: {"versions": [], "readers": []}),
    "secrets delete": delete("secrets"),
    "secrets describe": describe("secrets"),
    "secrets versions access": lambda cloud, _, flags: versions(cloud, flags)[-1],
    "secrets versions add": add_version,
    "secrets versions describe": lambda cloud, _, flags: {"of": len(versions(cloud, flags))},
    "services enable": enable_services,
    "services list": lambda cloud, *_: [{"config": {"name": api}} for api in cloud["apis"]],
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
