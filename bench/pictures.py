"""Latency by megapixels and by format, and its parts.

Reading, decoding with resizing, and inference come from the function's Server-Timing header.
Resizing is the time of `read_picture` minus that of Pillow's decoding, the response is the rest of
the round trip, and base64 is the additional reading time of a photo in JSON.
"""

from __future__ import annotations

import io
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from pi_heif import register_heif_opener
from PIL import Image
from rich.progress import track

from bench.harness import function, photos, plots
from bench.harness.client import Client
from bench.harness.report import Report, argument_parser
from model import RESNET50, Classifier
from pictures import Crop, read_picture

MEGAPIXELS = (0.1, 1, 2, 5, 12, 24, 48)
FORMATS = ("PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
FORMAT_MEGAPIXELS = 2
LIMITS = {"MAX_BODY_BYTES": str(64 * 2**20), "MAX_PIXELS": "50000000"}
PARTS = ("reading", "decoding", "resizing", "inference", "response")
BASE64 = "base64, if in JSON"


def main() -> None:
    register_heif_opener()  # for `_decoding_share`
    options = argument_parser("pictures", __doc__).parse_args()
    report = Report("pictures")
    albums = {
        "megapixels": {f"{each:g} MP": photos.of_size(each) for each in MEGAPIXELS},
        "formats": _formats(),
    }
    rounds = 3 if options.quick else 30
    with function.start(settings=LIMITS) as server:
        server.first_response(function.as_bytes(photos.SMALL))
        client = Client(server.port)
        for name, album in albums.items():
            report.data[name] = _measure(client, album, rounds)
            _render(report, name, album)
    report.write(options)


def _formats() -> dict[str, Path]:
    size = FORMAT_MEGAPIXELS
    return {
        "JPEG": photos.of_size(size),
        "JPEG, progressive": photos.of_size(size, progressive=True),
        **{kind: photos.of_size(size, kind) for kind in FORMATS},
        "HEIC (0.1 MP)": photos.DATA / "chelsea.heic",
    }


def _measure(client: Client, album: dict[str, Path], rounds: int) -> dict[str, dict[str, float]]:
    """The median milliseconds of each part, for each photo."""
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in album}
    benchmarks = {name: _benchmark(client, photo) for name, photo in album.items()}
    for _ in track(range(rounds), description="pictures", transient=True):
        for name, measure in benchmarks.items():
            samples[name].append(measure())
    return {
        name: {part: statistics.median(each[part] for each in times) for part in (*PARTS, BASE64)}
        for name, times in samples.items()
    }


def _benchmark(client: Client, photo: Path) -> Callable[[], dict[str, float]]:
    spec = Classifier(RESNET50, num_threads=1).card.input
    data = photo.read_bytes()
    as_bytes, as_json = function.as_bytes(photo), function.as_json(photo)

    def measure() -> dict[str, float]:
        plain, coded = _round_trip(client, as_bytes), _round_trip(client, as_json)
        decoding = _decoding_share(data, spec) * plain["decode"]
        return {
            "reading": plain["read"],
            "decoding": decoding,
            "resizing": plain["decode"] - decoding,
            "inference": plain["infer"],
            "response": plain["total"] - plain["read"] - plain["decode"] - plain["infer"],
            BASE64: max(0.0, coded["read"] - plain["read"]),
        }

    return measure


def _round_trip(client: Client, request: bytes) -> dict[str, float]:
    """Milliseconds by part from Server-Timing, and "total" as measured by the client."""
    start = time.perf_counter()
    response = client.send(request)
    total = (time.perf_counter() - start) * 1000
    parts = re.findall(r"(\w+);dur=([\d.]+)", response.headers["server-timing"])
    return {**{part: float(ms) for part, ms in parts}, "total": total}


def _decoding_share(data: bytes, spec: Crop) -> float:
    """The share of Pillow's decoding in `read_picture`; the rest is resizing."""
    start = time.perf_counter()
    read_picture(data, spec, max_pixels=10**9)
    middle = time.perf_counter()
    image = Image.open(io.BytesIO(data))
    image.draft(None, (spec.shorter_side, spec.shorter_side))
    image.load()
    return min(1.0, (time.perf_counter() - middle) / (middle - start))


def _render(report: Report, name: str, album: dict[str, Path]) -> None:
    found: dict[str, dict[str, float]] = report.data[name]
    report.table(
        ["photo", "MB", *(f"{part}, ms" for part in PARTS), "all, ms", f"{BASE64}, ms"],
        [
            [
                photo,
                f"{album[photo].stat().st_size / 1e6:.1f}",
                *(f"{parts[part]:.1f}" for part in PARTS),
                f"{sum(parts[part] for part in PARTS):.1f}",
                f"{parts[BASE64]:.1f}",
            ]
            for photo, parts in found.items()
        ],
    )
    report.figures[f"pictures-{name}"] = plots.stacks(
        {part: [parts[part] for parts in found.values()] for part in (*PARTS, BASE64)},
        list(found),
        unit="ms",
    )


if __name__ == "__main__":
    main()
