"""Every query about stored credentials as a whole, store by store."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.merchants.models import Store, StoreCredential


def stores(session: Session) -> Sequence[UUID]:
    """Every store, also the disconnected: their credentials are kept, and so is their history."""
    return session.scalars(select(Store.id).order_by(Store.id)).all()


def for_change(session: Session, store_id: UUID) -> Sequence[StoreCredential]:
    """A store's credentials, locked until the unit of work ends."""
    found = select(StoreCredential).where(StoreCredential.store_id == store_id).order_by(StoreCredential.name)
    return session.scalars(found.with_for_update()).all()
