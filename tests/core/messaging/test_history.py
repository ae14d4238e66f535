from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.core.kit.db import Database
from app.core.kit.ids import new_id
from app.core.kit.states import Change
from app.core.messaging import history
from tests.builders import NOW, make_store


@pytest.fixture
def subject_id(database: Database, store_id: UUID) -> UUID:
    """A subject with one fact."""
    subject_id = new_id()
    with database.write() as session:
        history.record(session, store_id, "return", subject_id, "requested", actor=history.SHOPPER, at=NOW, units=2)
    return subject_id


def test_a_move_of_a_machine_and_a_plain_event_are_told_in_order(
    database: Database, store_id: UUID, subject_id: UUID
) -> None:
    who = history.staff(UUID(int=7))
    move = Change("decision", "review", "approve", "approved")
    with database.write() as session:
        history.record(session, store_id, "return", subject_id, move, actor=who, at=NOW, reason="as agreed")
        history.record(session, store_id, "return", new_id(), "requested", actor=history.SHOPPER, at=NOW)
    with database.read() as session:
        told = history.of(session, store_id, subject_id)
    assert [(t.machine, t.from_state, t.event, t.to_state) for t in told] == [
        (None, None, "requested", None),
        ("decision", "review", "approve", "approved"),
    ]
    assert [(t.actor, t.reason, t.data, t.at) for t in told] == [
        ("shopper", None, {"units": 2}, NOW),
        (f"staff:{UUID(int=7)}", "as agreed", {}, NOW),
    ]


def test_a_fact_written_in_a_unit_of_work_that_fails_never_was(
    database: Database, store_id: UUID, subject_id: UUID
) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        history.record(session, store_id, "return", subject_id, "declined", actor=history.SYSTEM, at=NOW)
        session.flush()
        raise RuntimeError
    with database.read() as session:
        assert [t.event for t in history.of(session, store_id, subject_id)] == ["requested"]


def test_another_store_does_not_see_it(database: Database, subject_id: UUID) -> None:
    with database.write() as session:
        other = make_store(session).id
        assert history.of(session, other, subject_id) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history_entries SET event = 'approved'",
        "UPDATE history_entries SET at = at",
        "DELETE FROM history_entries",
    ],
)
def test_the_database_itself_refuses_to_change_or_delete_a_fact(
    database: Database, store_id: UUID, subject_id: UUID, statement: str
) -> None:
    with pytest.raises(DatabaseError, match=r"never (changed|deleted)"), database.write() as session:
        session.execute(text(statement))
    with database.read() as session:
        assert [(t.event, t.at) for t in history.of(session, store_id, subject_id)] == [("requested", NOW)]


def test_the_entity_cannot_be_changed_either(database: Database, store_id: UUID, subject_id: UUID) -> None:
    with pytest.raises(DatabaseError), database.write() as session:
        [fact] = history.of(session, store_id, subject_id)
        fact.at = NOW + timedelta(days=1)
    with pytest.raises(DatabaseError), database.write() as session:
        session.delete(history.of(session, store_id, subject_id)[0])
    with database.read() as session:
        assert [(t.event, t.at) for t in history.of(session, store_id, subject_id)] == [("requested", NOW)]
