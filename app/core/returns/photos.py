"""A shopper's photo, made harmless: read by its content, turned upright, made small, and free of what it told.

A camera writes the place and time of taking into a file (EXIF); none of it is kept. HEIC is not read: Pillow has no
decoder for it, and telephones turn it into JPEG by themselves when a page asks for ``image/jpeg`` or ``image/png``.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

from app.core.kit.errors import DomainError

MAX_PIXELS = 50_000_000
"""More than any telephone's camera takes by default; decoded it is 150 MB."""
MAX_BYTES = 12 * 1024 * 1024
_READABLE = ("JPEG", "PNG", "WEBP")
_LONGEST_SIDE = 2000
_QUALITY = 82
# What Pillow raises for files that are cut off, lie about themselves or are built to hurt.
_BROKEN = (OSError, ValueError, SyntaxError, TypeError, EOFError, IndexError, KeyError, OverflowError, MemoryError)


class PhotoUnreadable(DomainError):
    """Not a JPEG, PNG or WebP image, or a broken one."""

    code = "photo_unreadable"


class PhotoTooLarge(DomainError):
    """More bytes or pixels than are taken; ``max_megabytes`` and ``max_megapixels`` say how many."""

    code = "photo_too_large"


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A photo made by us: sRGB JPEG without metadata, at most 2000 pixels on its longer side."""

    content: bytes
    content_type: str
    width: int
    height: int


def clean_photo(data: bytes, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES) -> CleanPhoto:
    """The photo in ``data``, encoded anew. Raises PhotoUnreadable, PhotoTooLarge.

    The content decides what it is, not a name. ``max_pixels`` (half of it for PNG and WebP) is compared with what the
    file says of itself, before anything is decoded.
    """
    if len(data) > max_bytes:
        raise _too_large(max_pixels, max_bytes)
    try:
        with warnings.catch_warnings():
            # Our own limit is the judge; Pillow's warning and its odd tags are noise.
            warnings.simplefilter("ignore")
            return _encoded(data, max_pixels, max_bytes)
    except Image.DecompressionBombError as error:
        raise _too_large(max_pixels, max_bytes) from error
    except _BROKEN as error:
        raise PhotoUnreadable from error


def _encoded(data: bytes, max_pixels: int, max_bytes: int) -> CleanPhoto:
    with Image.open(io.BytesIO(data), formats=_READABLE) as opened:
        # A JPEG is decoded at a fraction of its size; the others as they are, and they pack a flat colour tightly.
        scalable = opened.format in {"JPEG", "MPO"}
        if opened.width * opened.height > (max_pixels if scalable else max_pixels // 2):
            raise _too_large(max_pixels, max_bytes)
        profile = opened.info.get("icc_profile")
        if scalable:
            opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        opened.load()
        upright = ImageOps.exif_transpose(opened)
    small = _on_white(upright)
    small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    small = _to_srgb(small, profile)
    # A fresh image: nothing of the old one's metadata can come along.
    fresh = Image.new("RGB", small.size)
    fresh.paste(small)
    written = io.BytesIO()
    fresh.save(written, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return CleanPhoto(written.getvalue(), "image/jpeg", fresh.width, fresh.height)


def _on_white(image: Image.Image) -> Image.Image:
    """The image in RGB; what was see-through becomes white, as it looked on the page."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        see_through = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, see_through).convert("RGB")
    if image.mode in {"I", "I;16", "I;16B"}:
        # Sixteen bits of grey: keep the upper eight.
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    return image.convert("RGB")


def _to_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Colours as the camera meant them; an RGB profile that cannot be used is left out."""
    if not isinstance(profile, bytes) or not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB":
            return image
        changed = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, *_BROKEN):
        return image
    return image if changed is None else changed


def _too_large(max_pixels: int, max_bytes: int) -> PhotoTooLarge:
    return PhotoTooLarge(max_megabytes=max_bytes // (1024 * 1024), max_megapixels=max_pixels // 1_000_000)
