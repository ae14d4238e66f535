"""What the articles are, from sources of which one tells it and the other does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.kit.db import Database
from app.core.messaging.models import OutboxMessage
from app.core.orders import repository, service
from app.core.orders.ports import OrderSnapshot, RecordOrder
from app.core.returns.access import service as access
from app.jobs.commands import apply
from tests.builders import NOW, make_snapshot, make_store

NUMBER, EMAIL = make_snapshot().number, make_snapshot().email


@pytest.fixture
def store_id(sqlite_database: Database) -> UUID:
    with sqlite_database.write() as session:
        return make_store(session).id


def snapshot(tags: tuple[str, ...] | None, minutes: int, hs_code: str = "") -> OrderSnapshot:
    made = make_snapshot(updated_at=NOW + timedelta(minutes=minutes))
    return replace(made, lines=tuple(replace(line, tags=tags, hs_code=hs_code) for line in made.lines))


def asked(session: Session, store_id: UUID) -> list[str]:
    """What is to be read from the store."""
    found = session.scalars(select(OutboxMessage.kind).where(OutboxMessage.store_id == store_id))
    return [kind for kind in found if kind.startswith("order.")]


def told(session: Session, store_id: UUID) -> tuple[list[str] | None, str]:
    order = repository.by_ref(session, store_id, make_snapshot().ref)
    assert order is not None
    return order.lines[0].tags, order.lines[0].hs_code


def test_what_a_delivery_does_not_tell_is_kept_as_it_was_read(sqlite_database: Database, store_id: UUID) -> None:
    with sqlite_database.write() as session:
        order, _ = service.record(session, store_id, snapshot(None, 0), now=NOW)
        assert [line.tags for line in order.lines] == [None]
    with sqlite_database.write() as session:
        order, _ = service.record(session, store_id, snapshot(("final-sale",), 0, "611011"), now=NOW)
        assert [line.tags for line in order.lines] == [["final-sale"]]
    with sqlite_database.write() as session:
        service.record(session, store_id, snapshot(None, 5), now=NOW)
        assert told(session, store_id) == (["final-sale"], "611011")
    with sqlite_database.write() as session:
        service.record(session, store_id, snapshot((), 6), now=NOW)
        assert told(session, store_id) == ([], "")


def test_an_order_is_read_once_for_its_articles_and_only_when_it_is_asked_for(
    sqlite_database: Database, store_id: UUID
) -> None:
    with sqlite_database.write() as session:
        for minutes in range(3):
            apply(session, store_id, RecordOrder(snapshot(None, minutes), pull=False), because=f"d{minutes}", now=NOW)
        assert asked(session, store_id) == []
    for _ in range(2):
        with sqlite_database.write() as session:
            access.ask(session, store_id, NUMBER, EMAIL, "en", b"secret", now=NOW)
    with sqlite_database.read() as session:
        assert asked(session, store_id) == ["order.pull"]


def test_an_order_that_tells_everything_is_not_read_again(sqlite_database: Database, store_id: UUID) -> None:
    with sqlite_database.write() as session:
        apply(session, store_id, RecordOrder(snapshot((), 0), pull=False), because="d1", now=NOW)
        access.ask(session, store_id, NUMBER, EMAIL, "en", b"secret", now=NOW)
        assert asked(session, store_id) == []
