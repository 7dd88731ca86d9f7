"""The model card in the footer."""

from __future__ import annotations

from playwright.sync_api import expect


def test_the_footer_shows_the_model_card(tab, server):
    card = tab.page.request.get(f"{server.url}/model").json()
    footer = tab.page.get_by_role("contentinfo")
    expect(footer).to_contain_text("Non-commercial use only")
    expect(footer).to_contain_text(card["licence"]["notice"])
    expect(footer).to_contain_text(card["architecture"])
    for part, text in (("licence", "name"), ("source", "title")):
        link = footer.get_by_role("link", name=card[part][text])
        expect(link).to_have_attribute("href", card[part]["url"])


def test_the_footer_reports_a_missing_model_card(open_tab, start_server, tmp_path):
    tab = open_tab(start_server(MODEL=str(tmp_path)).url)
    tab.expected_failures = {"status of 503"}
    expect(tab.page.get_by_text("The model card could not be loaded")).to_be_visible()


def test_the_footer_shows_a_card_of_required_fields_alone(open_tab, start_server, photos):
    tab = open_tab(start_server(MODEL=str(photos / "tiny")).url)
    footer = tab.page.get_by_role("contentinfo")
    expect(footer).to_contain_text("tiny")
    expect(footer.get_by_role("definition")).to_have_count(3)
