"""What a delivery asks of us, and which core verb does it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.merchants import service as merchants
from app.core.orders import service as orders
from app.core.orders.ports import Command, Disconnected, Ignore, OrderDeleted, PullOrder, RecordOrder

if TYPE_CHECKING:
    from app.core.orders.models import Order

OVERTAKEN = timedelta(minutes=10)
"""How long a delivery may be on its way that a later one has overtaken."""
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
            _, recorded = orders.record(session, store_id, snapshot, now=now, known=known)
            if pull or recorded in {orders.Recorded.TIED, orders.Recorded.REVIVED}:
                orders.ask_pull(session, store_id, snapshot.ref, now=now, because=because)
            return recorded.value
        case PullOrder(order_ref=ref):
            orders.ask_pull(session, store_id, ref, now=now, because=because)
            return "order_pull_asked"
        case OrderDeleted(order_ref=ref):
            if orders.mark_deleted(session, store_id, ref, now=now):
                return "order_deleted"
            # A delivery that it has overtaken may still come and make the order known: look once more when it has.
            orders.ask_pull(session, store_id, ref, now=now, because=because, after=OVERTAKEN)
            return "order_unknown"
        case Disconnected():
            merchants.disconnect(session, store_id, now=now)
            return "store_disconnected"
        case Ignore(why=why):
            return f"ignored:{why}"[:40]
