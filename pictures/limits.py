"""The largest picture, checked by its header before any pixel is allocated."""

from __future__ import annotations

from pictures.errors import TooManyPixels

#: The largest picture, width x height, by default.
MAX_PIXELS = 50_000_000

# GIF89a specification, sections 17 to 25. The screen descriptor ends at 13; the lowest three bits
# of its flags give the size of the colour table, three bytes a colour.
_GIF_HEADER, _GIF_FLAGS = 13, 10
_EXTENSION, _FRAME = 0x21, 0x2C


def check_size(width: int, height: int, *, max_pixels: int) -> None:
    """Raise TooManyPixels if a picture has more than `max_pixels`."""
    if width * height > max_pixels:
        raise TooManyPixels(
            f"the image is {width}x{height} pixels; at most {max_pixels:,} are accepted"
        )


def check_frame(data: bytes, name: str, *, max_pixels: int) -> None:
    """Raise TooManyPixels if the first frame of a GIF has more than `max_pixels`.

    Pillow allocates the frame while it opens the file; the file's own size may be smaller.
    """
    if name != "GIF":
        return
    position = _GIF_HEADER + _gif_colours(data[_GIF_FLAGS : _GIF_FLAGS + 1])
    while data[position : position + 1] == bytes([_EXTENSION]):
        position += 2
        while size := int.from_bytes(data[position : position + 1], "little"):
            position += 1 + size
        position += 1
    if data[position : position + 1] == bytes([_FRAME]):
        # Left and top (2 bytes each), then width and height.
        width, height = (
            int.from_bytes(data[position + start : position + start + 2], "little")
            for start in (5, 7)
        )
        check_size(width, height, max_pixels=max_pixels)


def _gif_colours(flags: bytes) -> int:
    """Bytes of the colour table that the flags of a GIF announce."""
    bits = int.from_bytes(flags, "little")
    return 3 * 2 ** ((bits & 0x07) + 1) if bits & 0x80 else 0
