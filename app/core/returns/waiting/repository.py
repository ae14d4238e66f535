"""Since when the oldest return has been waiting for a person, and which effects on the store were given up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from app.core.messaging.models import OutboxMessage, OutboxStatus
from app.core.returns.models import Return
from app.core.returns.rules import Decision, Parcel, Settlement

STUCK_AT_MOST = 50
"""So many given-up effects are looked at; more at once is an outage, and the first ones say so."""


@dataclass(frozen=True, slots=True)
class OldestWaiting:
    """The oldest of each kind of work; None where there is none.

    ``decision`` and ``problem`` since the request, ``inspection`` since the parcel arrived.
    """

    decision: datetime | None
    inspection: datetime | None
    problem: datetime | None


@dataclass(frozen=True, slots=True)
class StuckReturn:
    """A return of which ``kind`` (an outbox row's) was given up without being taken back."""

    return_id: UUID
    rma: str
    kind: str


def oldest(session: Session, store_id: UUID) -> OldestWaiting:
    """One query, each part of it answered by an index; an id grows with time, so the first one is the oldest."""
    arrived = select(func.min(Return.received_at)).where(
        Return.store_id == store_id, Return.parcel == Parcel.RECEIVED, Return.decision == Decision.APPROVED
    )
    asked = select(
        _first_asked_for(store_id, Return.decision == Decision.REVIEW),
        arrived.scalar_subquery(),
        _first_asked_for(store_id, Return.settlement == Settlement.FAILED),
        _first_asked_for(store_id, Return.parcel == Parcel.LOST),
    )
    found: tuple[datetime | None, ...] = tuple(session.execute(asked).one())
    decision, inspection, *problems = found
    return OldestWaiting(decision, inspection, min(filter(None, problems), default=None))


def stuck(session: Session, store_id: UUID, kinds: Collection[str]) -> Sequence[StuckReturn]:
    """Returns with a given-up effect of ``kinds``, newest first. A refund that was refused for good is no longer
    among them: its return says so itself, and a new try has a new key.
    """
    rows = session.execute(
        select(OutboxMessage.kind, OutboxMessage.payload)
        .where(
            OutboxMessage.store_id == store_id,
            OutboxMessage.status == OutboxStatus.DEAD,
            OutboxMessage.kind.in_(kinds),
        )
        .order_by(OutboxMessage.created_at.desc())
        .limit(STUCK_AT_MOST)
    ).all()
    wanted = {UUID(payload["return_id"]): kind for kind, payload in reversed(rows) if payload.get("return_id")}
    if not wanted:
        return []
    found = session.execute(
        select(Return.id, Return.rma, Return.settlement)
        .where(Return.store_id == store_id, Return.id.in_(wanted))
        .order_by(Return.id.desc())
    ).all()
    return [
        StuckReturn(return_id, rma, wanted[return_id])
        for return_id, rma, settlement in found
        if not (wanted[return_id] == "refund.issue" and settlement in {Settlement.FAILED, Settlement.REFUNDED})
    ]


def _first_asked_for(store_id: UUID, condition: ColumnElement[bool]) -> ScalarSelect[datetime]:
    asked = select(Return.created_at).where(Return.store_id == store_id, condition)
    return asked.order_by(Return.id).limit(1).scalar_subquery()
