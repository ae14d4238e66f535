"""Photos that a shopper adds to a request: cleaned, kept as drafts under the form's key until it is confirmed.

The file is written before the row and outside any transaction: a crash between the two leaves a file that no row
names, never a row without its file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.kit.errors import DomainError, Kind
from app.core.kit.files import FileStore
from app.core.kit.ids import new_id
from app.core.returns.models import ReturnPhoto
from app.core.returns.photos import clean_photo

MAX_PHOTOS = 5
"""So many photos of one line."""


class TooManyPhotos(DomainError):
    """The line has its five photos."""

    code = "photos_too_many"


class PhotoUnknown(DomainError):
    """This store has no such photo."""

    code = "photo_unknown"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class WrittenPhoto:
    """A cleaned photo that lies in the file store under ``file_key`` and has no row yet."""

    id: UUID
    file_key: str
    content_type: str
    width: int
    height: int
    size: int


def write(files: FileStore, store_id: UUID, data: bytes) -> WrittenPhoto:
    """Re-encode (which drops EXIF and whatever hides in a file) and write. Call it with no transaction open.

    Raises photo_unreadable, photo_too_large, ProviderError.
    """
    photo = clean_photo(data)
    photo_id = new_id()
    key = f"{store_id}/photos/{photo_id}.jpg"
    files.put(key, photo.content)
    return WrittenPhoto(photo_id, key, photo.content_type, photo.width, photo.height, len(photo.content))


def keep(
    session: Session, store_id: UUID, draft_key: str, order_line_id: UUID, written: WrittenPhoto, *, now: datetime
) -> ReturnPhoto:
    """Make it a draft of this form's line. Raises TooManyPhotos."""
    known = session.scalar(
        select(func.count())
        .select_from(ReturnPhoto)
        .where(
            ReturnPhoto.store_id == store_id,
            ReturnPhoto.draft_key == draft_key,
            ReturnPhoto.order_line_id == order_line_id,
        )
    )
    if (known or 0) >= MAX_PHOTOS:
        raise TooManyPhotos(field=f"photos-{order_line_id}")
    photo = ReturnPhoto(
        store_id=store_id,
        id=written.id,
        return_line_id=None,
        draft_key=draft_key,
        order_line_id=order_line_id,
        file_key=written.file_key,
        content_type=written.content_type,
        width=written.width,
        height=written.height,
        size=written.size,
        created_at=now,
    )
    session.add(photo)
    session.flush()
    return photo


def drop(session: Session, store_id: UUID, draft_key: str, photo_id: UUID) -> str | None:
    """Forget a draft; gives the key of the file to delete after the commit, None if there is no such draft."""
    photo = session.scalar(
        select(ReturnPhoto).where(
            ReturnPhoto.store_id == store_id,
            ReturnPhoto.id == photo_id,
            ReturnPhoto.draft_key == draft_key,
            ReturnPhoto.return_line_id.is_(None),
        )
    )
    if photo is None:
        return None
    session.delete(photo)
    return photo.file_key


def get(session: Session, store_id: UUID, photo_id: UUID) -> ReturnPhoto:
    """The photo's row. Raises PhotoUnknown."""
    photo = session.get(ReturnPhoto, (store_id, photo_id))
    if photo is None:
        raise PhotoUnknown
    return photo
