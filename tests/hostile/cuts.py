"""Files that end where they should not: at every marker, chunk, box and directory entry."""

from __future__ import annotations

from collections.abc import Iterable

from tests.hostile import formats
from tests.hostile.cases import CLASSIFIED, CORRUPT, UNKNOWN, Case, case
from tests.hostile.formats import picture, saved

# How many of a file's first bytes tell its format.
_SIGNATURES = {"JPEG": 3, "PNG": 8, "GIF": 6, "BMP": 2, "TIFF": 4, "WebP": 12, "AVIF": 12}
_SIGNATURES["HEIC"] = _SIGNATURES["AVIF"]
# A cut behind a part's name and length, and one in the middle of them.
_DEPTHS = (0, 2, 9)


def cases() -> list[Case]:
    baseline = formats.jpeg(restart_marker_rows=1)
    progressive = formats.jpeg(progressive=True)
    png, gif, bmp, tiff, avif = (
        saved(picture(), name) for name in ("PNG", "GIF", "BMP", "TIFF", "AVIF")
    )
    webp = saved(picture(), "WEBP", exif=formats.tiff({0x0112: (3, 1, 1)}))
    heic = formats.heic()
    return [
        *_cut("JPEG", baseline, formats.jpeg_markers(baseline), whole_from=len(baseline) - 40),
        *_cut(
            "JPEG in scans",
            progressive,
            formats.jpeg_markers(progressive),
            whole_from=progressive.index(b"\xff\xda"),
        ),
        *_cut("PNG", png, formats.png_chunks(png), whole_from=len(png) - 16),
        *_cut("GIF", gif, range(0, len(gif), 97), whole_from=len(gif) - 3),
        *_cut("BMP", bmp, (0, 2, 10, 14, 18, 30, 54, 9_000)),
        *_cut("TIFF", tiff, [0, 4, *formats.tiff_entries(tiff)]),
        *_cut("WebP", webp, formats.riff_chunks(webp), whole_from=webp.index(b"EXIF")),
        *_cut("AVIF", avif, formats.boxes(avif)),
        *_cut("HEIC", heic, formats.boxes(heic)),
    ]


def _cut(
    name: str, data: bytes, parts: Iterable[int], *, whole_from: int | None = None
) -> list[Case]:
    """The file cut in and before each of its parts.

    From `whole_from` on, all or enough of the pixels are there: some decoders are content.
    """
    signature = _SIGNATURES[name.split(maxsplit=1)[0]]
    places = sorted({part + depth for part in parts for depth in _DEPTHS} - {0})
    cuts = []
    for at in (place for place in places if place < len(data)):
        right = [UNKNOWN] if at < signature else [CORRUPT]
        if whole_from is not None and at >= whole_from:
            right.append(CLASSIFIED)
        cuts.append(case(f"{name} cut at {at}", lambda at=at: data[:at], *right))
    return cuts
