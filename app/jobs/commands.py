"""What a delivery asks of us, and which core verb does it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.merchants import service as merchants
from app.core.orders import service as orders
from app.core.orders.ports import Command, Disconnected, Ignore, OrderDeleted, PullOrder, RecordOrder


def apply(session: Session, store_id: UUID, command: Command, *, because: str, now: datetime) -> str:
    """Do what ``command`` asks, in the caller's unit of work; gives a stable code of what became of it.

    ``because`` is the delivery's key: one delivery asks for at most one pull, however often it is applied.
    """
    match command:
        case RecordOrder(snapshot=snapshot, pull=pull):
            _, recorded = orders.record(session, store_id, snapshot, now=now)
            if pull:
                orders.ask_pull(session, store_id, snapshot.ref, now=now, because=because)
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
