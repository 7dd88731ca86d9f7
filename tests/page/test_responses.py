"""How the page shows the timings of a response, and responses that are not from the API."""

from __future__ import annotations

import io
import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.page.front_end import FrontEnd, front_end


def test_the_parts_sum_up_to_the_total(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    times = tab.times("chelsea.jpg")
    assert {"total", "network", "decode", "inference"} <= set(times)
    assert all(time > 0 for time in times.values())
    assert times.pop("total") == pytest.approx(sum(times.values()), abs=len(times))


def test_loading_the_model_is_shown_once(open_tab, start_server, chelsea_jpg, photos):
    tab = open_tab(start_server().url)
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    tab.add(photos / "coffee.jpg")
    tab.expect_label("coffee.jpg", "espresso")
    assert "load" in tab.times("chelsea.jpg")
    assert "load" not in tab.times("coffee.jpg")


def test_the_wait_in_the_queue_is_not_network(open_tab, start_server, chelsea_jpg):
    """Four slow pictures are in the queue of the only decode thread."""
    server = start_server(NUM_THREADS="1", PRELOAD="true")
    tab = open_tab(server.url)
    slow = io.BytesIO()
    Image.new("RGB", (6000, 6000)).save(slow, "PNG")
    request = urllib.request.Request(
        server.url, slow.getvalue(), {"Content-Type": "image/png"}, method="POST"
    )
    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(urllib.request.urlopen, request)
        with tab.page.expect_response(lambda reply: reply.request.method == "POST") as reply:
            tab.add(chelsea_jpg)
        tab.expect_label("chelsea.jpg", "Egyptian cat")
    (wait,) = re.findall(r"wait;dur=([\d.]+)", reply.value.headers["server-timing"])
    times = tab.times("chelsea.jpg")
    assert times["wait"] == pytest.approx(float(wait), abs=1)
    assert times["wait"] > 50
    reply.value.finished()
    duration = reply.value.request.timing["responseEnd"]
    assert times["total"] == pytest.approx(duration, abs=times["wait"] / 2)


class CaptivePortal(FrontEnd):
    """Responds to every POST with its own page."""

    def do_POST(self):  # noqa: N802 - named by http.server
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>Please sign in</p>")


def test_a_response_of_a_captive_portal_is_an_error_with_advice(open_tab, server, chelsea_jpg):
    with front_end(CaptivePortal, server) as url:
        tab = open_tab(url)
        tab.add(chelsea_jpg)
        tab.expect_failure("chelsea.jpg", "with status 200, is not from the API")
        expect(tab.card("chelsea.jpg").locator(".advice")).to_contain_text("Check the connection")


def test_a_defect_of_the_page_is_logged_and_shown_without_its_javascript_error(tab, chelsea_jpg):
    tab.page.evaluate("shrink = null")
    with tab.expect_complaint("shrink is not a function"):
        tab.add(chelsea_jpg)
        tab.expect_failure("chelsea.jpg", "The page has failed.")
    expect(tab.card("chelsea.jpg").locator(".advice")).to_have_text(
        "Reload the page and try again."
    )
    expect(tab.card("chelsea.jpg")).not_to_contain_text("not a function")
