"""The messaging tables on SQLite and on PostgreSQL, with one store to belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.kit.db import Database
from app.core.messaging import inbox
from app.core.messaging.models import InboxEvent
from tests.builders import NOW, make_store
from tests.databases import database, database_url, postgres

__all__ = ["database", "database_url", "postgres"]


@pytest.fixture
def store_id(database: Database) -> UUID:
    with database.write() as session:
        return make_store(session).id


@pytest.fixture
def writer(database: Database) -> Iterator[inbox.Writer]:
    writer = inbox.Writer(database.engine)
    yield writer
    writer.close()


Row = Callable[..., dict[str, Any]]


@pytest.fixture
def row(store_id: UUID) -> Row:
    """A delivery of the store; ``changes`` as for ``inbox.row``."""

    def make(key: str, topic: str = "order.updated", body: bytes = b"{}", **changes: Any) -> dict[str, Any]:
        return inbox.row(store_id, topic, key, body, **({"received_at": NOW} | changes))

    return make


@pytest.fixture
def rows(database: Database, store_id: UUID) -> Callable[[], Sequence[InboxEvent]]:
    """What the inbox holds, by key."""

    def read() -> Sequence[InboxEvent]:
        with database.read() as session:
            return session.scalars(
                select(InboxEvent).where(InboxEvent.store_id == store_id).order_by(InboxEvent.dedup_key)
            ).all()

    return read
