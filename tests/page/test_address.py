"""The page at an address with a path, with and without a trailing slash."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.front_end import FrontEnd, front_end


@pytest.fixture(scope="module")
def public_url(server):
    with front_end(FrontEnd, server) as url:
        yield url


@pytest.fixture(params=["", "/"])
def tab(request, open_tab, public_url):
    return open_tab(public_url + request.param)


def test_photos_are_classified(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")


def test_the_model_card_is_shown(tab):
    expect(tab.page.get_by_text("Non-commercial use only")).to_be_visible()


def test_links_and_examples_use_the_address(tab, public_url):
    expect(tab.page.locator("#snippet")).to_contain_text(f"{public_url}/?top_k=3")
    expect(tab.page.locator("#openapi")).to_have_attribute("href", f"{public_url}/openapi.json")
