"""What stores send us: kept as received, handled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Insert, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from app.core.messaging.models import InboxEvent

MAX_ATTEMPTS = 12
_BACK_OFF = timedelta(seconds=15)
_BACK_OFF_CAP = timedelta(hours=6)
_STATEMENTS: Mapping[str, Insert] = {
    "sqlite": sqlite.insert(InboxEvent).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(InboxEvent).on_conflict_do_nothing(),
}


def row(
    store_id: UUID,
    topic: str,
    dedup_key: str,
    body: bytes,
    *,
    received_at: datetime,
    event_key: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """A delivery as the values of one inbox row."""
    return {
        "store_id": store_id,
        "dedup_key": dedup_key[:200],
        "topic": topic[:100],
        "event_key": event_key[:200] if event_key else None,
        "body": body,
        "received_at": received_at,
        "occurred_at": occurred_at,
        "available_at": received_at,
        "attempts": 0,
    }


def insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep deliveries; one that is there already is left as it is."""
    connection.execute(_STATEMENTS[connection.dialect.name], list(rows))


def take(session: Session, now: datetime, limit: int) -> Sequence[InboxEvent]:
    """The oldest waiting rows, locked for this unit of work; rows that another worker holds are passed over."""
    query = (
        select(InboxEvent)
        .where(InboxEvent.handled_at.is_(None), InboxEvent.available_at <= now, InboxEvent.attempts < MAX_ATTEMPTS)
        .order_by(InboxEvent.available_at)
        .limit(limit)
    )
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def handled(event: InboxEvent, outcome: str, now: datetime) -> None:
    """Applied, in the same unit of work."""
    event.handled_at, event.outcome, event.error = now, outcome[:40], None
    event.attempts += 1


def failed(event: InboxEvent, error: str, now: datetime) -> None:
    """Not applied: later again, ever more slowly; after MAX_ATTEMPTS it stays for a person to see."""
    event.attempts += 1
    event.error = error[:2000]
    event.available_at = now + min(_BACK_OFF * 2 ** (event.attempts - 1), _BACK_OFF_CAP)


def is_repeat(session: Session, event: InboxEvent) -> bool:
    """Whether another delivery of the same business event has been handled."""
    if event.event_key is None:
        return False
    other = aliased(InboxEvent)
    return bool(
        session.scalar(
            select(
                exists().where(
                    other.store_id == event.store_id,
                    other.event_key == event.event_key,
                    other.topic == event.topic,
                    other.dedup_key != event.dedup_key,
                    other.handled_at.is_not(None),
                )
            )
        )
    )


def given_up(session: Session, store_id: UUID) -> Sequence[InboxEvent]:
    """A store's deliveries that could not be applied."""
    return session.scalars(
        select(InboxEvent)
        .where(InboxEvent.store_id == store_id, InboxEvent.handled_at.is_(None), InboxEvent.attempts >= MAX_ATTEMPTS)
        .order_by(InboxEvent.received_at)
    ).all()


def oldest_waiting(session: Session, now: datetime) -> datetime | None:
    """Since when the longest waiting row could have been handled; None when nothing waits."""
    return session.scalar(
        select(InboxEvent.available_at)
        .where(InboxEvent.handled_at.is_(None), InboxEvent.available_at <= now, InboxEvent.attempts < MAX_ATTEMPTS)
        .order_by(InboxEvent.available_at)
        .limit(1)
    )
