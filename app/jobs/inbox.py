"""Empty the inbox in batches: translate each delivery, apply what it asks, mark it, in one unit of work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.container import Container
from app.core.merchants import repository as merchants
from app.core.messaging import inbox
from app.core.messaging.ports import MalformedDelivery
from app.core.orders import repository as orders
from app.core.orders.ports import Command, OrderSnapshot, PullOrder, RecordOrder
from app.jobs.commands import Known, apply

if TYPE_CHECKING:
    from app.core.messaging.models import InboxEvent

log = structlog.get_logger()

BATCH = 200
BODIES_KEPT = timedelta(days=60)
"""Then what a handled delivery said is forgotten: past the 30 days in which a privacy request must be answered."""
FORGET_AT_ONCE = 500

Task = tuple["InboxEvent", Command]


def drain_inbox(container: Container, at_most: int | None = None) -> int:
    """Until nothing waits, or ``at_most`` rows (and what is left of a batch) have been looked at; gives how many.

    A batch is one transaction: a worker that dies in it has done nothing, and another takes the same rows.
    """
    seen, platforms = 0, dict[UUID, str]()
    while at_most is None or seen < at_most:
        now = container.clock.now()
        with container.database.write() as session:
            batch = inbox.take(session, now, BATCH)
            _apply(session, _translated(container, session, batch, platforms, now), now)
        if not batch:
            break
        seen += len(batch)
    return seen


def forget_old_bodies(container: Container) -> int:
    """Empty the bodies of what was handled long ago, in all stores; gives how many."""
    before = container.clock.now() - BODIES_KEPT
    with container.database.read() as session:
        store_ids = inbox.stores_to_forget(session, before)
    total = 0
    for store_id in store_ids:
        forgotten = FORGET_AT_ONCE
        while forgotten == FORGET_AT_ONCE:
            with container.database.write() as session:
                forgotten = inbox.forget_bodies(session, store_id, before, FORGET_AT_ONCE)
            total += forgotten
    return total


def _translated(
    container: Container, session: Session, batch: Sequence[InboxEvent], platforms: dict[UUID, str], now: datetime
) -> list[Task]:
    """What each delivery asks. One that cannot be read is dealt with here. ``platforms`` (by store) is added to."""
    tasks: list[Task] = []
    for event in batch:
        if event.store_id not in platforms:
            platforms[event.store_id] = merchants.store(session, event.store_id).platform.value
        try:
            command = container.platforms[platforms[event.store_id]].translate(event.topic, event.body)
        except MalformedDelivery:
            inbox.handled(event, "malformed", now)
        except Exception as error:  # noqa: BLE001 (whatever it was: the others must not wait for this one)
            _failed(event, error, now)
        else:
            tasks.append((event, command))
    return tasks


def _apply(session: Session, tasks: Sequence[Task], now: datetime) -> None:
    """All together, in about as many statements as one delivery takes; one by one where that fails, so that a delivery
    that cannot be applied keeps nobody waiting.
    """
    done = inbox.events_handled(session, [event for event, _ in tasks])
    try:
        with session.begin_nested():
            told = {(event.store_id, asked.snapshot.ref) for event, asked in tasks if isinstance(asked, RecordOrder)}
            known = orders.by_refs(session, told)
            outcomes = list(_outcomes(session, tasks, set(done), now, known))
    except Exception as error:  # noqa: BLE001 (whatever it was, and whosever: each is tried for itself below)
        log.warning("batch_goes_one_by_one", error=_words(error))
    else:
        for (event, _), outcome in zip(tasks, outcomes, strict=True):
            inbox.handled(event, outcome, now)
        return
    for event, command in tasks:
        done_then = set(done)
        try:
            with session.begin_nested():
                [outcome] = _outcomes(session, [(event, command)], done_then, now, known=None)
        except Exception as error:  # noqa: BLE001 (as above)
            _failed(event, error, now)
        else:
            inbox.handled(event, outcome, now)
            done = done_then


def _outcomes(
    session: Session, tasks: Sequence[Task], done: set[inbox.EventKey], now: datetime, known: Known | None
) -> Iterator[str]:
    """What became of each delivery, in turn. ``done`` (events that need nothing any more) is added to."""
    reasons: dict[tuple[UUID, str], str] = {}
    for event, command in tasks:
        key = inbox.event_of(event)
        if key in done:
            yield "repeat"
            continue
        because = event.event_key or event.dedup_key
        match command:  # an order is read once for all deliveries that ask for it here: each reads the newest state
            case PullOrder(order_ref=ref) | RecordOrder(snapshot=OrderSnapshot(ref=ref)):
                because = reasons.setdefault((event.store_id, ref), because)
        yield apply(session, event.store_id, command, because=because, now=now, known=known)
        if key is not None:
            done.add(key)


def _failed(event: InboxEvent, error: Exception, now: datetime) -> None:
    defect = not isinstance(error, DBAPIError)  # which prints its statement's values: shoppers' addresses
    log.error("delivery_failed", topic=event.topic, dedup_key=event.dedup_key, error=_words(error), exc_info=defect)
    inbox.failed(event, _words(error), now)


def _words(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(cause).__name__}: {cause}".splitlines()[0]
