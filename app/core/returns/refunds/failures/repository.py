"""Refunds that the store has booked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.kit.money import Money
from app.core.orders.models import Order
from app.core.returns.models import Refund, Return
from app.core.returns.refunds.failures.rules import Held
from app.core.returns.refunds.states import RefundMethod, RefundStatus
from app.core.returns.rules import Settlement


def held(session: Session, store_id: UUID, order_ref: str) -> Sequence[Held]:
    """The refunds of an order (its platform id) whose returns count as refunded, oldest first."""
    query = _booked(store_id).join(Order, (Order.store_id == Refund.store_id) & (Order.id == Refund.order_id))
    rows = session.scalars(query.where(Order.store_id == store_id, Order.ref == order_ref).order_by(Refund.id))
    return [
        Held(
            refund_id=row.id,
            return_id=row.return_id,
            key=str(row.outbox_id),
            ref=row.ref or "",
            amount=Money(row.amount_minor, row.currency),
            by_hand=row.by_hand,
        )
        for row in rows
    ]


def booked_between(session: Session, store_id: UUID, since: datetime, until: datetime) -> Sequence[tuple[UUID, str]]:
    """(refund id, the order's platform id) of what a gateway was asked to send in this time."""
    query = _booked(store_id).join(Order, (Order.store_id == Refund.store_id) & (Order.id == Refund.order_id))
    rows = session.execute(
        query.with_only_columns(Refund.id, Order.ref).where(
            Order.store_id == store_id,
            Refund.by_hand.is_(False),
            Refund.issued_at >= since,
            Refund.issued_at < until,
        )
    )
    return [(refund_id, ref) for refund_id, ref in rows]


def _booked(store_id: UUID) -> Select[Refund]:
    return (
        select(Refund)
        .join(Return, (Return.store_id == Refund.store_id) & (Return.id == Refund.return_id))
        .where(
            Refund.store_id == store_id,
            Refund.status == RefundStatus.ISSUED,
            Refund.method == RefundMethod.ORIGINAL,
            Return.settlement == Settlement.REFUNDED,
        )
    )
