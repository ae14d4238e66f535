from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DatabaseError

from app.core.kit.db import Database
from app.core.messaging import outbox
from app.core.messaging.models import OutboxMessage, OutboxStatus
from app.core.messaging.outbox import RINGING
from tests.builders import NOW, make_store
from tests.databases import ON_POSTGRES


def put(database: Database, store_id: UUID, name: str, lane: str = "return:1", **changes: Any) -> UUID:
    with database.write() as session:
        return outbox.put(session, store_id, "stock.move", {"name": name}, lane=lane, now=NOW, **changes)


def claimed(database: Database, now: datetime = NOW, limit: int = 10) -> Sequence[OutboxMessage]:
    with database.write() as session:
        return outbox.claim(session, now, limit)


def names(messages: Sequence[OutboxMessage]) -> list[str]:
    return [message.payload["name"] for message in messages]


def settle(database: Database, message: OutboxMessage, now: datetime = NOW) -> bool:
    """Record success under the lease; False when it is not ours any more."""
    with database.write() as session:
        row = outbox.held(session, message.store_id, message.id, message.lease_token)
        if row is None:
            return False
        outbox.finished(row, {"ref": "R1"}, now)
        return True


def stored(database: Database, store_id: UUID) -> Sequence[OutboxMessage]:
    with database.read() as session:
        return session.scalars(
            select(OutboxMessage).where(OutboxMessage.store_id == store_id).order_by(OutboxMessage.id)
        ).all()


# --- putting --------------------------------------------------------------------------------------------------------


def test_an_intention_rings_and_waits(database: Database, store_id: UUID) -> None:
    with database.write() as session:
        outbox.put(session, store_id, "stock.move", {"name": "a"}, lane="return:1", now=NOW)
        assert session.info[RINGING] is True
    [message] = stored(database, store_id)
    assert (message.status, message.kind, message.lane, message.attempts) == (
        OutboxStatus.PENDING, "stock.move", "return:1", 0,
    )  # fmt: skip
    with database.read() as session:
        assert outbox.oldest_waiting(session, NOW) == NOW


def test_one_reason_makes_one_row_within_and_across_units_of_work(database: Database, store_id: UUID) -> None:
    with database.write() as session:
        other = make_store(session).id
        first = outbox.put(session, store_id, "order.pull", {}, lane="o", now=NOW, once_key="why")
        assert outbox.put(session, store_id, "order.pull", {}, lane="o", now=NOW, once_key="why") == first
        assert outbox.put(session, other, "order.pull", {}, lane="o", now=NOW, once_key="why") != first
    assert put(database, store_id, "again", once_key="why") == first
    assert put(database, store_id, "else", once_key="why not") != first
    assert len(stored(database, store_id)) == 2


def test_asking_for_an_earlier_row_does_not_flush_what_is_only_intended(database: Database, store_id: UUID) -> None:
    inserts: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def _note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        inserts.extend([statement] if statement.startswith("INSERT") else [])

    with database.write() as session:
        for number in range(20):
            outbox.put(session, store_id, "order.pull", {}, lane=f"{number}", now=NOW, once_key=f"{number}")
        assert inserts == []
    assert len(inserts) == 1


def test_what_a_failed_unit_of_work_intended_never_was(database: Database, store_id: UUID) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        outbox.put(session, store_id, "stock.move", {}, lane="return:1", now=NOW)
        session.flush()
        raise RuntimeError
    assert stored(database, store_id) == []


# --- claiming -------------------------------------------------------------------------------------------------------


def test_of_each_lane_only_the_first_open_row_may_run(database: Database, store_id: UUID) -> None:
    for name, lane in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")):
        put(database, store_id, name, lane)
    first = claimed(database)
    assert sorted(names(first)) == ["a1", "b1"]
    assert claimed(database) == []
    for message in first:
        assert settle(database, message)
    assert names(claimed(database)) == ["a2"]


def test_lanes_of_two_stores_are_two_lanes(database: Database, store_id: UUID) -> None:
    with database.write() as session:
        other = make_store(session).id
    put(database, store_id, "ours")
    put(database, other, "theirs")
    assert sorted(names(claimed(database))) == ["ours", "theirs"]


def test_a_row_that_waits_for_its_second_try_keeps_its_lane_waiting(database: Database, store_id: UUID) -> None:
    put(database, store_id, "first")
    put(database, store_id, "second")
    [message] = claimed(database)
    with database.write() as session:
        row = outbox.held(session, store_id, message.id, message.lease_token)
        assert row is not None
        assert outbox.postponed(row, "busy", NOW, unknown=False)
    assert claimed(database, NOW + timedelta(seconds=1)) == []
    assert names(claimed(database, NOW + timedelta(minutes=1))) == ["first"]


def test_a_dead_or_cancelled_row_lets_the_next_of_its_lane_pass(database: Database, store_id: UUID) -> None:
    put(database, store_id, "first")
    put(database, store_id, "second")
    [message] = claimed(database)
    with database.write() as session:
        row = outbox.held(session, store_id, message.id, message.lease_token)
        assert row is not None
        outbox.died(row, "refused", NOW)
        assert [m.payload["name"] for m in outbox.dead_in_lane(session, store_id, "return:1")] == ["first"]
    assert names(claimed(database)) == ["second"]


