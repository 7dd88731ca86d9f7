"""The example's site, with Django's own client and the real function.

test_django.py runs this in the example's environment, because Django is not in that of the tests.
CLASSIFY_URL names a function that asks for a key, and CLASSIFY_KEY is the key.
"""

import struct
from base64 import b64encode
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client, TestCase
from photos.forms import MAX_BYTES
from photos.models import Photo

PHOTOS = Path(__file__).parents[1] / "data"
CHELSEA = (PHOTOS / "chelsea.jpg").read_bytes()
TOP_LABEL = "Egyptian cat"


def chunk(kind, data):
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))


# A PNG that says it has 60,000x60,000 pixels.
SIZE = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
HUGE = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", SIZE) + chunk(b"IDAT", b"")


class SiteTestCase(TestCase):
    def setUp(self):
        media = self.enterContext(TemporaryDirectory())
        self.enterContext(self.settings(MEDIA_ROOT=media))

    def assert_stored(self, data):
        (photo,) = Photo.objects.all()
        with photo.file.open() as file:
            self.assertEqual(file.read(), data)
        self.assertEqual(len(photo.labels), 5)
        self.assertEqual(photo.labels[0]["label"], TOP_LABEL)
        self.assertIsNotNone(photo.created)

    def assert_nothing_stored(self):
        self.assertFalse(Photo.objects.exists())


class FormTests(SiteTestCase):
    def post(self, data, name="cat.jpg", client=None, **fields):
        file = SimpleUploadedFile(name, data)
        return (client or self.client).post("/", {"file": file, **fields}, follow=True)

    def assert_refused(self, response, *words):
        for word in words:
            self.assertIn(word, " ".join(response.context["form"].errors["file"]))
            self.assertContains(response, word)
        self.assert_nothing_stored()

    def test_a_photo_is_stored_and_listed_with_its_labels(self):
        self.assertContains(self.client.get("/"), "No photos yet.")
        response = self.post(CHELSEA)
        self.assertRedirects(response, "/")
        self.assertContains(response, 'src="/media/photos/cat.jpg"')
        self.assertRegex(response.text, rf"<li>{TOP_LABEL} [6-9]\d%</li>")
        self.assert_stored(CHELSEA)

    def test_the_newest_photo_comes_first(self):
        self.post(CHELSEA)
        response = self.post((PHOTOS / "coffee.jpg").read_bytes(), "coffee.jpg")
        self.assertEqual(
            [photo.file.name for photo in response.context["photos"]],
            ["photos/coffee.jpg", "photos/cat.jpg"],
        )

    def test_a_photo_of_the_same_name_does_not_replace_the_first(self):
        self.post(CHELSEA)
        self.post(CHELSEA)
        self.assertEqual(len({photo.file.name for photo in Photo.objects.all()}), 2)

    def test_a_form_of_another_site_is_refused(self):
        client = Client(enforce_csrf_checks=True)
        self.assertEqual(self.post(CHELSEA, client=client).status_code, 403)
        self.assert_nothing_stored()
        token = client.get("/").context["csrf_token"]
        self.post(CHELSEA, client=client, csrfmiddlewaretoken=str(token))
        self.assert_stored(CHELSEA)

    def test_a_form_without_a_photo_is_refused(self):
        self.assert_refused(self.client.post("/"), "This field is required.")

    def test_what_the_function_refuses_is_refused_in_words(self):
        for data, words in (
            (CHELSEA[:5000], "The photo is damaged."),
            (b"no photo", "The file is not a photo"),
            (HUGE, "too many pixels"),
        ):
            with self.subTest(words):
                self.assert_refused(self.post(data), words)

    def test_a_name_that_would_be_served_as_a_page_is_refused(self):
        self.assert_refused(self.post(CHELSEA, "cat.html"), "html", "is not allowed")

    def test_a_large_file_is_refused(self):
        self.assert_refused(self.post(bytes(MAX_BYTES + 1)), "at most 10 MB")

    def test_a_missing_function_and_a_wrong_key_are_for_the_log(self):
        for settings, cause in (
            ({"CLASSIFY_URL": "http://127.0.0.1:1"}, "NotListening"),
            ({"CLASSIFY_URL": "localhost"}, "BadAddress"),
            ({"CLASSIFY_KEY": "wrong"}, "BadApiKey"),
        ):
            with (
                self.subTest(cause),
                self.settings(**settings),
                self.assertLogs("photos.forms", "ERROR") as logs,
            ):
                self.assert_refused(self.post(CHELSEA), "Try again later.")
                self.assertIn(cause, logs.output[0])


class JsonTests(SiteTestCase):
    def post(self, body, content_type="application/json"):
        # No CSRF token, as in an app.
        client = Client(enforce_csrf_checks=True)
        return client.post("/api/photos", body, content_type=content_type)

    def photo(self, data=CHELSEA, name="cat.jpg"):
        return {"name": name, "image": b64encode(data).decode()}

    def test_a_photo_is_stored_and_its_labels_returned(self):
        response = self.post(self.photo())
        self.assertEqual(response.status_code, 201)
        reply = response.json()
        self.assertEqual(reply["labels"][0]["label"], TOP_LABEL)
        self.assertEqual(Photo.objects.get(pk=reply["id"]).labels, reply["labels"])
        self.assert_stored(CHELSEA)

    def test_the_largest_photo_fits(self):
        # Bytes after the end of a JPEG are ignored.
        largest = CHELSEA.ljust(MAX_BYTES, b"\0")
        self.assertEqual(self.post(self.photo(largest)).status_code, 201)
        self.assert_stored(largest)

    def test_another_site_cannot_send_it_without_a_preflight(self):
        for content_type in ("text/plain", "application/x-www-form-urlencoded"):
            response = self.post('{"name": "cat.jpg", "image": ""}', content_type)
            self.assertEqual(response.status_code, 415)
        preflight = self.client.options("/api/photos", headers={"Origin": "https://example.org"})
        self.assertEqual(preflight.status_code, 405)
        self.assertNotIn("Access-Control-Allow-Origin", preflight.headers)

    def test_a_body_of_another_shape_is_refused(self):
        for body in (
            b" ",
            b"\xff",
            b"[" * 100_000,
            [],
            {"image": ""},
            self.photo(name=None),
            self.photo(name=".."),
            {"name": "cat.jpg", "image": "?"},
            {"name": "cat.jpg", "image": 1},
            self.photo(bytes(11 * 2**20)),
        ):
            with self.subTest(str(body)[:40]):
                response = self.post(body)
                self.assertEqual(response.status_code, 400)
                self.assertIn("Send {", response.json()["errors"][0])
        self.assert_nothing_stored()

    def test_a_name_cannot_leave_the_folder(self):
        self.assertEqual(self.post(self.photo(name="../../cat\0.jpg")).status_code, 201)
        self.assertEqual(Photo.objects.get().file.name, "photos/cat.jpg")

    def test_an_error_has_words_and_a_status(self):
        response = self.post(self.photo(b"no photo"))
        self.assertEqual(response.status_code, 400)
        self.assertIn("JPEG or PNG", response.json()["errors"][0])
        with (
            self.settings(CLASSIFY_URL="http://127.0.0.1:1"),
            self.assertLogs("photos.forms", "ERROR"),
        ):
            response = self.post(self.photo())
        self.assertEqual(response.status_code, 503)
        self.assertIn("Try again later.", response.json()["errors"][0])
        self.assert_nothing_stored()


class ProjectTests(TestCase):
    def test_the_migrations_make_the_models(self):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)

    def test_the_checks_find_nothing(self):
        call_command("check", fail_level="WARNING", verbosity=0)
