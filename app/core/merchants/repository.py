"""Every query about stores and their people."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.core.merchants.errors import StoreUnknown
from app.core.merchants.models import Account, Membership, Store, StoreCredential
from app.core.merchants.rules import PlatformName, StoreStatus


def store(session: Session, store_id: UUID) -> Store:
    """The store. Raises StoreUnknown."""
    found = session.get(Store, store_id)
    if found is None:
        raise StoreUnknown
    return found


def by_slug(session: Session, slug: str) -> Store | None:
    """The store that our links name so."""
    return session.scalar(select(Store).where(Store.slug == slug))


def by_url(session: Session, platform: PlatformName, url: str) -> Store | None:
    """The store at this root address."""
    return session.scalar(select(Store).where(Store.platform == platform, Store.url == url.rstrip("/")))


def connected(session: Session) -> Sequence[Store]:
    """All stores that we act for."""
    return session.scalars(select(Store).where(Store.status == StoreStatus.CONNECTED).order_by(Store.id)).all()


def credentials(session: Session, store_id: UUID) -> dict[str, StoreCredential]:
    """A store's encrypted secrets by name."""
    rows = session.scalars(select(StoreCredential).where(StoreCredential.store_id == store_id))
    return {row.name: row for row in rows}


def account_by_email(session: Session, email: str) -> Account | None:
    """The person who signs in with this e-mail."""
    return session.scalar(select(Account).where(Account.email == email.strip().casefold()))


def memberships(session: Session, account_id: UUID) -> Sequence[tuple[Membership, Store]]:
    """The stores a person works in, by name."""
    rows = session.execute(
        select(Membership, Store)
        .join(Store, Store.id == Membership.store_id)
        .where(Membership.account_id == account_id)
        .order_by(Store.name)
    )
    return [(membership, found) for membership, found in rows]


def membership(session: Session, store_id: UUID, account_id: UUID) -> Membership | None:
    """A person's role in one store."""
    return session.get(Membership, (store_id, account_id))


def names(session: Session, account_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of people, for a timeline."""
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(account_ids)))
    return {row.id: row.name for row in rows}


def has_members(session: Session, store_id: UUID) -> bool:
    """Whether anybody works in this store."""
    return bool(session.scalar(select(exists().where(Membership.store_id == store_id))))
