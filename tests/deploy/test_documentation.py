"""What --help and docs/deploy.md say is what there is."""

import json
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "deploy.md").read_text()
SCRIPT = (ROOT / "deploy.sh").read_text()
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
NOT_OURS = {"--builder"}


def commands(start):
    """The commands in the guide's blocks of shell, as words."""
    blocks = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith(start)]


def parsed_flags():
    """The arms of the script's case statements."""
    return set(re.findall(r"^ +(--[a-z-]+)\)", SCRIPT, re.MULTILINE))


@pytest.fixture
def told_flags(run):
    done = run("--help")
    assert done.returncode == 0
    return {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  --")}


def test_help_names_every_flag_and_no_other(told_flags):
    assert len(told_flags) > 15
    assert told_flags == parsed_flags()


def test_help_names_the_variables_and_the_defaults(run):
    told = dict(re.findall(r"(DEPLOY_[A-Z_]+), ([\w.-]+)", run("--help").stdout))
    read = dict(re.findall(r"\$\{(DEPLOY_[A-Z_]+):-([\w.-]+)\}", SCRIPT))
    assert told.pop("DEPLOY_PROJECT") == "or"
    read.pop("DEPLOY_PAUSE")
    assert told == read


def test_the_guide_uses_flags_that_there_are(told_flags):
    used = {flag for words in commands("./deploy.sh") for flag in FLAG.findall(" ".join(words))}
    inline = re.findall(r"`(?:\./deploy\.sh )?(--[^`]+)`", GUIDE)
    used |= {flag for code in inline for flag in FLAG.findall(code)} - NOT_OURS
    assert len(used) > 10
    assert used <= told_flags


def test_the_guide_tells_of_what_matters_about_every_flag(told_flags):
    missing = {flag for flag in told_flags if flag not in GUIDE}
    # These say all in their one line of help.
    assert missing <= {"--region", "--yes"}


def test_dry_runs_of_the_commands_in_the_guide_succeed(run, keys_file):
    for words in commands("./deploy.sh"):
        flags = [word.replace("=keys", f"={keys_file[0]}") for word in words[1:]]
        done = run("--dry-run", *flags)
        assert done.returncode == 0, done.stderr


def test_gcloud_takes_the_commands_in_the_guide():
    table = json.loads(Path(__file__).with_name("gcloud_flags.json").read_text())
    everywhere = {*table["every_command"]["values"], *table["every_command"]["switches"]}
    assert commands("gcloud")
    for words in commands("gcloud"):
        known = [
            name for name in table["commands"] if words[1:][: len(name.split())] == name.split()
        ]
        assert known, words
        facts = table["commands"][max(known, key=len)]
        used = {word.split("=")[0] for word in words if word.startswith("--")}
        assert used <= {*facts["values"], *facts["switches"], *everywhere}, words


def test_links_in_the_guide_lead_somewhere():
    headings = re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE):
        if target.startswith("#"):
            assert target[1:] in anchors
        elif not target.startswith("https://"):
            assert (ROOT / "docs" / target).exists(), target


def test_anchors_that_the_script_names_are_in_the_guide():
    for part in (ROOT / "deploy").glob("*.sh"):
        for anchor in re.findall(r"docs/deploy\.md#([\w-]+)", part.read_text()):
            assert f"(#{anchor})" in GUIDE


@pytest.mark.parametrize(
    ("flags", "cost"),
    [
        (["--load=10000000"], "**$50.98**"),
        (["--load=1000000"], "A million cost $0.48"),
        (["--load=0", "--min-instances=1"], "$13 a month"),
    ],
)
def test_the_guide_and_the_script_work_out_the_same_costs(run, flags, cost):
    said = run("--dry-run", "--project=my-project", *flags).stdout
    dollars = re.search(r"about (\$\d+\.\d+) for", said)[1]
    assert dollars.startswith(re.search(r"\$[\d.]*\d", cost)[0])
    assert cost in GUIDE


def test_the_licence_of_the_model_is_told(run):
    assert "non-commercial purposes only" in GUIDE
    assert "non-commercial use only" in run("--dry-run", "--project=my-project").stdout
