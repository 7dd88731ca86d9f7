import json
from base64 import b64decode
from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, JsonResponse
from django.urls import reverse_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.generic import CreateView

from .forms import PhotoForm
from .models import Photo

_SHOWN = 50
_EXPECTED = 'Send {"name": "cat.jpg", "image": "<base64>"} with a photo of at most 10 MB.'


class PhotosView(CreateView):
    """The form, and the newest photos."""

    form_class = PhotoForm
    template_name = "photos/photos.html"
    success_url = reverse_lazy("photos")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(photos=Photo.objects.all()[:_SHOWN], **context)


# Apps have no CSRF token. Another site's page cannot send application/json without a preflight,
# which fails here. With sessions or other cookies for authentication, remove the exemption.
@csrf_exempt
@require_POST
def upload_json(request: HttpRequest) -> JsonResponse:
    """Classify and store the photo of {"name": "cat.jpg", "image": "<base64>"}."""
    if request.content_type != "application/json":
        return _errors(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/json.")
    try:
        file = _file(request.body)
    except (ValueError, RecursionError, SuspiciousOperation):
        return _errors(HTTPStatus.BAD_REQUEST, _EXPECTED)
    form = PhotoForm(files={"file": file})
    if form.is_valid():
        photo = form.save()
        return JsonResponse({"id": photo.pk, "labels": photo.labels}, status=HTTPStatus.CREATED)
    unavailable = form.has_error("file", "unavailable")
    status = HTTPStatus.SERVICE_UNAVAILABLE if unavailable else HTTPStatus.BAD_REQUEST
    return _errors(status, *form.errors["file"])


def _file(body: bytes) -> SimpleUploadedFile:
    match json.loads(body):
        case {"name": str(name), "image": str(image)}:
            return SimpleUploadedFile(name, b64decode(image, validate=True))
    raise ValueError("the body lacks a name or an image")


def _errors(status: HTTPStatus, *messages: str) -> JsonResponse:
    return JsonResponse({"errors": messages}, status=status)
