"""A HEIC that would crash its decoder is refused before that sees it."""

import struct

import pytest

from pictures import Crop, ImageCorrupt, read_picture
from pictures.limits import check_header

SPEC = Crop(size=224, shorter_side=256)


def box(kind, content, *, size=None):
    return struct.pack(">I", len(content) + 8 if size is None else size) + kind + content


def heic_of(*items):
    count = struct.pack(">H", len(items))
    return box(b"ftyp", b"heic") + box(
        b"meta", bytes(4) + box(b"iinf", bytes(4) + count + b"".join(items))
    )


def item(kind, texts=b"\0", *, version=2):
    identity = struct.pack(">B3xHH" if version == 2 else ">B3xIH", version, 1, 0)
    return box(b"infe", identity + kind + texts)


GOOD, BAD = item(b"Exif"), item(b"Exi\xff")


@pytest.mark.parametrize(
    "data",
    [
        heic_of(GOOD, BAD),
        heic_of(item(b"mime", b"name\0\xff\xfe\0")),
        heic_of(item(b"Exi\xff", version=3)),
        heic_of(item(b"Exi\xc3", b"\xa9\0")),  # text only together with what follows
        box(b"free", b"") + heic_of(box(b"free", b""), BAD),
        box(b"meta", heic_of(BAD)[20:], size=0),  # up to the end of the file
        box(b"meta", struct.pack(">Q", 1000) + heic_of(BAD)[20:], size=1),
        box(b"meta", bytes(4) + box(b"iinf", b"\1" + bytes(7) + BAD)),
    ],
)
def test_an_item_whose_type_is_no_text_is_refused(data):
    """What comes after would be the end of the process."""
    with pytest.raises(ImageCorrupt, match="an item whose type is no text"):
        check_header(data, "HEIC")


def test_other_items_are_left_alone():
    items = [GOOD, item(b"mime", "Höhe\0application/rdf+xml\0".encode()), item(b"hvc1", version=3)]
    check_header(heic_of(*items) + b"more", "HEIC")


def test_a_heic_of_boxes_without_end_is_refused():
    with pytest.raises(ImageCorrupt, match="thousands of boxes"):
        check_header(box(b"free", b"") * 10_001, "HEIC")


def test_a_heic_whose_exif_is_called_otherwise_is_refused(photos):
    data = (photos / "chelsea_rotated.heic").read_bytes()
    with pytest.raises(ImageCorrupt, match="an item whose type is no text"):
        read_picture(data.replace(b"Exif", b"\x9dxif"), SPEC, max_pixels=10**6)
