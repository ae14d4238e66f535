"""Every query about orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, select, tuple_, update
from sqlalchemy.orm import Session, selectinload

from app.core.orders.errors import OrderUnknown, QuantityOverLeft, RefundOverPaid
from app.core.orders.models import Order, OrderLine
from app.core.orders.rules import email_key, number_key

_PARTS = (
    selectinload(Order.lines),
    selectinload(Order.shipping),
    selectinload(Order.payments),
    selectinload(Order.fulfillments),
    selectinload(Order.refunds),
)


def get(session: Session, store_id: UUID, order_id: UUID) -> Order:
    """The order with all its parts, in a constant number of queries. Raises OrderUnknown."""
    order = session.scalar(select(Order).where(Order.store_id == store_id, Order.id == order_id).options(*_PARTS))
    if order is None:
        raise OrderUnknown
    return order


def by_ref(session: Session, store_id: UUID, ref: str, *, lock: bool = False) -> Order | None:
    """The order with this platform id, with all its parts; locked for change where asked."""
    query = select(Order).where(Order.store_id == store_id, Order.ref == ref).options(*_PARTS)
    return session.scalar(query.with_for_update(of=Order) if lock else query)


def by_refs(session: Session, keys: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], Order]:
    """The orders with these (store, platform id), with all their parts, locked for change; six queries in all."""
    if not keys:
        return {}
    query = (
        select(Order)
        .where(tuple_(Order.store_id, Order.ref).in_(keys))
        .order_by(Order.store_id, Order.ref)  # everybody locks in this order, so nobody waits in a circle
        .options(*_PARTS)
        .with_for_update(of=Order)
    )
    return {(order.store_id, order.ref): order for order in session.scalars(query)}


def find(session: Session, store_id: UUID, number: str, email: str) -> Order | None:
    """The newest order with this number and e-mail; both must match."""
    return session.scalar(
        select(Order)
        .where(
            Order.store_id == store_id,
            Order.number_key == number_key(number),
            Order.email_key == email_key(email),
            Order.deleted_at.is_(None),
        )
        .order_by(Order.placed_at.desc())
        .limit(1)
        .options(*_PARTS)
    )


def lines(session: Session, store_id: UUID, line_ids: Sequence[UUID]) -> dict[UUID, OrderLine]:
    """The lines with these ids, by id."""
    rows = session.scalars(select(OrderLine).where(OrderLine.store_id == store_id, OrderLine.id.in_(line_ids)))
    return {line.id: line for line in rows}


def claim_units(session: Session, store_id: UUID, line_id: UUID, units: int) -> None:
    """Reserve units of a line for a return, in one conditional update, so that no two returns can hold one unit.

    Raises QuantityOverLeft.
    """
    result: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(OrderLine)
        .where(
            OrderLine.store_id == store_id,
            OrderLine.id == line_id,
            OrderLine.requested + OrderLine.refunded_elsewhere + units <= OrderLine.quantity,
        )
        .values(requested=OrderLine.requested + units)
    )
    if result.rowcount != 1:
        raise QuantityOverLeft(line_id=str(line_id), quantity=units)


def count_units(session: Session, store_id: UUID, line_id: UUID, **units: int) -> None:
    """Add to a line's counters (``received=1``, ``requested=-2``); the table's CHECKs refuse what cannot be."""
    columns = {name: getattr(OrderLine, name) + change for name, change in units.items() if change}
    if columns:
        session.execute(
            update(OrderLine).where(OrderLine.store_id == store_id, OrderLine.id == line_id).values(**columns)
        )


def reserve_refund(session: Session, store_id: UUID, order_id: UUID, minor: int) -> None:
    """Promise money, in one conditional update, so that all promises together never pass what was paid.

    Raises RefundOverPaid.
    """
    result: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Order)
        .where(
            Order.store_id == store_id,
            Order.id == order_id,
            Order.refunded_minor + Order.refunded_elsewhere_minor + minor <= Order.paid_minor,
        )
        .values(refunded_minor=Order.refunded_minor + minor)
    )
    if result.rowcount != 1:
        raise RefundOverPaid(minor=minor)


def release_refund(session: Session, store_id: UUID, order_id: UUID, minor: int) -> None:
    """Take a promise back: the store refused it for good."""
    session.execute(
        update(Order)
        .where(Order.store_id == store_id, Order.id == order_id)
        .values(refunded_minor=Order.refunded_minor - minor)
    )
