"""The format of a file by its first bytes; names and media types are ignored."""

from __future__ import annotations

from pictures.errors import UnsupportedImageFormat

#: The supported formats. Most of Pillow's security holes were in the others.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIC")

# How the files begin. JPEG: ITU-T T.81 B.1.1.3; PNG: W3C PNG 5.2; GIF: GIF89a 17;
# BMP: BITMAPFILEHEADER; TIFF: TIFF 6.0 section 2, and 43 for BigTIFF.
_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}
# The markers SOF0 to SOF15 of JPEG; DHT, JPG and DAC are numbered among them.
_START_OF_FRAME = {bytes([number]) for number in range(0xC0, 0xD0)} - {b"\xc4", b"\xc8", b"\xcc"}
_LOSSLESS = b"\xc3"
# Brands of the `ftyp` box: AV1 Image File Format 6; ISO/IEC 23008-12 annex B.
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1"}


def format_of(data: bytes) -> str:
    """The format by the file's first bytes. Raises UnsupportedImageFormat."""
    for signature, name in _SIGNATURES.items():
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        box = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
        brands = {box[i : i + 4] for i in range(0, len(box), 4)}
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if brands & _HEIC_BRANDS:
            return "HEIC"
    raise UnsupportedImageFormat(
        f"the bytes are not an image in a supported format ({', '.join(FORMATS)}); "
        f"they begin with {data[:12]!r}"
    )


def is_picture(data: bytes) -> bool:
    """Whether the file begins as a picture in a supported format does."""
    try:
        format_of(data)
    except UnsupportedImageFormat:
        return False
    return True


def is_lossless_jpeg(data: bytes) -> bool:
    """Whether a JPEG's frame is lossless, which libjpeg decodes at full size only.

    Source: ITU-T T.81, B.1.1.3 and B.1.1.4.
    """
    offset = 2
    while data[offset : offset + 1] == b"\xff":
        marker = data[offset + 1 : offset + 2]
        if marker in _START_OF_FRAME:
            return marker == _LOSSLESS
        length = int.from_bytes(data[offset + 2 : offset + 4], "big")
        offset += 2 + length
    return False
