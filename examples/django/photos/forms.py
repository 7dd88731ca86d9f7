import logging

from client import (
    BodyTooLarge,
    ClassifyError,
    ImageCorrupt,
    ImageTooCostly,
    TooManyPixels,
    UnsupportedImageFormat,
)
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator

from .classify import classify
from .models import Photo

# The name decides with which Content-Type the file is served: never as HTML or SVG.
_EXTENSIONS = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "heif")
#: What the function accepts by default.
MAX_BYTES = 10 * 2**20
_TOO_LARGE = "The photo is too large. Choose one of at most 10 MB."
# For errors that visitors can do something about. Others, such as a wrong key, are for the log.
_WORDS: dict[type[ClassifyError], str] = {
    BodyTooLarge: _TOO_LARGE,
    ImageCorrupt: "The photo is damaged. Choose another.",
    ImageTooCostly: "The photo takes too long to read. Save it as a JPEG, or choose another.",
    TooManyPixels: "The photo has too many pixels. Choose a smaller one.",
    UnsupportedImageFormat: "The file is not a photo in a supported format, such as JPEG or PNG.",
}

_log = logging.getLogger(__name__)


def _validate_size(file: UploadedFile) -> None:
    if file.size > MAX_BYTES:
        raise ValidationError(_TOO_LARGE)


class PhotoForm(forms.ModelForm):
    file = forms.FileField(
        label="Photo",
        max_length=100,
        validators=[FileExtensionValidator(_EXTENSIONS), _validate_size],
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )

    class Meta:
        model = Photo
        fields = ("file",)

    def clean_file(self) -> UploadedFile:
        """Set the labels of the photo; the function also checks that it is one."""
        file = self.cleaned_data["file"]
        try:
            self.instance.labels = classify(file.read())
        except ClassifyError as error:
            if words := _WORDS.get(type(error)):
                raise ValidationError(words) from error
            _log.exception("the function did not classify a photo")
            raise ValidationError(
                "Photos cannot be classified at the moment. Try again later.", code="unavailable"
            ) from error
        return file
