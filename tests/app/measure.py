"""Measure the time from the choice of a 12-megapixel photo to its bars; run it with pytest."""

from __future__ import annotations

import re
import statistics
import time

import pytest
from PIL import Image
from playwright.sync_api import expect

ROUNDS = 10


@pytest.fixture
def photo(photos, tmp_path):
    path = tmp_path / "12-megapixels.jpg"
    with Image.open(photos / "chelsea.jpg") as image:
        image.resize((4000, 3000)).save(path, quality=92)
    return path


def test_from_the_click_to_the_bars(start_app, open_app, server, photo, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    url = start_app(server.url)
    screen = open_app(url)
    totals = []
    for count in range(1, ROUNDS + 2):
        start = time.perf_counter()
        screen.choose(photo)
        if count > 1:
            expect(screen.thumbnails()).to_have_count(count)
        screen.expect_label("Egyptian cat")
        totals.append(time.perf_counter() - start)
    log = start_app.logs[url].read_text()
    found = re.findall(r"prepared in (\d+) ms, answered in (\d+) ms", log)
    prepared, answered = zip(*[map(int, pair) for pair in found[1:]], strict=True)
    print(f"photo: {photo.stat().st_size / 1e6:.1f} MB")  # noqa: T201
    for name, times in (
        ("total", [1000 * total for total in totals[1:]]),
        ("prepare", prepared),
        ("answer", answered),
    ):
        print(f"{name}: {statistics.median(times):.0f} ms")  # noqa: T201
