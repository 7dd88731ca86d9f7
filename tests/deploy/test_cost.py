"""The estimate is the formula in deploy/cost.sh, calculated by hand here."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("flags", "dollars"),
    [
        # 1 M x 0.2 s: 20,000 CPU seconds beyond the free ones.
        (["--load", "1000000"], "0.48"),
        # 1.82 M CPU seconds, 1.64 M GiB seconds, 8 M requests beyond the free ones.
        (["--load", "10000000"], "52.23"),
        (["--load", "0"], "0.00"),
        # One idle instance: 2,628,000 s x (1 CPU + 1.25 GiB) x 0.0000025.
        (["--load", "0", "--min-instances", "1"], "14.78"),
        (["--load", "0", "--min-instances", "1", "--memory", "512Mi"], "9.86"),
    ],
)
def test_estimate(dry_run, flags, dollars):
    output = dry_run(*flags).stdout
    assert re.search(r"Cost: +about \$(\S+) for", output)[1] == dollars


@pytest.mark.needs("awk")
def test_the_example_costs_what_the_documentation_says():
    guide = (ROOT / "docs" / "performance.md").read_text()
    example = re.search(r"```console\n(.*?)```", guide, re.DOTALL)[1]
    size = [line.removeprefix("$ ") for line in example.splitlines() if line.startswith("$ ")][:2]
    told = dict(re.findall(r"^\$ monthly_cost (.+)\n(.+)$", example, re.MULTILINE))
    for pair in re.findall(r"\| (\d\.\d) \| (\d+\.\d\d) ", guide):
        told[f"1000000 {pair[0]}"] = pair[1]
    assert len(told) == 6
    for arguments, dollars in told.items():
        command = ["bash", "-ec", "\n".join([*size, f"monthly_cost {arguments}"])]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        assert done.stdout == dollars
