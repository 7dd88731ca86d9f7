"""From a photo to its labels, however it is brought, and back from what goes wrong."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image
from playwright.sync_api import expect


def test_pick_one(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    expect(tab.card("chelsea.jpg").locator(".labels li")).to_have_count(5)


def test_the_picture_is_shown(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    picture = tab.card("chelsea.jpg").locator("img")
    assert picture.evaluate("image => image.naturalWidth") == 451


def test_the_same_photo_twice(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.add(chelsea_jpg)
    expect(tab.page.locator(".card[data-state=done]")).to_have_count(2)


def test_the_camera_of_a_phone(open_tab, chelsea_jpg):
    tab = open_tab(is_mobile=True, has_touch=True)
    with tab.page.expect_file_chooser() as chooser:
        tab.page.get_by_text("Take a photo").tap()
    assert chooser.value.element.get_attribute("capture") == "environment"
    chooser.value.set_files(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")


def test_a_photo_comes_into_view(open_tab, chelsea_jpg):
    tab = open_tab(viewport={"width": 800, "height": 400})
    tab.page.get_by_role("link", name="Use it from code").click()
    tab.add(chelsea_jpg)
    expect(tab.card("chelsea.jpg")).to_be_in_viewport()


def test_drop_three_of_which_one_is_damaged(tab, chelsea_jpg, damaged_jpg, photos):
    tab.expected_failures = {"status of 400"}
    drop(tab.page, chelsea_jpg, damaged_jpg, photos / "coffee.jpg")
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    tab.expect_label("coffee.jpg", "espresso")
    tab.expect_failure("damaged.jpg", "JPEG image is damaged or cut short")
    expect(tab.card("damaged.jpg").locator(".advice")).to_contain_text("Save the picture")
    expect(tab.page.locator(".card .name")).to_have_text(
        ["chelsea.jpg", "damaged.jpg", "coffee.jpg"]
    )


def drop(page, *paths):
    """Let go of files over the page, as a person does with the mouse."""
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


def test_paste(open_tab, photos):
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


def test_a_photo_that_only_the_function_can_read(tab, photos, tmp_path):
    Image.open(photos / "chelsea.jpg").save(tmp_path / "large.tiff")
    tab.add(tmp_path / "large.tiff")
    tab.expect_label("large.tiff", "Egyptian cat")
    expect(tab.card("large.tiff").locator("svg.photo")).to_be_visible()


def test_no_photo_at_all(tab):
    tab.expected_failures = {"status of 415"}
    tab.add({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    tab.expect_failure("notes.txt", "not an image in a supported format")


def test_retry_after_the_server_came_back(open_tab, start_server, chelsea_jpg):
    server = start_server()
    tab = open_tab(server.url)
    tab.expected_failures = {"net::ERR_CONNECTION_REFUSED"}
    expect(tab.page.get_by_text("Non-commercial use only")).to_be_visible()
    server.stop()
    tab.add(chelsea_jpg)
    tab.expect_failure("chelsea.jpg", "The function did not answer.")
    server.start()
    tab.page.get_by_role("button", name="Try again").click()
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    expect(tab.card("chelsea.jpg")).to_be_focused()
    expect(tab.page.get_by_role("button", name="Try again")).to_be_hidden()


def test_the_time_it_took(tab, chelsea_jpg):
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    times = times_of(tab.card("chelsea.jpg"))
    assert {"total", "network", "decode", "inference"} <= set(times)
    assert all(time > 0 for time in times.values())
    assert times.pop("total") == pytest.approx(sum(times.values()), abs=len(times))


def test_the_model_is_loaded_once(open_tab, start_server, chelsea_jpg, photos):
    tab = open_tab(start_server().url)
    tab.add(chelsea_jpg)
    tab.expect_label("chelsea.jpg", "Egyptian cat")
    tab.add(photos / "coffee.jpg")
    tab.expect_label("coffee.jpg", "espresso")
    assert "load" in times_of(tab.card("chelsea.jpg"))
    assert "load" not in times_of(tab.card("coffee.jpg"))


def times_of(card):
    """Milliseconds by part."""
    parts = card.locator(".times dt").all_inner_texts()
    times = card.locator(".times dd").all_inner_texts()
    return {part: int(time.removesuffix(" ms")) for part, time in zip(parts, times, strict=True)}


def test_remove(tab, chelsea_jpg, photos):
    tab.add(chelsea_jpg, photos / "coffee.jpg")
    tab.expect_label("coffee.jpg", "espresso")
    tab.page.get_by_role("button", name="Remove chelsea.jpg").click()
    expect(tab.page.locator(".card")).to_have_count(1)
    expect(tab.card("coffee.jpg")).to_be_focused()
    tab.page.get_by_role("button", name="Remove coffee.jpg").click()
    expect(tab.page.locator("#choose")).to_be_focused()


@pytest.fixture(scope="module")
def large_photo(photos):
    """A photo of a phone held upright: stored on its side, 3000x2000."""
    photo = Image.open(photos / "chelsea.jpg").resize((2000, 3000)).rotate(90, expand=True)
    return {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": jpeg_on_its_side(photo)}


def jpeg_on_its_side(image):
    """A JPEG whose EXIF data asks to turn it by 90 degrees clockwise."""
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, "JPEG", quality=97, exif=exif)
    return file.getvalue()


def test_a_large_photo_is_shrunk(tab, large_photo):
    sent, seen = sent_and_seen(tab, large_photo)
    assert sent < len(large_photo["buffer"]) / 5
    assert (seen["width"], seen["height"]) == (512, 768)
    assert "shrink" in times_of(tab.card("large.jpg"))


def test_the_switch_sends_it_as_it_is(tab, large_photo):
    tab.page.get_by_role("switch", name="Shrink large photos first").uncheck()
    sent, seen = sent_and_seen(tab, large_photo)
    assert sent == len(large_photo["buffer"])
    assert (seen["width"], seen["height"]) == (2000, 3000)
    assert "shrink" not in times_of(tab.card("large.jpg"))


def sent_and_seen(tab, photo):
    """The bytes that were sent for a photo, and the picture that the function saw in them."""
    with tab.page.expect_response(lambda reply: reply.request.method == "POST") as reply:
        tab.add(photo)
    tab.expect_label(photo["name"], "Egyptian cat")
    length = reply.value.request.all_headers()["content-length"]
    return int(length), reply.value.json()["image"]


def test_shrinking_keeps_it_upright(tab):
    # Turned clockwise, what is stored on the left comes to the top.
    stored = Image.effect_noise((1500, 1000), 100).convert("RGB")
    stored.paste("red", (0, 0, 300, 1000))
    small = shrunk(tab.page, jpeg_on_its_side(stored))
    assert small.size == (512, 768)
    assert small.getexif() == {}
    red, green, blue = small.getpixel((256, 70))
    assert red > 240
    assert max(green, blue) < 20


def test_shrinking_lays_transparency_on_white(tab):
    file = io.BytesIO()
    image = Image.effect_noise((1000, 1000), 100).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 1000, 500))
    image.save(file, "PNG")
    assert min(shrunk(tab.page, file.getvalue()).getpixel((256, 100))) > 250


def shrunk(page, data):
    """What the page makes of a photo before it sends it."""
    encoded = page.evaluate(
        """async (encoded) => {
          const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
          const small = new Uint8Array(await (await shrink(new Blob([bytes]))).arrayBuffer());
          return btoa(Array.from(small, (byte) => String.fromCharCode(byte)).join(""));
        }""",
        base64.b64encode(data).decode(),
    )
    return Image.open(io.BytesIO(base64.b64decode(encoded)))
