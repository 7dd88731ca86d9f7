from django.db import models


class Photo(models.Model):
    """A photo, and what the function saw in it."""

    file = models.FileField(upload_to="photos/")
    #: By descending score: [{"label": "tabby", "score": 0.9}, ...]; scores are from 0 to 1.
    labels = models.JSONField(editable=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return self.file.name
