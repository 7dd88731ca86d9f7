"""The dialog for the API key, which the page keeps for the tab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def guarded(start_server):
    return start_server(API_KEYS="right")


@pytest.fixture
def tab(open_tab, guarded):
    tab = open_tab(guarded.url)
    tab.expected_failures = {"status of 401"}
    return tab


def dialog(tab):
    return tab.page.get_by_role("dialog", name="This function needs an API key")


def enter(tab, key):
    dialog(tab).get_by_label("API key").fill(key)
    dialog(tab).get_by_role("button", name="Use this key").click()


def test_a_valid_key_is_used(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    expect(dialog(tab).get_by_label("API key")).to_be_focused()
    enter(tab, "right")
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    expect(dialog(tab)).to_be_hidden()


def test_the_dialog_shows_the_message_of_the_api(tab, guarded, chelsea_jpg):
    rejection = tab.page.request.post(guarded.url, data=chelsea_jpg.read_bytes()).json()
    tab.add(chelsea_jpg)
    expect(dialog(tab)).to_contain_text(rejection["error"]["message"])


def test_a_wrong_key_opens_the_dialog_again(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    with tab.page.expect_response(lambda reply: reply.status == 401):
        enter(tab, "wrong")
    expect(dialog(tab).get_by_label("API key")).to_have_value("")
    enter(tab, "right")
    tab.expect_label("chelsea.jpg", "Egyptian cat")


def test_several_photos_open_one_dialog(tab, chelsea_jpg, photos):
    tab.add(chelsea_jpg)
    dialog(tab).get_by_label("API key").fill("right")
    with tab.page.expect_response(lambda reply: reply.status == 401):
        tab.add(photos / "coffee.jpg", photos / "rocket.jpg")
    dialog(tab).get_by_role("button", name="Use this key").click()
    expect(tab.page.locator(".card[data-state=done]")).to_have_count(3)


def test_the_key_is_kept_in_the_session_storage_only(tab, chelsea_jpg, photos):
    tab.add(chelsea_jpg)
    enter(tab, "right")
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    tab.page.reload()
    tab.add(photos / "coffee.jpg")
    tab.expect_label("coffee.jpg", "espresso")
    assert tab.page.evaluate("Object.values(sessionStorage)") == ["right"]
    assert tab.page.evaluate("localStorage.length") == 0
    assert tab.page.context.cookies() == []


def test_a_key_with_invalid_characters_is_not_accepted(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    enter(tab, "clé")
    field = dialog(tab).get_by_label("API key")
    assert not field.evaluate("(field) => field.validity.valid")
    enter(tab, "right")
    tab.expect_label("chelsea.jpg", "Egyptian cat")


def test_a_cancelled_dialog_fails_the_photo_until_a_retry(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    expect(dialog(tab)).to_be_visible()
    tab.page.keyboard.press("Escape")
    tab.expect_failure("chelsea.jpg", "X-API-Key")
    tab.page.get_by_role("button", name="Try again").click()
    enter(tab, "right")
    tab.expect_label("chelsea.jpg", "Egyptian cat")


def test_a_function_for_an_app_takes_a_key_from_the_page(open_tab, start_server, chelsea_jpg):
    tab = open_tab(start_server(API_KEYS="right", FIREBASE_PROJECT="123456789012").url)
    tab.expected_failures = {"status of 401"}
    tab.add(chelsea_jpg)
    expect(dialog(tab)).to_contain_text("X-Firebase-AppCheck is missing")
    enter(tab, "right")
    tab.expect_label("chelsea.jpg", "Egyptian cat")
