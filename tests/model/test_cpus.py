"""The CPUs really granted, not those of the machine."""

import os

import pytest

from model import available_cpus

AFFINITY = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("cpu_max", "cpus"),
    [
        ("50000 100000", 1),
        ("100000 100000", 1),
        ("150000 100000", min(2, AFFINITY)),
        ("6400000 100000", AFFINITY),
        ("max 100000", AFFINITY),
        ("", AFFINITY),
    ],
)
def test_a_cgroup_quota_is_respected(tmp_path, cpu_max, cpus):
    (tmp_path / "cpu.max").write_text(cpu_max)
    assert available_cpus(tmp_path / "cpu.max") == cpus


def test_without_cgroups_the_affinity_mask_is_used(tmp_path):
    assert available_cpus(tmp_path / "missing") == AFFINITY


def test_an_affinity_mask_of_one_cpu_is_one_cpu(tmp_path):
    mask = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mask)})
    try:
        assert available_cpus(tmp_path / "missing") == 1
    finally:
        os.sched_setaffinity(0, mask)
