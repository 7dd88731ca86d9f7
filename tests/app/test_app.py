"""The app in a browser, on the real function, end to end."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.app.faults import slow_proxy

pytestmark = pytest.mark.slow

GRAY = 128  # of the photo's right half


def test_a_first_start_shows_what_to_do_and_which_model_answers(screen):
    screen.expect_text("What is in the photo?")
    screen.expect_text("resnet50 1.0.0 · Uber Research non-commercial licence")
    assert screen.nameless() == []
    assert screen.thumbnails().count() == 0


def test_a_photo_gets_bars(screen, photos):
    screen.choose(photos / "chelsea.jpg")
    screen.expect_label("Egyptian cat")
    expect(screen.bars()).to_have_count(5)
    assert screen.nameless() == []


def test_of_three_photos_the_damaged_one_says_so_and_the_others_stay(screen, photos, damaged):
    screen.choose(photos / "chelsea.jpg", damaged, photos / "coffee.jpg")
    screen.expect_label("espresso")
    expect(screen.thumbnails()).to_have_count(3)
    screen.show(1, "Photo damaged")
    expect(screen.button("Choose another")).to_be_attached()
    assert screen.nameless() == []
    screen.show(2, "Egyptian cat")
    screen.expect_label("Egyptian cat")


def test_a_tap_on_a_label_shows_where_it_was_seen(screen, cat_and_grey):
    screen.choose(cat_and_grey)
    screen.expect_label("Egyptian cat")
    screen.expect_text("Tap a label to see where it was seen")
    plain, _ = screen.expect_reds(lambda _, right: abs(right - GRAY) < 2)
    screen.bars().first.click()
    screen.expect_text("Egyptian cat: seen mostly on the left")
    assert screen.nameless() == []
    screen.expect_reds(lambda left, right: left > plain + 10 and abs(right - GRAY) < 10)
    screen.bars().first.click()
    screen.expect_text("Tap a label to see where it was seen")
    screen.expect_reds(lambda left, _: abs(left - plain) < 2)


def test_a_model_of_labels_alone_says_so(start_app, open_app, start_server, photos):
    screen = open_app(start_app(start_server(MODEL=str(photos / "tiny")).url))
    screen.button("Settings").click()
    screen.button("Fewer labels").click()
    screen.button("Fewer labels").click()
    screen.expect_text("Labels: 3")  # it has no more
    screen.button("Save").click()
    screen.choose(photos / "chelsea.jpg")
    screen.expect_text("This model does not say where it saw a label")
    expect(screen.bars()).to_have_count(3)


def test_a_heic_is_classified_and_its_thumbnail_says_heic(screen, photos):
    screen.choose(photos / "chelsea.heic")
    screen.expect_label("Egyptian cat")
    screen.expect_text("HEIC cannot be shown here")


def test_14_megabytes_get_bars(screen, large):
    screen.choose(large)
    screen.expect_label("Egyptian cat")


def test_a_photo_taken_on_its_side_is_turned_upright(screen, photos, tmp_path):
    with Image.open(photos / "coffee.jpg") as image:
        exif = image.getexif()
        exif[0x0112] = 6
        image.rotate(90, expand=True).save(tmp_path / "side.jpg", exif=exif)
    screen.choose(tmp_path / "side.jpg")
    screen.expect_label("espresso")


@pytest.fixture
def film(photos, tmp_path):
    """The path of a film for the camera, of one picture over and over."""
    with Image.open(photos / "coffee.jpg") as image:
        frame = io.BytesIO()
        image.resize((640, 480)).save(frame, "JPEG")
    path = tmp_path / "film.mjpeg"
    path.write_bytes(frame.getvalue() * 30)
    return path


def test_the_camera_takes_a_photo(launch, open_app, film):
    browser = launch(f"--use-file-for-fake-video-capture={film}")
    screen = open_app(browser=browser, permissions=["camera"])
    screen.button("Take a photo").click()
    expect(screen.button("Take it")).to_be_enabled(timeout=20_000)
    assert screen.nameless() == []
    screen.button("Take it").click()
    screen.expect_label("espresso")


def test_without_a_camera_a_photo_can_be_chosen(screen, photos):
    screen.page.evaluate("navigator.mediaDevices.enumerateDevices = async () => []")
    screen.button("Take a photo").click()
    screen.expect_text("No camera")
    screen.choose(photos / "chelsea.jpg", button="Choose another")
    screen.expect_label("Egyptian cat")


def test_a_slow_start_is_explained_and_can_be_cancelled_and_tried_again(
    start_app, open_app, server, photos
):
    with slow_proxy(server, first_seconds=30) as url:
        screen = open_app(start_app(url))
        screen.choose(photos / "chelsea.jpg")
        screen.expect_text("Waking up the function")
        screen.button("Cancel").click()
        screen.expect_text("Cancelled")
        screen.button("Try again").click()
        screen.expect_label("Egyptian cat")


def test_a_function_that_is_down_is_asked_again_when_it_is_back(
    start_app, open_app, start_server, photos
):
    server = start_server()
    screen = open_app(start_app(server.url))
    server.stop()
    screen.choose(photos / "chelsea.jpg")
    screen.expect_text("Function not found")
    server.start()
    screen.button("Try again").click()
    screen.expect_label("Egyptian cat")


def test_a_wrong_key_is_asked_for_and_kept(start_app, open_app, locked_server, photos):
    screen = open_app(start_app(locked_server.url))
    screen.choose(photos / "chelsea.jpg")
    screen.expect_text("Wrong key")
    screen.button("Open settings").click()
    screen.button("Discard").click()
    screen.set_up(key="let-me-in")
    screen.expect_label("Egyptian cat")

    screen.page.reload()
    screen.enable_semantics()
    screen.choose(photos / "coffee.jpg")
    screen.expect_label("espresso")


def test_an_address_is_checked_as_it_is_typed(screen, server):
    screen.button("Settings").click()
    screen.expect_text("Function found")
    screen.fill("Address of the function", "http://nowhere.invalid")
    screen.expect_text("No network")
    screen.fill("Address of the function", "nowhere")
    screen.expect_text("Not an address")
    screen.fill("Address of the function", f"{server.url}/elsewhere")
    screen.expect_text("No function there")
    assert screen.nameless() == []


def test_the_number_of_labels_is_as_set(screen, photos):
    screen.button("Settings").click()
    screen.button("Fewer labels").click()
    screen.expect_text("Labels: 4")
    screen.button("Save").click()
    screen.choose(photos / "chelsea.jpg")
    screen.expect_label("Egyptian cat")
    expect(screen.bars()).to_have_count(4)


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 844, "height": 390}},
        {"viewport": {"width": 820, "height": 1180}},
        {"color_scheme": "dark"},
    ],
    ids=["on its side", "tablet", "dark"],
)
def test_it_fits_other_screens(open_app, photos, options):
    screen = open_app(**options)
    screen.choose(photos / "chelsea.jpg", photos / "coffee.jpg")
    screen.expect_label("espresso")
    assert screen.outside() == []
    assert screen.nameless() == []


def test_it_fits_text_of_twice_the_size(open_app, photos, damaged):
    screen = open_app()
    screen.page.evaluate("document.documentElement.style.fontSize = '32px'")
    time.sleep(0.5)
    assert screen.outside() == []
    screen.choose(photos / "chelsea.jpg")
    screen.expect_label("Egyptian cat")
    assert screen.outside() == []
    screen.choose(damaged)
    screen.expect_text("Photo damaged")
    assert screen.outside() == []
