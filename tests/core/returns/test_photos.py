"""Photos: taken apart, put together anew, and nothing of the old file left but what can be seen."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from app.core.returns.photos import CleanPhoto, PhotoTooLarge, PhotoUnreadable, clean_photo


def encoded(image: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def halves(mode: str = "RGB", size: tuple[int, int] = (400, 200)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, (220, 20, 20))
    image.paste((20, 20, 220), (size[0] // 2, 0, *size))
    return image.convert(mode)


def opened(photo: CleanPhoto) -> Image.Image:
    image = Image.open(io.BytesIO(photo.content))
    image.load()
    return image


def colour_at(image: Image.Image, x: int, y: int) -> str:
    pixel = image.convert("RGB").getpixel((x, y))
    assert isinstance(pixel, tuple)
    return "red" if pixel[0] > 150 > pixel[2] else "blue" if pixel[2] > 150 > pixel[0] else str(pixel)


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_jpeg_that_shows_the_same(form: str) -> None:
    photo = clean_photo(encoded(halves(), form))
    image = opened(photo)
    assert (photo.content_type, image.format) == ("image/jpeg", "JPEG")
    assert (photo.width, photo.height) == image.size == (400, 200)
    assert (colour_at(image, 100, 100), colour_at(image, 300, 100)) == ("red", "blue")


@pytest.mark.parametrize(
    ("mode", "form"),
    [("L", "JPEG"), ("CMYK", "JPEG"), ("1", "PNG"), ("P", "PNG"), ("I;16", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP")],
)
def test_every_way_to_store_colours_is_read(mode: str, form: str) -> None:
    source = Image.new("I;16", (40, 20), 40000) if mode == "I;16" else halves(mode, (40, 20))
    assert opened(clean_photo(encoded(source, form))).mode == "RGB"


def test_sixteen_bits_of_grey_keep_their_brightness() -> None:
    image = opened(clean_photo(encoded(Image.new("I;16", (40, 20), 32768), "PNG")))
    assert image.getpixel((20, 10)) == (128, 128, 128)


def test_what_was_see_through_becomes_white() -> None:
    image = opened(clean_photo(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG")))
    assert image.getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("orientation", "size", "left"), [(1, (400, 200), "red"), (3, (400, 200), "blue"), (6, (200, 400), None)]
)
def test_a_photo_taken_sideways_is_turned_upright(orientation: int, size: tuple[int, int], left: str | None) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = opened(clean_photo(encoded(halves(), exif=exif)))
    assert image.size == size
    if left is not None:
        assert colour_at(image, 50, 100) == left
    else:
        assert (colour_at(image, 100, 50), colour_at(image, 100, 350)) == ("red", "blue")


def test_nothing_that_the_camera_wrote_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SpyCam"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (53.0, 33.0, 1.0)
    source = encoded(halves(), exif=exif, comment=b"at home", xmp=b"<x:xmpmeta>secret</x:xmpmeta>")
    assert b"SpyCam" in source
    assert b"secret" in source
    photo = clean_photo(source)
    image = opened(photo)
    assert dict(image.getexif()) == {}
    assert not {"exif", "icc_profile", "comment", "xmp", "photoshop"} & set(image.info)
    assert not any(word in photo.content for word in (b"SpyCam", b"at home", b"secret", b"Exif"))


def test_what_hangs_behind_the_picture_is_dropped() -> None:
    assert b"<?php" not in clean_photo(encoded(halves()) + b"<?php system('x');").content


def test_a_large_photo_is_made_small_and_keeps_its_shape() -> None:
    photo = clean_photo(encoded(halves(size=(5000, 2500))))
    assert (photo.width, photo.height) == (2000, 1000)


def test_a_small_photo_is_not_blown_up() -> None:
    photo = clean_photo(encoded(halves(size=(30, 20))))
    assert (photo.width, photo.height) == (30, 20)


def test_the_same_photo_gives_the_same_bytes() -> None:
    source = encoded(halves())
    assert clean_photo(source).content == clean_photo(source).content


def test_colours_are_changed_from_the_cameras_profile_to_srgb() -> None:
    source = encoded(halves(), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    image = opened(clean_photo(source))
    assert (colour_at(image, 100, 100), colour_at(image, 300, 100)) == ("red", "blue")
    assert "icc_profile" not in image.info


def test_a_broken_profile_costs_the_profile_not_the_photo() -> None:
    image = opened(clean_photo(encoded(halves(), icc_profile=b"not a profile")))
    assert colour_at(image, 100, 100) == "red"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\xff\xd8\xff\xe0" + b"\x00" * 100,
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\x01\x00" * 20,
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1",
        encoded(halves(), "GIF"),
        encoded(halves(), "BMP"),
        encoded(halves(), "TIFF"),
        encoded(halves())[:300],
        encoded(halves(size=(900, 900)), "PNG")[:-200],
    ],
    ids=["empty", "text", "jpeg-head", "pdf", "svg", "gif-head", "heic", "gif", "bmp", "tiff", "cut-jpeg", "cut-png"],
)
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    with pytest.raises(PhotoUnreadable) as caught:
        clean_photo(data)
    assert caught.value.code == "photo_unreadable"


def test_more_bytes_than_allowed_are_refused_unread() -> None:
    with pytest.raises(PhotoTooLarge) as caught:
        clean_photo(b"\x00" * 1001, max_bytes=1000)
    assert caught.value.code == "photo_too_large"


@pytest.mark.parametrize("size", [(30000, 30000), (65000, 65000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    with pytest.raises(PhotoTooLarge):
        clean_photo(claiming(*size))


def test_the_limit_counts_pixels_as_the_file_has_them() -> None:
    source = encoded(halves(size=(200, 100)))
    assert clean_photo(source, max_pixels=20_000).width == 200
    with pytest.raises(PhotoTooLarge):
        clean_photo(source, max_pixels=19_999)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2000), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_a_damaged_file_is_a_photo_or_a_refusal_and_never_a_crash(damage: bytes, place: int, form: str) -> None:
    whole = encoded(halves(size=(64, 48)), form)
    place %= len(whole)
    broken = whole[:place] + damage + whole[place + len(damage) :]
    try:
        photo = clean_photo(broken, max_pixels=1_000_000)
    except (PhotoUnreadable, PhotoTooLarge):
        return
    assert opened(photo).format == "JPEG"
