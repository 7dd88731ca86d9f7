"""Files of publishers, by their pinned address and checksum."""

from __future__ import annotations

import hashlib
import urllib.request
from pathlib import Path

from tools.original import ImportFailed

CACHE = Path("build") / "weights"


def fetch(url: str, sha256: str, *, path: Path | None = None) -> Path:
    """The file at `url`, or its copy at `path`. Raises ImportFailed if it is another."""
    file = path or CACHE / url.rpartition("/")[2]
    if not file.exists() and not path:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part")
        try:
            urllib.request.urlretrieve(url, partial)
        except OSError as error:
            raise ImportFailed(
                f"{url} cannot be fetched: {error}; fetch it by other means and name it with "
                "--weights"
            ) from error
        partial.rename(file)
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ImportFailed(f"{file} cannot be read: {error.strerror}") from error
    if digest != sha256:
        raise ImportFailed(
            f"{file} has sha256 {digest}, but {url} has {sha256}: remove it and fetch it again"
        )
    return file
