"""Reading a store: its ports, and the orders that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.container import ConnectedStore, Container
from app.core.merchants import repository as merchants
from app.core.merchants import service as merchant_service
from app.core.orders import service as orders
from app.core.returns.access import service as access

if TYPE_CHECKING:
    from app.core.messaging.models import OutboxMessage

Result = dict[str, Any]


def connect(container: Container, store_id: UUID) -> ConnectedStore:
    """The store's ports, with its own credentials."""
    with container.database.read() as session:
        store = merchants.store(session, store_id)
        connection = merchant_service.connection(session, container.vault, store)
        platform = store.platform.value
    return container.platforms[platform].connect(connection)


def pull_order(container: Container, message: OutboxMessage) -> Result:
    """Read one order and record it. Reading twice is harmless, so the recording is done here."""
    ref = message.payload["order_ref"]
    snapshot = connect(container, message.store_id).order(ref)
    now = container.clock.now()
    with container.database.write() as session:
        if snapshot is None:
            return {"found": False, "deleted": orders.mark_deleted(session, message.store_id, ref, now=now)}
        orders.record(session, message.store_id, snapshot, now=now)
        return {"found": True}


def find_order(container: Container, message: OutboxMessage) -> Result:
    """A shopper asked for an order that we do not know: look in the store, and send the code when it is there."""
    payload = message.payload
    snapshot = connect(container, message.store_id).find_order(payload["number"], payload["email"])
    if snapshot is None:
        return {"found": False}
    now = container.clock.now()
    with container.database.write() as session:
        order, _ = orders.record(session, message.store_id, snapshot, now=now)
        challenge = UUID(payload["challenge_id"])
        access.found(session, message.store_id, challenge, order, payload["locale"], now=now)
    return {"found": True}
