"""Deliveries come in any order: what a later one has overtaken must not have the last word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.kit.db import Database
from app.core.messaging.models import OutboxMessage
from app.core.orders import service
from app.core.orders.ports import OrderDeleted, RecordOrder
from app.core.orders.service import Recorded
from app.jobs.commands import OVERTAKEN, apply
from tests.builders import NOW, make_snapshot, make_store

REF = make_snapshot().ref


@pytest.fixture
def store_id(sqlite_database: Database) -> UUID:
    with sqlite_database.write() as session:
        return make_store(session).id


def pulls(session: Session, store_id: UUID) -> Sequence[OutboxMessage]:
    return session.scalars(
        select(OutboxMessage).where(OutboxMessage.store_id == store_id).order_by(OutboxMessage.id)
    ).all()


def test_a_deletion_of_an_order_that_nobody_knows_yet_looks_once_more_later(
    sqlite_database: Database, store_id: UUID
) -> None:
    with sqlite_database.write() as session:
        for _ in range(2):
            assert apply(session, store_id, OrderDeleted(REF), because="d1", now=NOW) == "order_unknown"
    with sqlite_database.read() as session:
        [pull] = pulls(session, store_id)
        assert (pull.payload, pull.available_at) == ({"order_ref": REF}, NOW + OVERTAKEN)


def test_an_order_that_comes_back_after_its_deletion_is_asked_for_in_the_store(
    sqlite_database: Database, store_id: UUID
) -> None:
    with sqlite_database.write() as session:
        service.record(session, store_id, make_snapshot(), now=NOW)
        assert apply(session, store_id, OrderDeleted(REF), because="d1", now=NOW) == "order_deleted"
    with sqlite_database.write() as session:
        again = RecordOrder(make_snapshot(updated_at=NOW + timedelta(minutes=1)), pull=False)
        assert apply(session, store_id, again, because="d2", now=NOW) == Recorded.REVIVED.value
    with sqlite_database.read() as session:
        assert [message.payload for message in pulls(session, store_id)] == [{"order_ref": REF}]


def test_two_states_of_one_second_are_settled_by_the_store(sqlite_database: Database, store_id: UUID) -> None:
    with sqlite_database.write() as session:
        service.record(session, store_id, make_snapshot(status="processing"), now=NOW)
    with sqlite_database.write() as session:
        other = RecordOrder(make_snapshot(status="completed"), pull=False)
        assert apply(session, store_id, other, because="d2", now=NOW) == Recorded.TIED.value
    with sqlite_database.read() as session:
        assert len(pulls(session, store_id)) == 1


def test_the_next_state_of_an_order_is_simply_taken(sqlite_database: Database, store_id: UUID) -> None:
    with sqlite_database.write() as session:
        service.record(session, store_id, make_snapshot(), now=NOW)
    with sqlite_database.write() as session:
        later = RecordOrder(make_snapshot(updated_at=NOW + timedelta(minutes=1)), pull=False)
        assert apply(session, store_id, later, because="d2", now=NOW) == Recorded.UPDATED.value
    with sqlite_database.read() as session:
        assert pulls(session, store_id) == []
