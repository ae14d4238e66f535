"""Empty the inbox in batches: translate each delivery, apply what it asks, mark it, in one unit of work."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from app.container import Container
from app.core.merchants import repository as merchants
from app.core.messaging import inbox
from app.core.messaging.ports import MalformedDelivery
from app.jobs.commands import apply

if TYPE_CHECKING:
    from app.core.messaging.models import InboxEvent

log = structlog.get_logger()

BATCH = 100


def drain_inbox(container: Container) -> int:
    """Until nothing waits; gives how many rows were looked at.

    A batch is one transaction with a savepoint for each row, so a row that cannot be applied keeps nobody waiting.
    """
    seen = 0
    while True:
        now = container.clock.now()
        with container.database.write() as session:
            batch = inbox.take(session, now, BATCH)
            platforms: dict[UUID, str] = {}
            for event in batch:
                if event.store_id not in platforms:
                    platforms[event.store_id] = merchants.store(session, event.store_id).platform.value
                try:
                    with session.begin_nested():
                        outcome = _apply(container, session, event, platforms[event.store_id])
                except MalformedDelivery:
                    inbox.handled(event, "malformed", now)
                except Exception as error:
                    log.exception("delivery_failed", topic=event.topic, dedup_key=event.dedup_key)
                    inbox.failed(event, f"{type(error).__name__}: {error}", now)
                else:
                    inbox.handled(event, outcome, now)
        if not batch:
            return seen
        seen += len(batch)


def _apply(container: Container, session: Session, event: InboxEvent, platform: str) -> str:
    if inbox.is_repeat(session, event):
        return "repeat"
    command = container.platforms[platform].translate(event.topic, event.body)
    return apply(session, event.store_id, command, because=event.dedup_key, now=container.clock.now())
