from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.kit.db import Database, make_engine
from app.core.kit.ids import new_id
from app.core.messaging import inbox
from app.core.messaging.models import InboxEvent
from app.core.messaging.outbox import RINGING
from tests.builders import NOW, make_store
from tests.core.messaging.conftest import Row
from tests.databases import ON_POSTGRES

Rows = Callable[[], Sequence[InboxEvent]]


def keys(events: Sequence[InboxEvent]) -> list[str]:
    return [event.dedup_key for event in events]


# --- keeping --------------------------------------------------------------------------------------------------------


def test_a_delivery_is_kept_as_it_came(writer: inbox.Writer, row: Row, rows: Rows) -> None:
    occurred = NOW - timedelta(minutes=3)
    writer.keep([row("k", "order.created", b'{"a": "\xc3\xbc\x00"}', event_key="e", occurred_at=occurred)])
    [kept] = rows()
    assert (kept.topic, kept.body, kept.event_key) == ("order.created", b'{"a": "\xc3\xbc\x00"}', "e")
    assert (kept.received_at, kept.occurred_at, kept.available_at) == (NOW, occurred, NOW)
    assert (kept.attempts, kept.handled_at, kept.outcome, kept.error) == (0, None, None, None)


def test_a_second_delivery_with_the_same_key_is_ignored_and_the_first_stays(
    writer: inbox.Writer, row: Row, rows: Rows
) -> None:
    writer.keep([row("k", body=b"first")])
    writer.keep([row("other"), row("k", body=b"second")])
    assert [(kept.dedup_key, kept.body) for kept in rows()] == [("k", b"first"), ("other", b"{}")]


def test_the_same_key_twice_in_one_statement_is_one_row(writer: inbox.Writer, row: Row, rows: Rows) -> None:
    writer.keep([row("k"), row("k"), row("k")])
    assert keys(rows()) == ["k"]


def test_the_same_key_in_two_stores_is_two_deliveries(database: Database, writer: inbox.Writer, row: Row) -> None:
    with database.write() as session:
        other = make_store(session).id
    writer.keep([row("k"), row("k") | {"store_id": other}])
    with database.read() as session:
        assert len(inbox.take(session, NOW, 10)) == 2


def test_nothing_to_keep_is_no_statement(writer: inbox.Writer, rows: Rows) -> None:
    writer.keep([])
    assert rows() == []


def test_what_is_kept_is_committed_when_keep_gives_back(database: Database, writer: inbox.Writer, row: Row) -> None:
    writer.keep([row("k")])
    with database.engine.connect() as another:
        assert another.execute(text("SELECT dedup_key FROM inbox_events")).scalars().all() == ["k"]


def test_a_row_at_fault_is_refused_with_its_whole_group_and_the_next_group_is_kept(
    writer: inbox.Writer, row: Row, rows: Rows
) -> None:
    with pytest.raises(writer.refused):
        writer.keep([row("good"), row("bad") | {"store_id": new_id()}])  # no such store
    assert rows() == []
    writer.keep([row("good")])
    assert keys(rows()) == ["good"]


@ON_POSTGRES
def test_a_connection_that_broke_is_replaced(database: Database, writer: inbox.Writer, row: Row, rows: Rows) -> None:
    writer.keep([row("before")])
    with database.engine.begin() as other:
        ended = other.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        assert ended.scalars().all() == [True]
    writer.keep([row("after")])
    assert keys(rows()) == ["after", "before"]


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.sqlite", "postgresql+psycopg://me@/none?host=/nowhere"])
def test_a_database_that_is_not_there_is_told(url: str) -> None:
    engine = make_engine(url)
    writer = inbox.Writer(engine)
    for _ in range(2):
        with pytest.raises(engine.dialect.loaded_dbapi.OperationalError):
            writer.keep([inbox.row(new_id(), "order.updated", "k", b"{}", received_at=NOW)])
    engine.dispose()


