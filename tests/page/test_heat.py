"""Where a label was seen: shown on a tap, over the photo, and said in words."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageOps
from playwright.sync_api import expect

from tests.page.test_accessibility import violations


@pytest.fixture
def cat_and_cup(photos):
    """A cat at the left of a grey picture, whose right half is a cup."""
    both = Image.new("RGB", (600, 400), "gray")
    for number, name in enumerate(["chelsea.jpg", "coffee.jpg"]):
        both.paste(ImageOps.fit(Image.open(photos / name), (300, 300)), (300 * number, 50))
    file = io.BytesIO()
    both.save(file, "JPEG", quality=95)
    return {"name": "both.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


# The opacity of the drawn heat, on average over the left and the right half.
SIDES = """(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const sums = [0, 0];
  for (let place = 0; place < width * height; place++)
    sums[Math.floor((place % width) / (width / 2))] += data[4 * place + 3];
  return sums;
}"""


def press(tab, name, label):
    tab.card(name).get_by_role("button", name=label, exact=True).click()


def test_a_tap_shows_where_a_label_was_seen(tab, cat_and_cup):
    tab.add(cat_and_cup)
    expect(tab.page.locator(".card[data-state=done]")).to_have_count(1)
    card = tab.card("both.jpg")
    heat, place = card.locator(".heat"), card.locator(".place")
    expect(heat).to_be_hidden()
    first = card.locator(".labels button").first
    first.click()
    expect(heat).to_be_visible()
    expect(first).to_have_attribute("aria-pressed", "true")
    left, right = heat.evaluate(SIDES)
    side = "left" if left > right else "right"
    expect(place).to_contain_text(side)
    first.click()
    expect(heat).to_be_hidden()
    expect(first).to_have_attribute("aria-pressed", "false")


@pytest.mark.slow
def test_one_label_is_shown_at_a_time(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    press(tab, "chelsea.jpg", "Egyptian cat")
    press(tab, "chelsea.jpg", "tabby")
    pressed = tab.card("chelsea.jpg").locator("[aria-pressed=true]")
    expect(pressed).to_have_count(1)
    expect(pressed).to_have_text("tabby")
    expect(tab.card("chelsea.jpg").locator(".place")).to_contain_text("tabby: seen ")


def test_the_slider_fades_the_heat(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    press(tab, "chelsea.jpg", "Egyptian cat")
    slider = tab.page.get_by_role("slider", name="Strength of the heat map")
    slider.fill("25")
    expect(tab.card("chelsea.jpg").locator(".heat")).to_have_css("opacity", "0.25")


@pytest.mark.slow
@pytest.mark.parametrize(("motion", "animation"), [("no-preference", "appear"), ("reduce", "none")])
def test_heat_appears_at_once_if_reduced_motion_is_preferred(
    open_tab, chelsea_jpg, motion, animation
):
    tab = open_tab(reduced_motion=motion)
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    press(tab, "chelsea.jpg", "Egyptian cat")
    expect(tab.card("chelsea.jpg").locator(".heat")).to_have_css("animation-name", animation)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_with_a_heat_map(open_tab, chelsea_jpg, scheme):
    tab = open_tab(color_scheme=scheme, reduced_motion="reduce")
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    press(tab, "chelsea.jpg", "Egyptian cat")
    assert violations(tab) is None


PLACES = [
    ([[1, 0, 0], [0, 0, 0], [0, 0, 0]], "mostly at the upper left"),
    ([[0, 0, 0], [0, 0, 0], [0, 0, 1]], "mostly at the lower right"),
    ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "mostly in the middle"),
    ([[0, 0, 0], [0, 0, 1], [0, 0, 0]], "mostly on the right"),
    ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], "mostly at the top"),
    ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], "all over the photo"),
    ([[0, 0, 0], [0, 0, 0], [0, 0, 0]], "nowhere in particular"),
]


def test_places_are_said_in_words(tab):
    box = {"left": 0, "top": 0, "right": 300, "bottom": 300}
    size = {"width": 300, "height": 300}
    for grid, words in PLACES:
        said = tab.page.evaluate(
            "([heatmap, size]) => placeOfHeat(heatmap, size)", [{"grid": grid, "box": box}, size]
        )
        assert said == words


@pytest.mark.slow
def test_a_model_of_labels_alone_has_plain_labels(open_tab, start_server, photos, chelsea_jpg):
    tab = open_tab(start_server(MODEL=str(photos / "tiny")).url)
    tab.add(chelsea_jpg)
    expect(tab.page.locator(".card[data-state=done]")).to_have_count(1)
    card = tab.card("chelsea.jpg")
    expect(card.locator(".labels li")).to_have_count(3)
    expect(card.locator(".labels button")).to_have_count(0)
    expect(card.locator(".where")).to_be_hidden()
