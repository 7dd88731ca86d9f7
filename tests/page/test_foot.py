"""What the model is, and on what terms."""

from __future__ import annotations

from playwright.sync_api import expect


def test_the_card(tab, server):
    card = tab.page.request.get(f"{server.url}/model").json()
    foot = tab.page.get_by_role("contentinfo")
    expect(foot).to_contain_text("Non-commercial use only")
    expect(foot).to_contain_text(card["licence"]["notice"])
    expect(foot).to_contain_text(card["architecture"])
    for part, text in (("licence", "name"), ("source", "title")):
        link = foot.get_by_role("link", name=card[part][text])
        expect(link).to_have_attribute("href", card[part]["url"])


def test_no_card(open_tab, start_server, tmp_path):
    tab = open_tab(start_server(MODEL=str(tmp_path)).url)
    tab.expected_failures = {"status of 503"}
    expect(tab.page.get_by_text("Its card could not be read")).to_be_visible()
