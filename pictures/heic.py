"""Reject HEIC files that crash pi-heif."""

from __future__ import annotations

from collections.abc import Iterator

from pictures.errors import ImageCorrupt

# ISO/IEC 14496-12. A box (4.2) is its size (4 bytes; 1: it follows in 8; 0: up to the end), its
# type (4) and its content, which in the boxes below begins with a version (1) and flags (3). `meta`
# holds `iinf`, which holds `infe` (8.11.6), one for each item, such as the EXIF. Phones write some
# fifty of these.
_BOX_HEADER, _LARGE_BOX_HEADER, _VERSION_AND_FLAGS = 8, 16, 4
_MAX_BOXES = 10_000
# Before an item's type: version and flags, ID (2, from version 3 on 4), protection (2).
_ITEM_TYPE, _WIDE_ITEM_TYPE, _WIDE_FROM_VERSION = 8, 10, 3


def check_items(data: bytes) -> None:
    """Raise ImageCorrupt if the type of an item is no text, which crashes pi-heif 1.4.0.

    It makes a Python string of an item's type and of its content type, and does not look whether
    that could be made.
    """
    if not all(_has_text_type(item) for item in _items(memoryview(data))):
        raise ImageCorrupt("the HEIC image has an item whose type is no text")


def _has_text_type(item: bytes) -> bool:
    """Whether the type of an item is ASCII, and what follows, its name and so on, is UTF-8."""
    start = _ITEM_TYPE if item[:1] < bytes([_WIDE_FROM_VERSION]) else _WIDE_ITEM_TYPE
    try:
        item[start:].decode()
    except UnicodeDecodeError:
        return False
    return item[start : start + 4].isascii()


def _items(data: memoryview) -> Iterator[bytes]:
    """The content of each `infe`."""
    for meta in _boxes(data, b"meta"):
        for items in _boxes(meta[_VERSION_AND_FLAGS:], b"iinf"):
            count = 4 if items[:1].tobytes() > b"\0" else 2  # bytes of it, by the version
            for item in _boxes(items[_VERSION_AND_FLAGS + count :], b"infe"):
                yield item.tobytes()


def _boxes(data: memoryview, kind: bytes) -> Iterator[memoryview]:
    """The contents of those boxes, of all that stand in `data` one after the other, of a kind."""
    for _ in range(_MAX_BOXES):
        size, start = int.from_bytes(data[:4], "big"), _BOX_HEADER
        if size == 0:
            size = len(data)
        elif size == 1:
            size, start = int.from_bytes(data[start:_LARGE_BOX_HEADER], "big"), _LARGE_BOX_HEADER
        if data[4:_BOX_HEADER] == kind:
            yield data[start:size]
        data = data[size:]
        if size < start or not data:
            return
    raise ImageCorrupt("the HEIC image has thousands of boxes")
