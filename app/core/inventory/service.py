"""Put graded units back into stock, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.inventory.models import MovementStatus, StockMovement
from app.core.inventory.ports import StockMovementOrder
from app.core.kit.ids import new_id
from app.core.messaging import outbox

STOCK_MOVE = "stock.move"


def put_back(
    session: Session,
    store_id: UUID,
    return_id: UUID,
    lane: str,
    return_line_id: UUID,
    units: Sequence[int],
    article: StockMovementOrder,
    sku: str,
    *,
    now: datetime,
) -> UUID:
    """Ask the store to add ``units`` (unit numbers of one return line) of ``article``; one effect for all of them.

    ``article.key`` and ``article.quantity`` are filled in here. The table's key refuses a unit that moved before.
    """
    movement = {k: v for k, v in asdict(article).items() if k not in {"key", "quantity"}} | {"quantity": len(units)}
    payload = {"return_id": str(return_id), "movement": movement}
    outbox_id = outbox.put(session, store_id, STOCK_MOVE, payload, lane=lane, now=now)
    for unit in units:
        session.add(
            StockMovement(
                store_id=store_id,
                id=new_id(),
                return_line_id=return_line_id,
                unit=unit,
                outbox_id=outbox_id,
                sku=sku,
                location_ref=article.location_ref,
                quantity=1,
                status=MovementStatus.PENDING,
                created_at=now,
            )
        )
    return outbox_id


def of_effect(session: Session, store_id: UUID, outbox_id: UUID) -> Sequence[StockMovement]:
    """The movements that one effect carries."""
    return session.scalars(
        select(StockMovement).where(StockMovement.store_id == store_id, StockMovement.outbox_id == outbox_id)
    ).all()


def booked(
    session: Session, store_id: UUID, outbox_id: UUID, *, ref: str, counted: bool, now: datetime
) -> Sequence[StockMovement]:
    """The store has moved them (or does not count this article)."""
    movements = of_effect(session, store_id, outbox_id)
    for movement in movements:
        movement.status = MovementStatus.BOOKED if counted else MovementStatus.NOT_COUNTED
        movement.ref, movement.booked_at, movement.failure = ref, now, None
    return movements


def failed(session: Session, store_id: UUID, outbox_id: UUID, *, why: str) -> Sequence[StockMovement]:
    """The store refused for good; a person sees it and can try again."""
    movements = of_effect(session, store_id, outbox_id)
    for movement in movements:
        movement.status, movement.failure = MovementStatus.FAILED, why
    return movements
