"""The function, for code that is not async."""

from dataclasses import asdict

from asgiref.sync import async_to_sync
from client import Client
from django.conf import settings


@async_to_sync
async def classify(photo: bytes) -> list[dict[str, object]]:
    """The labels of a photo, as Photo.labels has them; raises ClassifyError."""
    async with Client(settings.CLASSIFY_URL, key=settings.CLASSIFY_KEY) as client:
        reply = await client.classify(photo)
    return [asdict(label) for label in reply.labels]
