"""Bytes to pixels: every format, mode and orientation of the contract, and every refusal."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from pictures import FORMATS, Crop, ImageCorrupt, UnsupportedImageFormat, read_picture

SPEC = Crop(size=224, shorter_side=256)
WRITABLE = [name for name in FORMATS if name != "HEIC"]


def read(data, *, max_pixels=50_000_000, spec=SPEC):
    return read_picture(data, spec, max_pixels=max_pixels)


def saved(image, file_format, **options):
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def difference(picture, other):
    """Mean absolute difference of two pictures' pixels, of 255."""
    return np.abs(picture.pixels.astype(int) - other.pixels.astype(int)).mean()


@pytest.fixture(scope="module")
def cat(chelsea):
    return Image.open(io.BytesIO(chelsea)).convert("RGB")


@pytest.fixture(scope="module")
def upright(cat):
    return read(saved(cat, "PNG"))


@pytest.mark.parametrize("file_format", WRITABLE)
def test_every_format_shows_the_same_picture(cat, upright, file_format):
    colours = cat.quantize() if file_format == "GIF" else cat
    picture = read(saved(colours, file_format))
    assert (picture.format, picture.width, picture.height) == (file_format, 451, 300)
    assert picture.pixels.shape == (224, 224, 3)
    assert picture.pixels.dtype == np.uint8
    assert difference(picture, upright) < 4


def test_a_photo_brings_in_no_format_but_its_own(photos):
    """A cold start waits for what the first one imports."""
    code = (
        "import sys; from pathlib import Path; from pictures import Crop, read_picture; "
        "crop = Crop(size=224, shorter_side=256); "
        "read_picture(Path(sys.argv[1]).read_bytes(), crop, max_pixels=10**6); "
        "print(*(name for name in sys.modules if name.endswith('ImagePlugin')))"
    )
    command = [sys.executable, "-c", code, str(photos / "chelsea.jpg")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True)
    assert done.stdout.split() == [b"PIL.JpegImagePlugin"]


@pytest.mark.parametrize("name", ["chelsea.heic", "chelsea_rotated.heic"])
def test_heic_is_read_upright(photos, upright, name):
    picture = read((photos / name).read_bytes())
    assert (picture.format, picture.width, picture.height) == ("HEIC", 451, 300)
    assert difference(picture, upright) < 6


def test_a_phones_multi_picture_jpeg_is_a_jpeg(cat, upright):
    data = saved(cat, "MPO", save_all=True, append_images=[cat.rotate(180)])
    assert Image.open(io.BytesIO(data)).format == "MPO"
    picture = read(data)
    assert picture.format == "JPEG"
    assert difference(picture, upright) < 4


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "TIFF"])
def test_the_first_frame_counts(file_format):
    red, blue = (Image.new("RGB", (32, 32), colour) for colour in ("red", "blue"))
    picture = read(saved(red, file_format, save_all=True, append_images=[blue]))
    assert picture.pixels[..., 0].min() > 240
    assert picture.pixels[..., 2].max() < 20


def grey_16(grey):
    return Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)


def grey_32(grey):
    return Image.fromarray(np.asarray(grey).astype(np.int32) * 1000)


def grey_float(grey):
    return Image.fromarray(np.asarray(grey).astype(np.float32) / 255)


GREY_MODES = {
    "L": (lambda grey: grey, "PNG"),
    "L in JPEG": (lambda grey: grey, "JPEG"),
    "LA": (lambda grey: grey.convert("LA"), "PNG"),
    "I;16": (grey_16, "PNG"),
    "I;16 in TIFF": (grey_16, "TIFF"),
    "I": (grey_32, "TIFF"),
    "F": (grey_float, "TIFF"),
}


@pytest.mark.parametrize(("make", "file_format"), GREY_MODES.values(), ids=GREY_MODES)
def test_grey_pictures_keep_their_tones(cat, make, file_format):
    # From black to white, since 32-bit values have no other white than their brightest.
    grey = ImageOps.autocontrast(cat.convert("L"))
    expected = read(saved(grey.convert("RGB"), "PNG"))
    assert difference(read(saved(make(grey), file_format)), expected) < 2


def to_lab(cat):
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.buildTransform(srgb, lab, "RGB", "LAB").apply(cat)


COLOUR_MODES = {
    "P": (lambda cat: cat.quantize(), "PNG"),
    "CMYK": (lambda cat: cat.convert("CMYK"), "JPEG"),
    "CMYK in TIFF": (lambda cat: cat.convert("CMYK"), "TIFF"),
    "YCbCr": (lambda cat: cat.convert("YCbCr"), "TIFF"),
    "RGBA": (lambda cat: cat.convert("RGBA"), "PNG"),
    "LAB": (to_lab, "TIFF"),
}


@pytest.mark.parametrize(("make", "file_format"), COLOUR_MODES.values(), ids=COLOUR_MODES)
def test_colour_pictures_keep_their_colours(cat, upright, make, file_format):
    assert difference(read(saved(make(cat), file_format)), upright) < 6


@pytest.mark.parametrize("size", [(451, 300), (301, 1000), (1500, 2001)])
def test_a_picture_that_is_converted_band_by_band_is_the_same_picture(cat, size):
    """All the way to the edges, and whether or not pixels are averaged beforehand."""
    plain, banded = (
        read(saved(cat.resize(size).convert(mode), "PNG")).pixels.astype(int)
        for mode in ("RGB", "RGBA")
    )
    assert np.abs(plain - banded).max() <= 1  # as a value was rounded


