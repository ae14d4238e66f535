"""What happened, to what, by whom: one row a fact, in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.kit.ids import new_id
from app.core.kit.states import Change
from app.core.messaging.models import HistoryEntry

SYSTEM = "system"
SHOPPER = "shopper"


def staff(account_id: UUID) -> str:
    """The actor text of a member of staff."""
    return f"staff:{account_id}"


def record(
    session: Session,
    store_id: UUID,
    subject: str,
    subject_id: UUID,
    what: Change | str,
    *,
    actor: str,
    at: datetime,
    reason: str | None = None,
    **data: Any,
) -> HistoryEntry:
    """Write one fact. ``what`` is a machine's move or the name of an event in the past tense.

    ``subject`` is a table's noun (``return``, ``order``, ``store``); ``data`` holds JSON values (money as
    ``{"minor": 7990, "currency": "EUR"}``) and no personal data beyond what the subject itself holds.
    """
    entry = HistoryEntry(
        store_id=store_id,
        id=new_id(),
        subject=subject,
        subject_id=subject_id,
        actor=actor,
        at=at,
        reason=reason,
        data=data,
    )
    if isinstance(what, Change):
        entry.machine, entry.from_state = what.machine, what.from_state
        entry.event, entry.to_state = what.event, what.to_state
    else:
        entry.event = what
    session.add(entry)
    return entry


def of(session: Session, store_id: UUID, subject_id: UUID) -> Sequence[HistoryEntry]:
    """All facts about one subject, oldest first."""
    return session.scalars(
        select(HistoryEntry)
        .where(HistoryEntry.store_id == store_id, HistoryEntry.subject_id == subject_id)
        .order_by(HistoryEntry.id)
    ).all()
