"""Settings for trying the site on one's own machine."""

import os
import sys
from pathlib import Path

from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).parents[1]

# The package `client`. Delete this line if you copy mobile/client/ next to manage.py.
sys.path.append(str(BASE_DIR.parents[1] / "mobile"))

CLASSIFY_URL = os.environ.get("CLASSIFY_URL", "http://localhost:8080")
CLASSIFY_KEY = os.environ.get("CLASSIFY_KEY", "")

DEBUG = True
# Nothing signed outlives the process.
SECRET_KEY = get_random_secret_key()

INSTALLED_APPS = ["photos"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "UTC"

MEDIA_URL = "media/"
MEDIA_ROOT = BASE_DIR / "media"
# Of a request without its files: room for the base64 of a photo of photos.forms.MAX_BYTES.
DATA_UPLOAD_MAX_MEMORY_SIZE = 14 * 2**20
