"""Adding, classifying, retrying, removing and shrinking photos."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image
from playwright.sync_api import expect


def test_a_chosen_photo_gets_five_labels(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    expect(tab.card("chelsea.jpg").locator(".labels li")).to_have_count(5)


def test_the_picture_is_shown(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    picture = tab.card("chelsea.jpg").locator("img")
    assert picture.evaluate("image => image.naturalWidth") == 451


def test_the_same_photo_can_be_added_twice(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.add(chelsea_jpg)
    expect(tab.page.locator(".card[data-state=done]")).to_have_count(2)


def test_a_photo_of_the_camera_is_classified(open_tab, chelsea_jpg):
    tab = open_tab(is_mobile=True, has_touch=True)
    with tab.page.expect_file_chooser() as chooser:
        tab.page.get_by_text("Take a photo").tap()
    assert chooser.value.element.get_attribute("capture") == "environment"
    chooser.value.set_files(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")


def test_an_added_photo_scrolls_into_view(open_tab, chelsea_jpg):
    tab = open_tab(viewport={"width": 800, "height": 400})
    tab.page.get_by_role("link", name="Use it from code").click()
    tab.add(chelsea_jpg)
    expect(tab.card("chelsea.jpg")).to_be_in_viewport()


def test_of_three_dropped_photos_the_damaged_one_fails(tab, chelsea_jpg, damaged_jpg, photos):
    tab.expected_failures = {"status of 400"}
    drop(tab.page, chelsea_jpg, damaged_jpg, photos / "coffee.jpg")
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    tab.expect_label("coffee.jpg", "espresso")
    tab.expect_failure("damaged.jpg", "JPEG image is damaged or cut short")
    expect(tab.card("damaged.jpg").locator(".advice")).to_contain_text("Re-save the picture")
    expect(tab.page.locator(".card .name")).to_have_text(
        ["chelsea.jpg", "damaged.jpg", "coffee.jpg"]
    )


def drop(page, *paths):
    """Drop files on the page, as with a mouse."""
    box = page.locator("#drop").bounding_box()
    devtools = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        devtools.send(
            "Input.dispatchDragEvent",
            {
                "type": step,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": {"items": [], "files": list(map(str, paths)), "dragOperationsMask": 1},
            },
        )


def test_a_pasted_photo_is_classified(open_tab, photos):
    tab = open_tab(permissions=["clipboard-read", "clipboard-write"])
    png = io.BytesIO()
    Image.open(photos / "chelsea.jpg").save(png, "PNG")
    tab.page.evaluate(
        """async (encoded) => {
          const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
          const image = new Blob([bytes], { type: "image/png" });
          await navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
        }""",
        base64.b64encode(png.getvalue()).decode(),
    )
    tab.page.keyboard.press("Control+V")
    tab.expect_label("image.png", "Egyptian cat")


def test_a_photo_that_the_browser_cannot_decode_is_classified(tab, photos, tmp_path):
    Image.open(photos / "chelsea.jpg").save(tmp_path / "large.tiff")
    tab.add(tmp_path / "large.tiff")
    tab.expect_label("large.tiff", "Egyptian cat")
    expect(tab.card("large.tiff").locator("svg.photo")).to_be_visible()


def test_a_file_that_is_no_photo_is_rejected(tab):
    tab.expected_failures = {"status of 415"}
    tab.add({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    tab.expect_failure("notes.txt", "not an image in a supported format")


@pytest.mark.slow
def test_a_retry_succeeds_once_the_server_is_back(open_tab, start_server, chelsea_jpg):
    server = start_server()
    tab = open_tab(server.url)
    tab.expected_failures = {"net::ERR_CONNECTION_REFUSED"}
    expect(tab.page.get_by_text("Non-commercial use only")).to_be_visible()
    server.stop()
    tab.add(chelsea_jpg)
    tab.expect_failure("chelsea.jpg", "The function did not respond.")
    server.start()
    tab.page.get_by_role("button", name="Try again").click()
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    expect(tab.card("chelsea.jpg")).to_be_focused()
    expect(tab.page.get_by_role("button", name="Try again")).to_be_hidden()


def test_a_removed_photo_passes_the_focus_on(tab, chelsea_jpg, photos):
    tab.add(chelsea_jpg, photos / "coffee.jpg")
    tab.expect_label("coffee.jpg", "espresso")
    tab.page.get_by_role("button", name="Remove chelsea.jpg").click()
    expect(tab.page.locator(".card")).to_have_count(1)
    expect(tab.card("coffee.jpg")).to_be_focused()
    tab.page.get_by_role("button", name="Remove coffee.jpg").click()
    expect(tab.page.locator("#choose")).to_be_focused()


@pytest.fixture(scope="module")
def large_photo(photos):
    """An upright photo of a phone, stored on its side as 3000x2000."""
    photo = Image.open(photos / "chelsea.jpg").resize((2000, 3000)).rotate(90, expand=True)
    return {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": jpeg_on_its_side(photo)}


def jpeg_on_its_side(image):
    """A JPEG whose EXIF orientation is a clockwise rotation by 90 degrees."""
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, "JPEG", quality=97, exif=exif)
    return file.getvalue()


def test_a_large_photo_is_shrunk(tab, large_photo):
    uploaded, decoded = uploaded_and_decoded(tab, large_photo)
    assert uploaded < len(large_photo["buffer"]) / 5
    assert (decoded["width"], decoded["height"]) == (512, 768)
    assert "shrink" in tab.times("large.jpg")


def test_without_shrinking_a_photo_is_uploaded_unchanged(tab, large_photo):
    tab.page.get_by_role("switch", name="Shrink large photos first").uncheck()
    uploaded, decoded = uploaded_and_decoded(tab, large_photo)
    assert uploaded == len(large_photo["buffer"])
    assert (decoded["width"], decoded["height"]) == (2000, 3000)
    assert "shrink" not in tab.times("large.jpg")


def test_a_photo_too_wide_for_a_canvas_is_uploaded_unchanged(tab, photos, tmp_path):
    wide = tmp_path / "wide.png"
    Image.open(photos / "chelsea.jpg").resize((70_000, 300)).save(wide)
    with tab.page.expect_request(lambda request: request.method == "POST") as request:
        tab.add(wide)
    expect(tab.page.locator(".card[data-state=done]")).to_have_count(1, timeout=30_000)
    assert int(request.value.all_headers()["content-length"]) == wide.stat().st_size


def uploaded_and_decoded(tab, photo):
    """The size of the upload in bytes, and the image as the function decoded it."""
    with tab.page.expect_response(lambda reply: reply.request.method == "POST") as reply:
        tab.add(photo)
    tab.expect_label(photo["name"], "Egyptian cat")
    length = reply.value.request.all_headers()["content-length"]
    return int(length), reply.value.json()["image"]


def test_a_shrunk_photo_is_upright(tab):
    # The clockwise rotation moves the left edge to the top.
    stored = Image.effect_noise((1500, 1000), 100).convert("RGB")
    stored.paste("red", (0, 0, 300, 1000))
    small = shrunk(tab.page, jpeg_on_its_side(stored))
    assert small.size == (512, 768)
    assert small.getexif() == {}
    red, green, blue = small.getpixel((256, 70))
    assert red > 240
    assert max(green, blue) < 20


def test_a_shrunk_photo_has_white_for_transparency(tab):
    file = io.BytesIO()
    image = Image.effect_noise((1000, 1000), 100).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 1000, 500))
    image.save(file, "PNG")
    assert min(shrunk(tab.page, file.getvalue()).getpixel((256, 100))) > 250


def shrunk(page, data):
    """The photo after shrinking by the page."""
    encoded = page.evaluate(
        """async (encoded) => {
          const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
          const small = new Uint8Array(await (await shrink(new Blob([bytes]))).arrayBuffer());
          return btoa(Array.from(small, (byte) => String.fromCharCode(byte)).join(""));
        }""",
        base64.b64encode(data).decode(),
    )
    return Image.open(io.BytesIO(base64.b64decode(encoded)))