@ON_POSTGRES
def test_two_workers_at_once_never_hold_one_row(database: Database, store_id: UUID) -> None:
    for number in range(4):
        put(database, store_id, f"{number}", f"lane {number}")
    with database.write() as one, database.write() as two:
        mine, theirs = outbox.claim(one, NOW, 3), outbox.claim(two, NOW, 3)
        assert (len(mine), len(theirs)) == (3, 1)
        assert not {m.id for m in mine} & {m.id for m in theirs}


@ON_POSTGRES
def test_the_second_row_of_a_lane_is_not_taken_while_another_worker_takes_the_first(
    database: Database, store_id: UUID
) -> None:
    put(database, store_id, "first")
    put(database, store_id, "second")
    with database.write() as one, database.write() as two:
        assert names(outbox.claim(one, NOW, 10)) == ["first"]
        assert outbox.claim(two, NOW, 10) == []


# --- leases ---------------------------------------------------------------------------------------------------------


def test_a_first_try_is_called_and_a_row_whose_worker_died_is_looked_up(database: Database, store_id: UUID) -> None:
    put(database, store_id, "a")
    [first] = claimed(database)
    assert (first.must_find, first.attempts) == (False, 1)
    assert claimed(database, NOW + outbox.LEASE - timedelta(seconds=1)) == []
    [second] = claimed(database, NOW + outbox.LEASE + timedelta(seconds=1))
    assert (second.must_find, second.attempts, second.id) == (True, 2, first.id)


def test_who_comes_back_after_his_lease_was_taken_over_records_nothing(database: Database, store_id: UUID) -> None:
    put(database, store_id, "a")
    [late] = claimed(database)
    [holder] = claimed(database, NOW + outbox.LEASE * 2)
    assert not settle(database, late)
    assert [m.status for m in stored(database, store_id)] == [OutboxStatus.LEASED]
    assert settle(database, holder)
    assert not settle(database, holder)
    assert [(m.status, m.result) for m in stored(database, store_id)] == [(OutboxStatus.DONE, {"ref": "R1"})]


@pytest.mark.parametrize(("unknown", "must_find"), [(False, False), (True, True)])
def test_after_a_refusal_it_is_called_again_after_an_unknown_outcome_it_is_looked_up(
    database: Database, store_id: UUID, *, unknown: bool, must_find: bool
) -> None:
    put(database, store_id, "a")
    [message] = claimed(database)
    with database.write() as session:
        row = outbox.held(session, store_id, message.id, message.lease_token)
        assert row is not None
        assert outbox.postponed(row, "timed out", NOW, unknown=unknown)
    [again] = claimed(database, NOW + timedelta(hours=1))
    assert again.must_find is must_find


def test_a_vendor_s_wish_for_patience_is_respected_and_the_tries_are_counted(
    database: Database, store_id: UUID
) -> None:
    put(database, store_id, "a")
    now, waits, given_up = NOW, [], False
    while not given_up:
        [message] = claimed(database, now)
        with database.write() as session:
            row = outbox.held(session, store_id, message.id, message.lease_token)
            assert row is not None
            asked = 900.0 if message.attempts == 1 else None
            given_up = not outbox.postponed(row, "busy", now, unknown=False, retry_after=asked)
            waits.append((row.available_at - now).total_seconds())
            now = max(row.available_at, now)
    assert waits[0] == 900
    expected = [min(5 * 2 ** (attempt - 1), 7200) for attempt in range(2, outbox.MAX_ATTEMPTS)]
    assert all(0.75 * base <= wait <= 1.25 * base for base, wait in zip(expected, waits[1:-1], strict=True))
    assert len(waits) == outbox.MAX_ATTEMPTS


def test_a_dead_row_is_looked_up_when_a_person_asks_and_a_living_one_is_left_alone(
    database: Database, store_id: UUID
) -> None:
    dead_id = put(database, store_id, "a", "a")
    living = put(database, store_id, "b", "b", available_at=NOW + timedelta(days=1))
    [message] = claimed(database)
    with database.write() as session:
        row = outbox.held(session, store_id, message.id, message.lease_token)
        assert row is not None
        outbox.died(row, "refused", NOW)
    with database.write() as session:
        other = make_store(session).id
        assert not outbox.retry(session, store_id, living, NOW)
        assert not outbox.retry(session, other, dead_id, NOW)
        assert [m.id for m in outbox.dead(session, store_id)] == [dead_id]
        assert outbox.retry(session, store_id, dead_id, NOW)
    [again] = claimed(database)
    assert (again.id, again.must_find, again.attempts) == (dead_id, True, 1)


def test_only_what_may_run_counts_as_waiting(database: Database, store_id: UUID) -> None:
    put(database, store_id, "later", "l", available_at=NOW + timedelta(hours=1))
    with database.read() as session:
        assert outbox.oldest_waiting(session, NOW) is None
    put(database, store_id, "now", "n")
    claimed(database)
    with database.read() as session:
        assert outbox.oldest_waiting(session, NOW) is None  # it is leased
        assert outbox.oldest_waiting(session, NOW + outbox.LEASE * 2) == NOW  # its worker died


# --- results are facts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["UPDATE outbox_messages SET status = 'pending'", "DELETE FROM outbox_messages"])
def test_the_database_refuses_to_undo_what_has_happened(database: Database, store_id: UUID, statement: str) -> None:
    put(database, store_id, "a")
    [message] = claimed(database)
    assert settle(database, message)
    with pytest.raises(DatabaseError, match=r"never (changed|deleted)"), database.write() as session:
        session.execute(text(statement))
    assert [(m.status, m.result) for m in stored(database, store_id)] == [(OutboxStatus.DONE, {"ref": "R1"})]
