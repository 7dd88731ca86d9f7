"""Folders of photos: found, decoded, and named by class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from model import Label
from pictures import MAX_PIXELS, Crop, ImageError, Pixels, read_picture

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic"}


class NoPhotos(Exception):
    """A folder does not hold the photos that a tool needs; the message says what to do."""


def find_photos(folders: Sequence[Path]) -> list[Path]:
    """All photos below the folders, by name. Raises NoPhotos if there are none."""
    photos = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES
    )
    if not photos:
        raise NoPhotos(f"there are no photos in {', '.join(map(str, folders))}: name a folder")
    return photos


def read_pixels(photo: Path, crop: Crop) -> Pixels:
    """The photo as the network sees it, uint8 [height, width, 3].

    Raises NoPhotos if it cannot be decoded.
    """
    try:
        return read_picture(photo.read_bytes(), crop, max_pixels=MAX_PIXELS).pixels
    except ImageError as error:
        raise NoPhotos(f"{photo} cannot be used: {error}; remove or replace it") from error


def classes_of(photos: Sequence[Path], labels: Sequence[Label]) -> list[int]:
    """The index of each photo's class, by its folder's name or the beginning of its own.

    The name is a label, a WordNet id or an index, in the folder's name alone or in the file's
    before an underscore: `tabby/1.jpg`, `n02123045_1.jpg`, `0281_1.jpg`. Raises NoPhotos, naming
    a photo without a class.
    """
    index = {label.wnid: label.index for label in labels if label.wnid}
    index |= {label.label.lower(): label.index for label in labels}
    index |= {str(label.index): label.index for label in labels}

    def class_of(photo: Path) -> int:
        names = photo.parent.name, photo.stem.partition("_")[0], photo.stem.rpartition("_")[0]
        for name in names:
            key = name.lower().replace("_", " ") if not name.isdecimal() else str(int(name))
            if key in index:
                return index[key]
        raise NoPhotos(
            f"{photo} has no class: name its folder, or begin its name with, a label, a WordNet "
            "id or an index of the model's labels"
        )

    return [class_of(photo) for photo in photos]
