"""The parts of a process's first classification, in milliseconds, as one line of JSON.

    python -m bench.harness.first_photo PHOTO

It needs no more than the function's environment.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

from model import RESNET50, Classifier, available_cpus
from pictures import read_picture


def main() -> None:
    data = Path(sys.argv[1]).read_bytes()
    parts: dict[str, float] = {}
    mark = time.perf_counter()

    def done(part: str) -> None:
        nonlocal mark
        parts[part] = (time.perf_counter() - mark) * 1000
        mark = time.perf_counter()

    classifier = Classifier(RESNET50, num_threads=available_cpus())
    labels = classifier.labels
    done(f"card and {len(labels):,} labels")
    with (RESNET50 / classifier.card.file).open("rb") as file:
        hashlib.file_digest(file, "sha256")
    done("sha256 of the model")
    classifier.load()
    parts["building the interpreter"] = -parts["sha256 of the model"]  # load checks it again
    parts["building the interpreter"] += (time.perf_counter() - mark) * 1000
    mark = time.perf_counter()
    picture = read_picture(data, classifier.card.input, max_pixels=10**9)
    done("decoding the first photo")
    classifier.scores(picture.pixels)
    done("first inference")
    print(json.dumps(parts))


if __name__ == "__main__":
    main()
