"""The same network in other engines: same photos, 1 and 2 threads, one after the other.

Agreement is with PyTorch's float32. The float32 network comes from the checkpoint that the
shipped model was made of: --checkpoint names it, or it is fetched from where it was
published. Without it only the engines that read the shipped int8 file are measured.
"""

from __future__ import annotations

import statistics
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench import photos, plots
from bench.processes import Skipped, program
from bench.report import Report, parser_of
from bench.runtimes import ENGINES, FOLDER, INT8_ONNX, PIXELS, SYMMETRIC_ONNX
from bench.turns import Way, Worker, take_turns

THREADS = (1, 2)
OURS, REFERENCE = "LiteRT int8", "PyTorch float32"
TFLITE_RUNTIME = "tflite-runtime int8"
NEED_NO_CHECKPOINT = {OURS, TFLITE_RUNTIME}
CROPS = (1.0, 0.85, 0.7)  # of a photo's short side
SHIFTS = (0.0, 0.5, 1.0)  # of what a crop leaves over
SEEN = 224


def main() -> None:
    parser = parser_of("engines", __doc__)
    parser.add_argument("--checkpoint", type=Path, help="resnet50_large.pth, if it is here")
    parser.add_argument(
        "--photos", type=Path, default=photos.DATA, metavar="FOLDER", help="of JPEG files"
    )
    options = parser.parse_args()
    rounds, steps = (2, 3) if options.quick else (20, 10)
    report = Report("engines")
    _write_views(options.photos)
    names = _available(options.checkpoint, report)
    with ExitStack() as stack:
        workers = {
            (name, threads): stack.enter_context(_worker(name, threads))
            for name in names
            for threads in THREADS
        }
        ways: dict[str, Way] = {_key(*each): worker.run for each, worker in workers.items()}
        taken = take_turns(ways, rounds=rounds, steps=steps, what="engines")
    for each, worker in workers.items():
        milliseconds = statistics.median(taken[_key(*each)])
        report.data[_key(*each)] = {"ms": milliseconds, **worker.about, **_agreement(*each, names)}
    _tell(report)
    report.write(options)


def _write_views(folder: Path) -> None:
    """Crops of the photos and their mirror images, so that a few photos make many views."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    views = [
        np.asarray(view)
        for photo in sorted(folder.glob("*.jpg"))
        for view in _views(Image.open(photo).convert("RGB"))
    ]
    # Mixed, so that any few of them are of all photos.
    np.save(PIXELS, np.random.default_rng(seed=0).permutation(np.stack(views)))


def _views(photo: Image.Image) -> list[Image.Image]:
    views = []
    for crop in CROPS:
        side = min(photo.size) * crop
        for shift in SHIFTS:
            left, top = (photo.width - side) * shift, (photo.height - side) * shift
            box = (left, top, left + side, top + side)
            view = photo.resize((SEEN, SEEN), Image.Resampling.BILINEAR, box=box)
            views += [view, view.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    return views


def _available(checkpoint: Path | None, report: Report) -> list[str]:
    """The engines that can be had here; the report says why the others cannot."""
    names = list(ENGINES)
    try:
        arguments = [str(checkpoint)] if checkpoint else []
        for path in (INT8_ONNX, SYMMETRIC_ONNX):  # calibrated on the views, which may be new
            path.unlink(missing_ok=True)
        command = [program(_environment(OURS)), "-m", "bench.networks", *arguments]
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (Skipped, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        reason = said.strip().splitlines()[-1]
        report.say(f"Skipped, for want of the float32 network ({reason}): all that need it.")
        names = [name for name in names if name in NEED_NO_CHECKPOINT]
    return [name for name in names if _installed(name, report)]


def _installed(name: str, report: Report) -> bool:
    try:
        program(_environment(name))
    except Skipped as reason:
        report.say(f"{name} was skipped: {reason}.")
        return False
    return True


def _environment(name: str) -> str:
    return f".venv-bench-{'tflite-runtime' if name == TFLITE_RUNTIME else 'engines'}"


def _worker(name: str, threads: int) -> Worker:
    arguments = (name, str(threads), str(_logits(name, threads)))
    return Worker("bench.runtimes", *arguments, python=program(_environment(name)))


def _logits(name: str, threads: int) -> Path:
    return FOLDER / f"logits {name} {threads}.npy"


def _key(name: str, threads: int) -> str:
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}"


def _agreement(name: str, threads: int, names: list[str]) -> dict[str, float]:
    """How its answers differ from float32's, over all views."""
    if REFERENCE not in names:
        return {}
    mine, reference = np.load(_logits(name, threads)), np.load(_logits(REFERENCE, THREADS[0]))
    return {
        "same_first_label": float(np.mean(mine.argmax(1) == reference.argmax(1))),
        "mean_logit_difference": float(np.mean(np.abs(mine - reference))),
    }


def _tell(report: Report) -> None:
    columns = ["engine", "ms", "over ours", "import, load and first, ms", "memory, MB"]
    columns += ["same first label", "logits differ by"]

    def row(key: str, found: dict[str, Any]) -> list[str]:
        ours = report.data[OURS + key.removeprefix(key.partition(",")[0])]
        agreement = found.get("same_first_label"), found.get("mean_logit_difference")
        return [
            key,
            f"{found['ms']:.1f}",
            f"**{found['ms'] / ours['ms']:.1f}**",
            f"{found['load_ms']:.0f}",
            f"{found['memory_mb']:.0f}",
            "" if agreement[0] is None else f"{agreement[0]:.1%}",
            "" if agreement[1] is None else f"{agreement[1]:.3f}",
        ]

    report.table(columns, [row(key, found) for key, found in report.data.items()])
    report.figures["engines"] = plots.bars(
        {key: found["ms"] for key, found in report.data.items()},
        ours=OURS,
        unit="ms an inference",
    )


if __name__ == "__main__":
    main()
