"""Effects on the outside world: written as rows in the deciding transaction, carried out afterwards, once each."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.kit.ids import new_id
from app.core.messaging.models import UNFINISHED, OutboxMessage, OutboxStatus

RINGING = "outbox_written"


def put(
    session: Session,
    store_id: UUID,
    kind: str,
    payload: Mapping[str, Any],
    *,
    lane: str,
    now: datetime,
    once_key: str | None = None,
    available_at: datetime | None = None,
) -> UUID:
    """Intend an effect; gives its id, which is the key the vendor will be given.

    ``lane``: rows of one lane run one after the other in the order they were put. ``once_key``: a second row with the
    same key for this store is not written, the first one's id is returned. ``payload`` holds JSON values, ids as text.
    """
    if once_key is not None:
        known = _put_before(session, store_id, once_key)
        if known is not None:
            return known
    message = OutboxMessage(
        store_id=store_id,
        id=new_id(),
        kind=kind,
        lane=lane,
        once_key=once_key,
        payload=dict(payload),
        status=OutboxStatus.PENDING,
        created_at=now,
        available_at=available_at or now,
    )
    session.add(message)
    session.info[RINGING] = True
    return message.id


def _put_before(session: Session, store_id: UUID, once_key: str) -> UUID | None:
    """The id of the row with this key, written or only intended so far (to ask need not flush what is intended)."""
    for one in session.new:
        if isinstance(one, OutboxMessage) and (one.store_id, one.once_key) == (store_id, once_key):
            return one.id
    with session.no_autoflush:
        return session.scalar(
            select(OutboxMessage.id).where(OutboxMessage.store_id == store_id, OutboxMessage.once_key == once_key)
        )


LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 12
_BACK_OFF = timedelta(seconds=5)
_BACK_OFF_CAP = timedelta(hours=2)
_WAITING = (OutboxStatus.PENDING, OutboxStatus.UNKNOWN)
_OPEN = (*_WAITING, OutboxStatus.LEASED)


def claim(session: Session, now: datetime, limit: int) -> Sequence[OutboxMessage]:
    """Lease the rows that may run now: of each lane the first that is not finished.

    A row whose lease has run out was perhaps carried out by a worker that died: it comes back as ``unknown``, so that
    it is looked up before it is tried again.
    """
    earlier = aliased(OutboxMessage)
    query = (
        select(OutboxMessage)
        .where(
            UNFINISHED,
            OutboxMessage.available_at <= now,
            or_(OutboxMessage.status.in_(_WAITING), OutboxMessage.lease_until < now),
            ~exists().where(
                earlier.store_id == OutboxMessage.store_id,
                earlier.lane == OutboxMessage.lane,
                earlier.id < OutboxMessage.id,
                earlier.status.in_(_OPEN),
            ),
        )
        .order_by(OutboxMessage.available_at, OutboxMessage.id)
        .limit(limit)
        .with_for_update(of=OutboxMessage, skip_locked=True)
    )
    claimed = session.scalars(query).all()
    for message in claimed:
        message.must_find = message.status is not OutboxStatus.PENDING
        message.status, message.lease_until, message.lease_token = OutboxStatus.LEASED, now + LEASE, new_id()
        message.attempts += 1
    return claimed


def held(session: Session, store_id: UUID, message_id: UUID, lease_token: UUID | None) -> OutboxMessage | None:
    """The row, if this lease still holds it; None when another worker has taken it over meanwhile."""
    message = session.scalar(
        select(OutboxMessage)
        .where(OutboxMessage.store_id == store_id, OutboxMessage.id == message_id)
        .with_for_update()
    )
    if message is None or message.status is not OutboxStatus.LEASED or message.lease_token != lease_token:
        return None
    return message


def finished(message: OutboxMessage, result: Mapping[str, Any], now: datetime) -> None:
    """The effect has happened; its result is never changed again."""
    message.status, message.result, message.finished_at = OutboxStatus.DONE, dict(result), now
    message.error, message.lease_until, message.lease_token = None, None, None


def postponed(
    message: OutboxMessage, error: str, now: datetime, *, unknown: bool, retry_after: float | None = None
) -> bool:
    """Later again; False when it has been tried often enough (then the caller lets it die)."""
    if message.attempts >= MAX_ATTEMPTS:
        return False
    wait = min(_BACK_OFF * 2 ** (message.attempts - 1), _BACK_OFF_CAP)
    wait *= 0.75 + secrets.randbelow(500) / 1000  # spread out, so that a recovered vendor is not met by all at once
    if retry_after is not None:
        wait = max(wait, timedelta(seconds=retry_after))
    message.status = OutboxStatus.UNKNOWN if unknown else OutboxStatus.PENDING
    message.error, message.available_at = error[:2000], now + wait
    message.lease_until = message.lease_token = None
    return True


def died(message: OutboxMessage, error: str, now: datetime) -> None:
    """It will not be tried again unless a person asks for it."""
    message.status, message.error, message.finished_at = OutboxStatus.DEAD, error[:2000], now
    message.lease_until = message.lease_token = None


def retry(session: Session, store_id: UUID, message_id: UUID, now: datetime) -> bool:
    """A person asks for a dead row again; it is looked up first. False when it is not dead."""
    message = session.get(OutboxMessage, (store_id, message_id))
    if message is None or message.status is not OutboxStatus.DEAD:
        return False
    message.status, message.available_at, message.attempts = OutboxStatus.UNKNOWN, now, 0
    message.finished_at = None
    session.info[RINGING] = True
    return True


def oldest_waiting(session: Session, now: datetime) -> datetime | None:
    """Since when the longest waiting row could have run; None when nothing waits."""
    return session.scalar(
        select(OutboxMessage.available_at)
        .where(
            UNFINISHED,
            OutboxMessage.available_at <= now,
            or_(OutboxMessage.status.in_(_WAITING), OutboxMessage.lease_until < now),
        )
        .order_by(OutboxMessage.available_at)
        .limit(1)
    )


def dead(session: Session, store_id: UUID) -> Sequence[OutboxMessage]:
    """A store's effects that were given up, newest first."""
    return session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.store_id == store_id, OutboxMessage.status == OutboxStatus.DEAD)
        .order_by(OutboxMessage.created_at.desc())
    ).all()


def dead_in_lane(session: Session, store_id: UUID, lane: str) -> Sequence[OutboxMessage]:
    """The effects of one lane that were given up, oldest first."""
    return session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.store_id == store_id, OutboxMessage.lane == lane, OutboxMessage.status == OutboxStatus.DEAD
        )
        .order_by(OutboxMessage.id)
    ).all()
