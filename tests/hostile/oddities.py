"""Rare files that are pictures all the same, and files that are more than one thing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from PIL import Image

from tests.hostile import formats
from tests.hostile.cases import CLASSIFIED, UNKNOWN, Case, case
from tests.hostile.formats import gif, jpeg, jpeg_segment, picture, png, png_chunk, saved


def cases() -> list[Case]:
    pictures = {**_modes(), **_frames(), **_kinds(), **_polyglots()}
    return [
        *(case(name, make, CLASSIFIED) for name, make in pictures.items()),
        *(case(name, make, UNKNOWN) for name, make in _no_pictures().items()),
    ]


Makers = dict[str, Callable[[], bytes]]


# W3C PNG, table 11.1.
_PNG_DEPTHS = {
    formats.GREY: (1, 2, 4, 8, 16),
    formats.RGB: (8, 16),
    formats.PALETTE: (1, 2, 4, 8),
    formats.GREY_ALPHA: (8, 16),
    formats.RGB_ALPHA: (8, 16),
}
_TIFF_MODES = ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16", "LA", "PA")


def _modes() -> Makers:
    """Every depth and kind of colour; test_imaging holds their pixels against the original."""
    kinds = [(colour, depth) for colour, depths in _PNG_DEPTHS.items() for depth in depths]
    pngs: Makers = {
        f"PNG of type {colour}, {depth} bits": lambda kind=(colour, depth): png(
            64, 64, colour=kind[0], depth=kind[1]
        )
        for colour, depth in kinds
    }
    tiffs: Makers = {
        f"TIFF, {mode}": lambda mode=mode: saved(Image.new(mode, (64, 64)), "TIFF")
        for mode in _TIFF_MODES
    }
    return {
        **pngs,
        **tiffs,
        "JPEG in grey": lambda: saved(picture("L"), "JPEG"),
        "JPEG in CMYK": lambda: saved(picture("CMYK"), "JPEG"),
        "PNG palette with transparency": lambda: png(
            64, 64, colour=formats.PALETTE, before=png_chunk(b"tRNS", bytes(256))
        ),
    }


def _frames() -> Makers:
    """Animations: their first frame is the picture."""
    frames = [picture().rotate(angle) for angle in range(0, 360, 45)]

    def animated(file_format: str) -> bytes:
        return saved(frames[0], file_format, save_all=True, append_images=frames[1:])

    names = ("GIF", "PNG", "WEBP", "TIFF", "AVIF", "MPO")
    return {f"animated {name}": lambda name=name: animated(name) for name in names}


def _kinds() -> Makers:
    return {
        "HEIC, whatever its name": formats.heic,
        "one pixel": lambda: png(1, 1),
        "one row": lambda: png(30_000, 1),
        "one column": lambda: png(1, 30_000),
        "JPEG in scans": lambda: jpeg(progressive=True),
        "JPEG with its own Huffman tables": lambda: jpeg(optimize=True),
        "JPEG with a broken colour profile": lambda: jpeg(
            jpeg_segment(0xE2, b"ICC_PROFILE\0\xff\0" + b"x" * 65_000)
        ),
        "JPEG with a broken MPO directory": lambda: jpeg(
            jpeg_segment(0xE2, b"MPF\0" + b"II*\0\xff\xff\xff\x7f")
        ),
        "PNG with a broken colour profile": lambda: png(
            64, 64, before=png_chunk(b"iCCP", b"x\0\0broken")
        ),
        # By its specification (AV1 Image File Format 2.1) it is scaled to what the boxes say.
        "AVIF of another size than its boxes say": lambda: formats.with_box_size(
            saved(picture(), "AVIF"), 640, 640
        ),
        "GIF with a comment": lambda: gif(8, 8, before=b"!\xfe\5hello\0"),
    }


def _polyglots() -> Makers:
    """Pictures that are other things too: what they begin as is what they are."""
    return {
        "GIF that is JavaScript": lambda: gif(8, 8, before=b"!\xfe\x0c*/=alert(1);\0"),
        "GIF with JavaScript behind it": lambda: gif(8, 8) + b"/*<script>alert(1)</script>*/",
        "JPEG that is a ZIP": lambda: jpeg() + _zip(),
        "JPEG with a PDF behind it": lambda: jpeg() + b"%PDF-1.7\n%%EOF",
        "JPEG with PHP in a comment": lambda: jpeg(jpeg_segment(0xFE, b"<?php system('id'); ?>")),
        "PNG with a JPEG behind it": lambda: png(8, 8) + jpeg(),
        "BMP with a script behind it": lambda: formats.bmp(8, 8, bytes(192)) + b"<script>",
    }


def _no_pictures() -> Makers:
    """Other things, pictures too among them."""
    return {
        "PDF with a JPEG behind it": lambda: b"%PDF-1.7\n" + jpeg(),
        "ZIP": _zip,
        "SVG": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(id) (r) file",
        "JPEG 2000": lambda: saved(picture(), "JPEG2000"),
        "ICO": lambda: saved(picture(), "ICO"),
        "TGA": lambda: saved(picture(), "TGA"),
        "PSD": lambda: b"8BPS\0\1" + bytes(100),
        "one byte": lambda: b"\xff",
        "a box without a brand": lambda: b"\0\0\0\x08ftyp",
        "a box of 4 GB": lambda: b"\xff\xff\xff\xffftyp" + b"isom" * 10_000,
        "zeros": lambda: bytes(1_000),
    }


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("index.html", "<script>alert(1)</script>")
    return file.getvalue()
