"""What a delivery asks of us, and which core verb does it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.merchants import service as merchants
from app.core.orders import service as orders
from app.core.orders.ports import Command, Disconnected, Ignore, OrderDeleted, PullOrder, RecordOrder

if TYPE_CHECKING:
    from app.core.orders.models import Order

Known = dict[tuple[UUID, str], "Order"]
"""Orders by store and platform id."""


def apply(
    session: Session, store_id: UUID, command: Command, *, because: str, now: datetime, known: Known | None = None
) -> str:
    """Do what ``command`` asks, in the caller's unit of work; gives a stable code of what became of it.

    ``because`` names what asked: one reason makes at most one pull of an order, however often it is applied.
    ``known``: see ``orders.service.record``.
    """
    match command:
        case RecordOrder(snapshot=snapshot, pull=pull):
            order, recorded = orders.record(session, store_id, snapshot, now=now, known=known)
            if pull:
                orders.ask_pull(session, store_id, snapshot.ref, now=now, because=because)
            elif orders.lacks_articles(order):
                orders.ask_pull(session, store_id, snapshot.ref, now=now, because="articles")
            return recorded.value
        case PullOrder(order_ref=ref):
            orders.ask_pull(session, store_id, ref, now=now, because=because)
            return "order_pull_asked"
        case OrderDeleted(order_ref=ref):
            return "order_deleted" if orders.mark_deleted(session, store_id, ref, now=now) else "order_unknown"
        case Disconnected():
            merchants.disconnect(session, store_id, now=now)
            return "store_disconnected"
        case Ignore(why=why):
            return f"ignored:{why}"[:40]
