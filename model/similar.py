"""Search among one's own photos: which are alike to the network.

python -m model index photos/ --to index.npz
python -m model similar photo.jpg --in index.npz --html similar.html
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import os
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from model.card import ModelCard
from model.classifier import Classifier
from model.cpus import available_cpus
from model.folder import find_model
from pictures import DecoderPool, ImageError, Pixels

# More than the service allows, because no other requests need the memory: enough for any camera.
CLI_MAX_PIXELS = 200_000_000

Vectors = npt.NDArray[np.float32]

_MAKE_ONE = "make one with python -m model index"


class IndexUnusable(Exception):
    """The index cannot be read, or is of another space; the message says what to do."""


class Index(NamedTuple):
    """The embeddings of photos."""

    files: list[str]
    vectors: Vectors
    """float32 [photos, channels], each of unit length."""
    sha256: str
    """Of the network that made the vectors."""

    def save(self, path: Path) -> None:
        """Write the index as an archive of NumPy's."""
        with path.open("wb") as file:  # given a path, NumPy would add a suffix
            np.savez(
                file, files=np.array(self.files), vectors=self.vectors, sha256=np.array(self.sha256)
            )

    @classmethod
    def load(cls, path: Path, card: ModelCard) -> Index:
        """Read an index. Raises IndexUnusable if it is damaged or not of the card's network."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                index = cls(arrays["files"].tolist(), arrays["vectors"], str(arrays["sha256"]))
        except OSError as error:
            raise IndexUnusable(f"{path}: {error.strerror or error}; {_MAKE_ONE}") from error
        except (EOFError, ValueError, LookupError, TypeError, zipfile.BadZipFile) as error:
            # NumPy's message advises to load the file unsafely.
            raise IndexUnusable(f"{path} is not an index, or damaged; {_MAKE_ONE}") from error
        if index.sha256 != card.sha256:
            raise IndexUnusable(
                f"{path} was made with another network than {card.name}, whose vectors must not be "
                "compared: name that network with --model, or make the index again"
            )
        return index

    def nearest(self, vector: Vectors, count: int) -> list[tuple[float, str]]:
        """Cosine and file of the `count` photos most alike, the most alike first."""
        cosines = self.vectors @ vector
        order = np.argsort(-cosines, kind="stable")[:count]
        return [(float(cosines[place]), self.files[place]) for place in order]


class Reader:
    """Reads photos; reports those that cannot be read, and counts them."""

    def __init__(self, model: str) -> None:
        """Raises ModelUnavailable."""
        self._decoders = DecoderPool(available_cpus(), max_pixels=CLI_MAX_PIXELS)
        self._classifier = Classifier(find_model(model), num_threads=available_cpus())
        self.errors = 0

    @property
    def card(self) -> ModelCard:
        return self._classifier.card

    def pixels(self, photo: Path) -> Pixels | None:
        """What the network sees of a photo."""
        try:
            picture, _ = self._decoders.submit(photo.read_bytes(), self.card.input).result()
        except OSError as error:
            return self._report(photo, error.strerror or str(error))
        return self._report(photo, picture) if isinstance(picture, ImageError) else picture.pixels

    def vector(self, photo: Path) -> Vectors | None:
        """The embedding of a photo. Raises FeaturesUnavailable."""
        pixels = self.pixels(photo)
        if pixels is None:
            return None
        features = self._classifier.infer(pixels, features=True).features
        return features.embedding() if features else None

    def _report(self, photo: Path, problem: object) -> Pixels | None:
        print(f"{photo}: {problem}", file=sys.stderr)
        self.errors += 1
        return None


def make_index(arguments: Sequence[str]) -> int:
    """Run `index`; the exit status. Raises ModelUnavailable or FeaturesUnavailable."""
    parser = argparse.ArgumentParser(
        prog="python -m model index", description="Index photos, to search for similar ones."
    )
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="a file or a folder")
    parser.add_argument(
        "--to", type=_output, required=True, metavar="FILE", help="the index to write"
    )
    _add_model(parser)
    options = parser.parse_args(arguments)
    reader = Reader(options.model)
    files, vectors = [], []
    for photo in _files(options.photos):
        vector = reader.vector(photo)
        if vector is not None:
            files.append(str(photo.resolve()))
            vectors.append(vector)
    if not vectors:
        problem = "no photo could be read" if reader.errors else "the folders have no files"
        print(f"{problem}, so there is no index", file=sys.stderr)
        return 1
    Index(files, np.stack(vectors), reader.card.sha256).save(options.to)
    print(f"{len(files)} photos in {options.to}")
    return 1 if reader.errors else 0


def find_similar(arguments: Sequence[str]) -> int:
    """Run `similar`; the exit status. Raises the same, or IndexUnusable."""
    parser = argparse.ArgumentParser(
        prog="python -m model similar", description="Find photos that are like a photo."
    )
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument(
        "--in", dest="index", type=Path, required=True, metavar="FILE", help="of `index`"
    )
    parser.add_argument("--count", type=whole, default=10, metavar="N", help="default: 10")
    parser.add_argument(
        "--html", type=_output, metavar="FILE", help="also write a page of thumbnails"
    )
    _add_model(parser)
    options = parser.parse_args(arguments)
    reader = Reader(options.model)
    index = Index.load(options.index, reader.card)
    vector = reader.vector(options.photo)
    if vector is None:
        return 1
    found = index.nearest(vector, options.count)
    for cosine, file in found:
        print(f"{cosine:.3f}  {file}")
    if options.html:
        rows = [(1.0, str(options.photo)), *found]
        options.html.write_text(_page(rows, reader), encoding="utf-8", errors="xmlcharrefreplace")
    return 0


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", default="resnet50", metavar="MODEL", help="name or folder (default: resnet50)"
    )


def whole(text: str) -> int:
    """An argument of the command line that is a whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def _output(text: str) -> Path:
    """A file to write: refused before the work, whose result would be lost."""
    path = Path(text)
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(
            f"{path} cannot be written; name a file in a folder that exists and is writable"
        )
    return path


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files, and those in the folders, hidden ones left out."""
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*"))
            yield from (each for each in inside if each.is_file() and each.name[0] != ".")
        else:
            yield path


def _page(rows: Sequence[tuple[float, str]], reader: Reader) -> str:
    """A page with the photo and those found, as the network sees them."""
    figures = []
    for cosine, file in rows:
        pixels = reader.pixels(Path(file))
        image = "" if pixels is None else f'<img src="{_thumbnail(pixels)}" alt="">'
        name = html.escape(Path(file).name)
        figures.append(f"<figure>{image}<figcaption>{cosine:.3f} {name}</figcaption></figure>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Similar photos</title>'
        "<style>body{font:14px system-ui;display:flex;flex-wrap:wrap;gap:16px;margin:24px}"
        "figure{margin:0;width:224px;overflow-wrap:anywhere}img{width:100%;border-radius:8px}"
        "figure:first-of-type img{outline:3px solid #17694f}</style>" + "\n".join(figures)
    )


def _thumbnail(pixels: Pixels) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
