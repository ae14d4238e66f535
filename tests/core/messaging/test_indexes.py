"""Each question has its index: the planner is asked, on tables as large and as lopsided as a busy year leaves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session

from app.core.kit.db import Database
from app.core.kit.ids import new_id
from app.core.merchants.models import Store
from app.core.messaging import history, inbox, outbox
from app.core.messaging.models import HistoryEntry, InboxEvent, OutboxMessage, OutboxStatus
from app.core.orders import repository as orders
from tests.builders import NOW, make_order
from tests.databases import ON_SQLITE

HANDLED, WAITING = 4000, 20
OLD = NOW - timedelta(days=90)


@pytest.fixture
def busy(database: Database, store_id: UUID) -> Database:
    """Thousands of rows that are done with, a few that wait; statistics as autovacuum would have gathered them."""
    events = [
        inbox.row(store_id, "orders/updated", f"k{number}", b"{}", received_at=OLD, event_key=f"e{number}")
        | {"handled_at": None if number < WAITING else OLD, "body": b"{}" if number < 2 * WAITING else b""}
        for number in range(HANDLED)
    ]
    messages: list[dict[str, Any]] = [
        {
            "store_id": store_id,
            "id": new_id(),
            "kind": "stock.move",
            "lane": f"return:{number // 2}",
            "once_key": f"o{number}",
            "payload": {},
            "status": OutboxStatus.PENDING if number < WAITING else OutboxStatus.DONE,
            "created_at": OLD,
            "available_at": OLD,
        }
        for number in range(HANDLED)
    ]
    facts = [
        {
            "store_id": store_id,
            "id": new_id(),
            "subject": "return",
            "subject_id": UUID(int=number // 8),
            "event": "requested",
            "actor": "shopper",
            "at": OLD,
            "data": {},
        }
        for number in range(HANDLED)
    ]
    with database.write() as session:
        session.execute(insert(InboxEvent), events)
        session.execute(insert(OutboxMessage), messages)
        session.execute(insert(HistoryEntry), facts)
    with database.write() as session:
        session.execute(text("ANALYZE"))
    return database


@contextmanager
def plans(database: Database) -> Iterator[list[str]]:
    """The plan of each SELECT and UPDATE that runs meanwhile."""
    seen: list[str] = []
    prefix = "EXPLAIN QUERY PLAN " if database.engine.dialect.name == "sqlite" else "EXPLAIN "

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE")) and not many:
            cursor.execute(prefix + statement, parameters)
            seen.append("\n".join(str(row[-1]) for row in cursor.fetchall()))

    event.listen(database.engine, "before_cursor_execute", explain)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", explain)


def event_of(store_id: UUID) -> InboxEvent:
    return InboxEvent(store_id=store_id, dedup_key="k", topic="orders/updated", event_key="e77")


QUESTIONS: dict[str, tuple[str, Callable[[Session, UUID], object]]] = {
    "what waits": ("ix_inbox_events_waiting", lambda s, store: inbox.take(s, NOW, 100)),
    "does anything wait": ("ix_inbox_events_waiting", lambda s, store: inbox.oldest_waiting(s, NOW)),
    "what was given up": ("ix_inbox_events_waiting", inbox.given_up),
    "was this event handled": (
        "ix_inbox_events_event",
        lambda s, store: inbox.events_handled(s, [event_of(store)]),
    ),
    "whose bodies are old": ("ix_inbox_events_kept", lambda s, store: inbox.stores_to_forget(s, NOW)),
    "which bodies are old": ("ix_inbox_events_kept", lambda s, store: inbox.forget_bodies(s, store, NOW, 10)),
    "what may run": ("ix_outbox_messages_waiting", lambda s, store: outbox.claim(s, NOW, 32)),
    "does anything have to go out": ("ix_outbox_messages_waiting", lambda s, store: outbox.oldest_waiting(s, NOW)),
    "was this intended before": (
        "uq_outbox_messages_store_id_once_key",
        lambda s, store: outbox.put(s, store, "x", {}, lane="l", now=NOW, once_key="o7"),
    ),
    "what has died": ("ix_outbox_messages_store_id_status", outbox.dead),
    "what has died in a lane": (
        "ix_outbox_messages_store_id_",  # by the lane, or by the few that are dead
        lambda s, store: outbox.dead_in_lane(s, store, "return:7"),
    ),
    "what happened to this": (
        "ix_history_entries_store_id_subject_id",
        lambda s, store: history.of(s, store, UUID(int=7)),
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_is_answered_by_its_index(busy: Database, store_id: UUID, question: str) -> None:
    index, ask = QUESTIONS[question]
    with plans(busy) as seen, busy.write() as session:
        ask(session, store_id)
    if busy.engine.dialect.name == "sqlite" and index.startswith("uq_"):
        index = "sqlite_autoindex_outbox_messages"  # SQLite names an index that a constraint makes itself
    assert any(index in plan for plan in seen), seen
    whole = ("SCAN inbox_events", "SCAN outbox_messages", "SCAN history_entries", "Seq Scan")
    scans = [line for plan in seen for line in plan.splitlines() if any(word in line for word in whole)]
    assert [line for line in scans if "USING" not in line] == []


def test_a_plan_without_an_index_would_be_noticed(busy: Database) -> None:
    with plans(busy) as seen, busy.read() as session:
        session.execute(select(InboxEvent.topic).where(InboxEvent.topic == "x", InboxEvent.available_at > OLD)).all()
    assert len(seen) == 1
    assert "ix_inbox" not in seen[0]


@ON_SQLITE
def test_many_orders_and_their_parts_are_found_without_reading_whole_tables(busy: Database, store_id: UUID) -> None:
    """SQLite would read them whole for ``(a, b) IN (VALUES ...)``: ``make_engine`` says it in another way."""
    with busy.write() as session:
        store = session.get_one(Store, store_id)
        refs = {(store_id, make_order(session, store, ref=f"{n}", number=f"{n}").ref) for n in range(3)}
    with plans(busy) as seen, busy.write() as session:
        assert orders.by_refs(session, refs).keys() == refs
    assert len(seen) == 6
    assert [line for plan in seen for line in plan.splitlines() if line.startswith("SCAN order")] == []
