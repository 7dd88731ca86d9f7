"""--help and docs/deploy.md match the script and gcloud."""

import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.needs import need

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
    """The cases of the script's case statements."""
    return set(re.findall(r"^ +(?:-h \| )?(--[a-z-]+)\)", SCRIPT, re.MULTILINE))


@pytest.fixture
def help_text(dry_run):
    done = dry_run("--help")
    assert done.returncode == 0
    return done.stdout


@pytest.fixture
def documented_flags(help_text):
    return set(re.findall(r"^  (?:-h, )?(--[a-z-]+)", help_text, re.MULTILINE))


def test_help_names_every_flag_and_no_other(documented_flags):
    assert len(documented_flags) > 15
    assert documented_flags == parsed_flags()


def test_the_short_form_prints_the_same_help(dry_run, help_text):
    assert dry_run("-h").stdout == help_text


def test_help_names_the_variables_and_the_defaults(help_text):
    documented = dict(re.findall(r"(DEPLOY_[A-Z_]+), ([\w.-]+)", help_text))
    read = dict(re.findall(r"\$\{(DEPLOY_[A-Z_]+):-([\w.-]+)\}", SCRIPT))
    assert documented.pop("DEPLOY_PROJECT") == "or"
    read.pop("DEPLOY_PAUSE")
    assert documented == read


def test_the_guide_uses_flags_that_there_are(documented_flags):
    used = {flag for words in commands("./deploy.sh") for flag in FLAG.findall(" ".join(words))}
    inline = re.findall(r"`(?:\./deploy\.sh )?(--[^`]+)`", GUIDE)
    used |= {flag for code in inline for flag in FLAG.findall(code)} - NOT_OURS
    assert len(used) > 10
    assert used <= documented_flags


def test_the_guide_explains_every_flag(documented_flags):
    missing = {flag for flag in documented_flags if flag not in GUIDE}
    # Their line of help says everything.
    assert missing <= {"--region", "--yes"}


def test_dry_runs_of_the_commands_in_the_guide_succeed(dry_run, keys_file):
    for words in commands("./deploy.sh"):
        flags = [word.replace("=keys", f"={keys_file}") for word in words[1:]]
        done = dry_run(*flags, project=None)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def command_tree():
    """The commands and flags that the installed gcloud completes."""
    need("gcloud")
    folder = Path(shutil.which("gcloud")).resolve().parents[1]
    path = folder / "data" / "cli" / "gcloud_completions.py"
    spec = importlib.util.spec_from_file_location("completions", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.STATIC_COMPLETION_CLI_TREE


def test_gcloud_takes_the_commands_in_the_guide(command_tree):
    assert commands("gcloud")
    for words in commands("gcloud"):
        branch, flags = command_tree, set(command_tree["flags"])
        for word in words[1:]:
            if word not in branch["commands"]:
                break
            branch = branch["commands"][word]
            flags |= set(branch["flags"])
        assert not branch["commands"], words
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        positive = {re.sub("^--no-", "--", flag) for flag in used}
        assert positive <= flags, words


def test_links_in_the_guide_lead_somewhere():
    headings = re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE):
        if target.startswith("#"):
            assert target[1:] in anchors
        elif not target.startswith("https://"):
            assert (ROOT / "docs" / target.partition("#")[0]).exists(), target


def test_anchors_that_the_script_names_are_in_the_guide():
    for part in (ROOT / "deploy").glob("*.sh"):
        for anchor in re.findall(r"docs/deploy\.md#([\w-]+)", part.read_text()):
            assert f"(#{anchor})" in GUIDE


@pytest.mark.parametrize(
    ("flags", "cost"),
    [
        (["--load=10000000"], "**$52.23**"),
        (["--load=1000000"], "A million cost $0.48"),
        (["--load=0", "--min-instances=1"], "$14 a month"),
    ],
)
def test_the_guide_and_the_script_estimate_the_same_costs(dry_run, flags, cost):
    output = dry_run(*flags).stdout
    dollars = re.search(r"about (\$\d+\.\d+) for", output)[1]
    assert dollars.startswith(re.search(r"\$[\d.]*\d", cost)[0])
    assert cost in GUIDE


def test_the_guide_names_the_restriction_of_the_licence():
    assert "non-commercial purposes only" in GUIDE
