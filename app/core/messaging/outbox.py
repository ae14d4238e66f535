"""Effects on the outside world: written as rows in the deciding transaction, carried out afterwards, once each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.kit.ids import new_id
from app.core.messaging.models import OutboxMessage, OutboxStatus

RINGING = "outbox_written"


def put(
    session: Session,
    store_id: UUID,
    kind: str,
    payload: Mapping[str, Any],
    *,
    lane: str,
    now: datetime,
    once_key: str | None = None,
    available_at: datetime | None = None,
) -> UUID:
    """Intend an effect; gives its id, which is the key the vendor will be given.

    ``lane``: rows of one lane run one after the other in the order they were put. ``once_key``: a second row with the
    same key for this store is not written, the first one's id is returned. ``payload`` holds JSON values, ids as text.
    """
    if once_key is not None:
        known = session.scalar(
            select(OutboxMessage.id).where(OutboxMessage.store_id == store_id, OutboxMessage.once_key == once_key)
        )
        if known is not None:
            return known
    message = OutboxMessage(
        store_id=store_id,
        id=new_id(),
        kind=kind,
        lane=lane,
        once_key=once_key,
        payload=dict(payload),
        status=OutboxStatus.PENDING,
        created_at=now,
        available_at=available_at or now,
    )
    session.add(message)
    session.info[RINGING] = True
    return message.id
