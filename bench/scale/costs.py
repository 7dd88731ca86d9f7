"""Money: Cloud Run's by the prices in deploy/cost.sh, and what others charge for labels."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from bench.scale.instance import Flags

SCRIPT = Path("deploy/cost.sh")

MONTH_SECONDS = 2_628_000

Tiers = Sequence[tuple[float, float]]
"""Up to how many photos a month, US dollars for each."""

VISION: Tiers = [(1_000, 0.0), (5_000_000, 0.0015), (math.inf, 0.001)]
"""Google's Cloud Vision, label detection. Source: https://cloud.google.com/vision/pricing"""

REKOGNITION: Tiers = [(1_000_000, 0.001), (5_000_000, 0.0008), (math.inf, 0.0006)]
"""Amazon Rekognition, DetectLabels, us-east-1, without the first year's free photos.

The page's examples go to 35 million photos; beyond, the price may be lower.
Source: https://aws.amazon.com/rekognition/pricing/
"""

GPU_HOUR = 0.50
"""One NVIDIA T4 of Hugging Face Inference Endpoints, in US dollars.

Source: https://huggingface.co/docs/inference-endpoints/support/pricing
"""


def prices() -> dict[str, float]:
    """US dollars and free amounts, by the names that the script gives them."""
    lines = re.findall(r"^readonly (.*)$", SCRIPT.read_text(), re.MULTILINE)
    pairs = (pair.split("=") for line in lines for pair in line.split())
    return {name: float(value) for name, value in pairs}


def dollars(flags: Flags, *, billed: float, idle: float, requests: float) -> float:
    """What Cloud Run charges for `billed` and `idle` instance seconds, without its free tier."""
    price = prices()
    second = flags.cpu * price["CPU_SECOND"] + flags.memory * price["GIB_SECOND"]
    idle_second = flags.cpu * price["IDLE_CPU_SECOND"] + flags.memory * price["IDLE_GIB_SECOND"]
    return billed * second + idle * idle_second + requests * price["MILLION_REQUESTS"] / 1e6


def month(flags: Flags, *, billed: float, requests: float) -> float:
    """A month's bill, its free tier taken off, with a minimum of one instance or none."""
    price = prices()
    idle = max(0.0, flags.min_instances * MONTH_SECONDS - billed)
    free = (
        min(billed * flags.cpu, price["FREE_CPU_SECONDS"]) * price["CPU_SECOND"]
        + min(billed * flags.memory, price["FREE_GIB_SECONDS"]) * price["GIB_SECOND"]
        + min(requests, price["FREE_REQUESTS"]) * price["MILLION_REQUESTS"] / 1e6
    )
    return dollars(flags, billed=billed, idle=idle, requests=requests) - free


def tiered(tiers: Tiers, photos: float) -> float:
    """What this many photos a month cost."""
    total, below = 0.0, 0.0
    for bound, price in tiers:
        total += max(0.0, min(photos, bound) - below) * price
        below = bound
    return total
