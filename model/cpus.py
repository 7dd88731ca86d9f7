"""The number of CPUs granted to this process.

More inference threads than CPUs make every inference many times slower, and a container may have
fewer CPUs than its machine.
"""

import math
import os
from pathlib import Path

# https://docs.kernel.org/admin-guide/cgroup-v2.html, "cpu.max": quota and period in
# microseconds, or "max" for no quota.
CGROUP_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def available_cpus(cpu_max: Path = CGROUP_CPU_MAX) -> int:
    """The CPUs of the scheduler's affinity mask, or fewer if a cgroup quota says so."""
    # macOS has no affinity mask.
    mask = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    cpus = len(mask) if mask else os.cpu_count() or 1
    return min(cpus, _quota(cpu_max, default=cpus))


def _quota(cpu_max: Path, *, default: int) -> int:
    """The quota in whole CPUs, rounded up so that one thread can use a fraction."""
    try:
        quota, period = cpu_max.read_text().split()
        return max(1, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):  # no cgroup v2, or no quota ("max")
        return default