def test_values_that_are_not_finite_are_refused():
    values = np.array([[0, 1], [np.inf, 2]], np.float32)
    with pytest.raises(ImageCorrupt, match="not finite"):
        read(saved(Image.fromarray(values), "TIFF"))


def test_black_and_white_is_read():
    halves = Image.new("1", (64, 64))
    halves.paste(1, (32, 0, 64, 64))
    pixels = read(saved(halves, "PNG")).pixels
    assert pixels[:, :90].max() == 0
    assert pixels[:, 134:].min() == 255


def transparent(mode):
    return Image.new(mode, (64, 64), {"RGBA": (255, 0, 0, 0), "LA": (0, 0)}[mode])


def transparent_palette():
    image = Image.new("P", (64, 64), 0)
    image.putpalette([255, 0, 0])
    image.info["transparency"] = 0
    return image


def transparent_colour():
    image = Image.new("RGB", (64, 64), (255, 0, 0))
    image.info["transparency"] = (255, 0, 0)
    return image


def transparent_16():
    image = Image.fromarray(np.full((64, 64), 1000, np.uint16))
    image.info["transparency"] = 1000
    return image


@pytest.mark.parametrize(
    "image",
    [
        transparent("RGBA"),
        transparent("LA"),
        transparent_palette(),
        transparent_colour(),
        transparent_16(),
    ],
    ids=["RGBA", "LA", "palette", "colour key", "16 bits"],
)
def test_transparency_is_laid_on_white(image):
    assert read(saved(image, "PNG")).pixels.min() == 255


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize(
    ("orientation", "undo"),
    [
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_exif_orientation_is_applied(cat, upright, file_format, orientation, undo):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read(saved(cat.transpose(undo), file_format, exif=exif))
    assert (picture.width, picture.height) == (451, 300)
    assert difference(picture, upright) < 4


@pytest.mark.filterwarnings("ignore")  # as in production: Pillow warns of damaged metadata
def test_damaged_exif_does_not_spoil_the_picture(cat, upright):
    picture = read(saved(cat, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f"))
    assert difference(picture, upright) < 4


def test_the_square_is_what_the_network_was_trained_on(cat, upright):
    """Against the resize and centre crop that torchvision documents for these weights."""
    resized = cat.resize((256 * 451 // 300, 256), Image.Resampling.BILINEAR)
    left = (resized.width - 224) // 2
    expected = np.asarray(resized.crop((left, 16, left + 224, 240))).astype(int)
    assert np.abs(upright.pixels - expected).mean() < 2


def test_a_large_jpeg_looks_the_same_though_decoded_small(cat):
    large = cat.resize((4000, 3000), Image.Resampling.BICUBIC)
    assert difference(read(saved(large, "JPEG")), read(saved(large, "BMP"))) < 1.5


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_the_smallest_and_thinnest_pictures_are_read(size):
    picture = read(saved(Image.new("RGB", size, "red"), "PNG"))
    assert (picture.width, picture.height) == size
    assert picture.pixels[..., 0].min() == 255


@pytest.mark.parametrize("file_format", WRITABLE)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_file_cut_short_is_corrupt(cat, file_format, share):
    data = saved(cat.quantize() if file_format == "GIF" else cat, file_format)
    with pytest.raises(ImageCorrupt, match=f"the {file_format} image is damaged"):
        read(data[: int(len(data) * share)])


def test_a_signalling_nan_is_black(cat):
    """Converted, it would be warned of on standard error."""
    values = np.asarray(cat.convert("L"), np.float32).copy()
    values.view(np.uint32)[150, 225] = 0x7FA00000
    assert read(saved(Image.fromarray(values), "TIFF")).width == 451


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_heic_cut_short_is_corrupt(photos, share):
    data = (photos / "chelsea.heic").read_bytes()
    with pytest.raises(ImageCorrupt, match="the HEIC image is damaged"):
        read(data[: int(len(data) * share)])


def test_the_models_own_size_decides(cat):
    assert read(saved(cat, "PNG"), spec=Crop(size=8, shorter_side=8)).pixels.shape == (8, 8, 3)


def lossless_jpeg(width, height):
    """A grey of 128, in which every difference to the prediction is the code 0: ITU-T T.81 H."""
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return (
        b"\xff\xd8"
        b"\xff\xc4\x00\x14\x00\x01" + b"\x00" * 16  # one code of one bit, for no difference
        + b"\xff\xc3\x00\x0b\x08" + size + b"\x01\x01\x11\x00"
        + b"\xff\xda\x00\x08\x01\x01\x00\x01\x00\x00" + b"\x00" * (width * height // 8)
        + b"\xff\xd9"
    )  # fmt: skip


def test_a_large_lossless_jpeg_is_read_though_libjpeg_cannot_decode_it_small():
    picture = read(lossless_jpeg(1024, 800))
    assert (picture.width, picture.height) == (1024, 800)
    assert (picture.pixels == 128).all()


def test_a_dng_is_refused_instead_of_its_thumbnail_being_classified(cat):
    thumbnail = saved(cat.resize((8, 8)), "TIFF", tiffinfo={254: 1})
    with pytest.raises(UnsupportedImageFormat, match=r"begins with a thumbnail.*as a JPEG"):
        read(thumbnail)


def test_a_tiff_of_a_page_is_read(cat):
    assert read(saved(cat, "TIFF", tiffinfo={254: 2})).width == 451


def test_the_message_of_a_damaged_heic_is_one_line(photos):
    data = (photos / "chelsea.heic").read_bytes()
    with pytest.raises(ImageCorrupt) as caught:
        read(data[: len(data) // 2])
    assert "\n" not in str(caught.value)