def test_two_writers_with_the_same_deliveries_in_opposite_order_keep_each_once(
    database: Database, row: Row, rows: Rows
) -> None:
    given = [[row(f"{turn}-{number:02}") for number in range(40)] for turn in range(10)]
    failed: list[Exception] = []
    start = threading.Barrier(2)

    def keep(*, backwards: bool) -> None:
        writer = inbox.Writer(database.engine)
        try:
            start.wait(10)
            for group in given:
                writer.keep(list(reversed(group)) if backwards else group)
        except Exception as error:  # noqa: BLE001 (told below)
            failed.append(error)
        finally:
            writer.close()

    threads = [threading.Thread(target=keep, kwargs={"backwards": flag}) for flag in (False, True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    assert len(rows()) == 400


# --- taking ---------------------------------------------------------------------------------------------------------


def test_the_longest_waiting_come_first_and_what_is_not_due_stays(
    database: Database, writer: inbox.Writer, row: Row
) -> None:
    writer.keep([row(f"{minutes}", received_at=NOW + timedelta(minutes=minutes)) for minutes in (2, -1, 0, 1)])
    with database.write() as session:
        assert keys(inbox.take(session, NOW, 10)) == ["-1", "0"]
    with database.write() as session:
        assert keys(inbox.take(session, NOW + timedelta(minutes=5), 3)) == ["-1", "0", "1"]


def test_what_was_handled_is_not_taken_again(database: Database, writer: inbox.Writer, row: Row, rows: Rows) -> None:
    writer.keep([row("a"), row("b", received_at=NOW + timedelta(seconds=1))])
    with database.write() as session:
        [first] = inbox.take(session, NOW, 10)
        inbox.handled(first, "order_created", NOW)
    with database.read() as session:
        assert keys(inbox.take(session, NOW + timedelta(days=1), 10)) == ["b"]
        assert inbox.oldest_waiting(session, NOW + timedelta(days=1)) == NOW + timedelta(seconds=1)
    assert [(r.outcome, r.handled_at, r.attempts) for r in rows()] == [("order_created", NOW, 1), (None, None, 0)]


def test_a_worker_that_dies_leaves_its_rows_to_the_next(database: Database, writer: inbox.Writer, row: Row) -> None:
    writer.keep([row("k")])
    with pytest.raises(KeyboardInterrupt), database.write() as session:
        inbox.handled(inbox.take(session, NOW, 10)[0], "order_created", NOW)
        session.flush()
        raise KeyboardInterrupt
    with database.read() as session:
        assert keys(inbox.take(session, NOW, 10)) == ["k"]


@ON_POSTGRES
def test_rows_that_one_worker_holds_are_passed_over_by_another(
    database: Database, writer: inbox.Writer, row: Row
) -> None:
    writer.keep([row(f"{number}", received_at=NOW + timedelta(seconds=number)) for number in range(4)])
    later = NOW + timedelta(minutes=1)
    with database.write() as first, database.write() as second:
        assert keys(inbox.take(first, later, 2)) == ["0", "1"]
        assert keys(inbox.take(second, later, 2)) == ["2", "3"]
        assert inbox.take(second, later, 2) != []  # its own it may take again


def test_nothing_waits_where_nothing_is_due(database: Database, writer: inbox.Writer, row: Row) -> None:
    writer.keep([row("k", received_at=NOW + timedelta(minutes=1))])
    with database.read() as session:
        assert inbox.oldest_waiting(session, NOW) is None


# --- one event, several deliveries ----------------------------------------------------------------------------------


def test_an_event_counts_as_handled_in_its_own_store_and_topic_only(
    database: Database, writer: inbox.Writer, row: Row
) -> None:
    with database.write() as session:
        other = make_store(session).id
    writer.keep([row("a", "orders/paid", event_key="e")])
    with database.write() as session:
        [event] = inbox.take(session, NOW, 10)
        inbox.handled(event, "order_pull_asked", NOW)
    writer.keep(
        [
            row("b", "orders/paid", event_key="e"),
            row("c", "orders/updated", event_key="e"),
            row("d", "orders/paid", event_key="f"),
            row("e", "orders/paid"),
            row("f", "orders/paid", event_key="e") | {"store_id": other},
        ]
    )
    with database.read() as session:
        batch = inbox.take(session, NOW, 10)
        done = inbox.events_handled(session, batch)
    assert [event.dedup_key for event in batch if inbox.event_of(event) in done] == ["b"]


# --- failing --------------------------------------------------------------------------------------------------------


def test_a_failing_delivery_comes_back_ever_later_and_is_given_up_after_twelve_tries(
    database: Database, writer: inbox.Writer, row: Row, store_id: UUID
) -> None:
    writer.keep([row("k")])
    now, waits = NOW, []
    for _ in range(inbox.MAX_ATTEMPTS):
        with database.write() as session:
            [event] = inbox.take(session, now, 10)
            inbox.failed(event, "boom", now)
            waits.append((event.available_at - now).total_seconds())
            now = event.available_at
    expected = [min(15 * 2**attempt, 21600) for attempt in range(11)]
    assert all(0.75 * base <= wait <= 1.25 * base for base, wait in zip(expected, waits, strict=False))
    with database.read() as session:
        assert inbox.oldest_waiting(session, NOW + timedelta(days=365)) is None
        [given_up] = inbox.given_up(session, store_id)
    assert (given_up.dedup_key, given_up.attempts, given_up.error) == ("k", 12, "boom")


def test_a_person_can_have_it_tried_again_and_only_then(
    database: Database, writer: inbox.Writer, row: Row, store_id: UUID
) -> None:
    writer.keep([row("k"), row("waiting", received_at=NOW + timedelta(hours=1))])
    with database.write() as session:
        [event] = inbox.take(session, NOW, 10)
        for _ in range(inbox.MAX_ATTEMPTS):
            inbox.failed(event, "boom", NOW)
    with database.write() as session:
        assert not inbox.retry(session, store_id, "waiting", NOW)
        assert not inbox.retry(session, store_id, "unknown", NOW)
        assert RINGING not in session.info
        assert inbox.retry(session, store_id, "k", NOW)
        assert session.info[RINGING] is True
    with database.write() as session:
        assert inbox.given_up(session, store_id) == []
        [event] = inbox.take(session, NOW, 10)
        assert (event.dedup_key, event.attempts, event.error) == ("k", 0, "boom")
        inbox.handled(event, "order_created", NOW)
    with database.write() as session:
        assert not inbox.retry(session, store_id, "k", NOW)


def test_another_stores_delivery_cannot_be_retried(database: Database, writer: inbox.Writer, row: Row) -> None:
    writer.keep([row("k")])
    with database.write() as session:
        [event] = inbox.take(session, NOW, 10)
        for _ in range(inbox.MAX_ATTEMPTS):
            inbox.failed(event, "boom", NOW)
    with database.write() as session:
        other = make_store(session).id
        assert not inbox.retry(session, other, "k", NOW)
        assert inbox.given_up(session, other) == []


# --- forgetting -----------------------------------------------------------------------------------------------------


def test_old_bodies_are_forgotten_and_their_keys_still_tell_a_repetition(
    database: Database, writer: inbox.Writer, row: Row, rows: Rows, store_id: UUID
) -> None:
    old, before = NOW - timedelta(days=90), NOW - timedelta(days=60)
    writer.keep([row(f"old-{number}", received_at=old) for number in range(5)])
    writer.keep([row("young")])
    with database.write() as session:
        for event in inbox.take(session, NOW, 10):
            inbox.handled(event, "order_created", NOW)
    writer.keep([row("old-waiting", received_at=old)])
    with database.write() as session:
        assert inbox.stores_to_forget(session, before) == [store_id]
        assert [inbox.forget_bodies(session, store_id, before, 3) for _ in range(3)] == [3, 2, 0]
        assert inbox.stores_to_forget(session, before) == []
    writer.keep([row("old-1", body=b"again")])
    assert [r.dedup_key for r in rows() if r.body] == ["old-waiting", "young"]
    assert len(rows()) == 7
