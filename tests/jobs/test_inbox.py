from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.container import Container
from app.core.merchants.models import Store
from app.core.messaging import history, inbox
from app.core.messaging.models import HistoryEntry, InboxEvent, OutboxMessage
from app.core.orders import repository as orders
from app.core.orders.models import Order
from app.core.orders.ports import RecordOrder
from app.jobs import inbox as jobs
from app.jobs.commands import apply
from app.jobs.inbox import drain_inbox, forget_old_bodies
from tests.builders import NOW, make_snapshot, make_store
from tests.databases import ON_POSTGRES
from tests.fakes.store import FakeStore
from tests.jobs.killed import Telling

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def container(container: Container) -> Container:
    platform = Telling(FakeStore())
    return replace(container, platforms={"woocommerce": platform, "shopify": platform})


@pytest.fixture
def store_id(container: Container) -> UUID:
    with container.database.write() as session:
        return make_store(session).id


Deliver = Callable[..., None]


@pytest.fixture
def deliver(container: Container, store_id: UUID) -> Iterator[Deliver]:
    writer = inbox.Writer(container.database.engine)
    count = iter(range(10_000))

    def deliver(*bodies: Mapping[str, Any], store: UUID = store_id, event_key: str | None = None) -> None:
        writer.keep(
            [
                inbox.row(
                    store,
                    "topic",
                    f"d{(number := next(count)):04}",
                    json.dumps(body).encode(),
                    received_at=NOW + timedelta(microseconds=number),
                    event_key=event_key,
                )
                for body in bodies
            ]
        )

    container.clock.time = NOW + timedelta(seconds=1)  # type: ignore[attr-defined]
    yield deliver
    writer.close()


def outcomes(container: Container) -> list[str | None]:
    with container.database.read() as session:
        return list(session.scalars(select(InboxEvent.outcome).order_by(InboxEvent.dedup_key)))


def pulls(container: Container, store_id: UUID) -> list[str]:
    with container.database.read() as session:
        found = session.scalars(select(OutboxMessage).where(OutboxMessage.store_id == store_id))
        return [message.payload["order_ref"] for message in found.all()]


def order(container: Container, store_id: UUID, ref: str) -> Order:
    with container.database.read() as session:
        found = orders.by_ref(session, store_id, ref)
        assert found is not None
        return found


# --- batches --------------------------------------------------------------------------------------------------------


def test_one_batch_does_what_one_by_one_would(container: Container, store_id: UUID, deliver: Deliver) -> None:
    deliver({"record": "1", "status": "pending"})
    deliver({"record": "2"}, {"record": "1", "status": "completed", "at": 5})
    deliver({"record": "1", "status": "processing", "at": 2}, {"pull": "3"}, {"delete": "2"}, {"delete": "9"}, {})
    assert drain_inbox(container) == 8
    assert outcomes(container) == [
        "order_created", "order_created", "order_updated", "order_stale", "order_pull_asked", "order_deleted",
        "order_unknown", "malformed",
    ]  # fmt: skip
    assert order(container, store_id, "1").status == "completed"
    assert order(container, store_id, "2").deleted_at == container.clock.now()
    with container.database.read() as session:
        told = [e.event for e in history.of(session, store_id, order(container, store_id, "2").id)]
    assert told == ["order_recorded", "order_deleted"]


def test_a_second_batch_goes_on_where_the_first_stopped(
    container: Container, store_id: UUID, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 3)
    for minute in range(8):
        deliver({"record": "1", "status": f"s{minute}", "at": minute})
    assert drain_inbox(container) == 8
    assert order(container, store_id, "1").status == "s7"
    with container.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Order)) == 1


def test_it_stops_after_the_batch_that_passes_its_limit(
    container: Container, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 3)
    deliver(*({"pull": str(number)} for number in range(10)))
    assert drain_inbox(container, at_most=4) == 6
    assert drain_inbox(container) == 4


def test_the_statements_of_a_batch_do_not_grow_with_it(container: Container, store_id: UUID, deliver: Deliver) -> None:
    statements: list[str] = []

    @event.listens_for(container.database.engine, "before_cursor_execute")
    def _note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    def cost(first: int, count: int) -> int:
        with container.database.write() as session:
            other = make_store(session).id
        for number in range(first, first + count):
            deliver({"record": f"r{number}"}, {"record": f"r{number}", "status": "completed", "at": 1})
            deliver({"record": f"r{number}"}, store=other)
        statements.clear()
        assert drain_inbox(container) == 3 * count
        return len(statements)

    small = cost(0, 2)
    assert cost(100, 30) == small


def test_an_order_is_read_once_for_all_deliveries_of_a_batch_that_ask_for_it(
    container: Container, store_id: UUID, deliver: Deliver
) -> None:
    deliver({"pull": "1"}, {"pull": "1"}, {"record": "1", "pull": True}, {"pull": "2"})
    drain_inbox(container)
    assert sorted(pulls(container, store_id)) == ["1", "2"]
    deliver({"pull": "1"})
    drain_inbox(container)
    assert sorted(pulls(container, store_id)) == ["1", "1", "2"]


# --- repeats --------------------------------------------------------------------------------------------------------


def test_of_one_event_s_deliveries_in_one_batch_the_first_counts(
    container: Container, store_id: UUID, deliver: Deliver
) -> None:
    deliver({"pull": "1"}, {"pull": "2"}, event_key="e")
    deliver({"pull": "3"}, event_key="f")
    deliver({"pull": "4"})
    drain_inbox(container)
    assert outcomes(container) == ["order_pull_asked", "repeat", "order_pull_asked", "order_pull_asked"]
    assert sorted(pulls(container, store_id)) == ["1", "3", "4"]


def test_a_repeat_in_a_later_batch_is_known_too(container: Container, store_id: UUID, deliver: Deliver) -> None:
    for _ in range(2):
        deliver({"pull": "1"}, event_key="e")
        drain_inbox(container)
    assert outcomes(container) == ["order_pull_asked", "repeat"]


def test_a_repeat_of_what_failed_is_applied(container: Container, store_id: UUID, deliver: Deliver) -> None:
    deliver({"defect": "boom"}, {"pull": "1"}, event_key="e")
    drain_inbox(container)
    assert outcomes(container) == [None, "order_pull_asked"]
    assert pulls(container, store_id) == ["1"]


# --- what cannot be applied -----------------------------------------------------------------------------------------


def test_a_delivery_that_the_database_refuses_fails_alone(
    container: Container, store_id: UUID, deliver: Deliver
) -> None:
    deliver({"record": "1"})
    deliver({"record": None})  # no order is without an id: NOT NULL refuses it, when the whole batch is written
    deliver({"pull": "2"}, {"pull": "2"}, event_key="e")
    deliver({"record": "3"})
    assert drain_inbox(container) == 5
    assert outcomes(container) == ["order_created", None, "order_pull_asked", "repeat", "order_created"]
    with container.database.read() as session:
        [failed] = session.scalars(select(InboxEvent).where(InboxEvent.handled_at.is_(None)))
        assert failed.attempts == 1
        assert failed.error is not None
        assert "karla@example.test" not in failed.error
        assert len(session.scalars(select(Order)).all()) == 2
        assert len(session.scalars(select(OutboxMessage)).all()) == 1


def test_a_defect_of_ours_is_kept_in_words_and_tried_later(
    container: Container, store_id: UUID, deliver: Deliver
) -> None:
    deliver({"defect": "boom\nand more"})
    drain_inbox(container)
    with container.database.read() as session:
        [failed] = session.scalars(select(InboxEvent))
    assert (failed.error, failed.attempts, failed.handled_at) == ("RuntimeError: boom", 1, None)
    assert failed.available_at > container.clock.now()


def test_the_merchant_leaves(container: Container, store_id: UUID, deliver: Deliver) -> None:
    deliver({"leave": True})
    drain_inbox(container)
    with container.database.read() as session:
        assert session.get_one(Store, store_id).status == "disconnected"


# --- two at once, and one that dies ---------------------------------------------------------------------------------


def test_two_workers_at_once_apply_everything_once(
    container: Container, store_id: UUID, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 5)
    for number in range(40):
        ref = str(number % 10)
        deliver({"record": ref, "status": f"s{number}", "at": number}, {"pull": ref}, event_key=f"e{number // 2}")
    start = threading.Barrier(2)
    seen: list[int] = []

    def work() -> None:
        start.wait(10)
        seen.append(drain_inbox(container))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    container.clock.time += timedelta(hours=1)  # type: ignore[attr-defined]
    seen.append(drain_inbox(container))  # a delivery that lost a race for a lock waits for its second try
    assert sum(seen) >= 80
    assert None not in outcomes(container)
    with container.database.read() as session:
        refs = session.scalars(select(Order.ref)).all()
        recorded = session.scalars(select(OutboxMessage.once_key)).all()
    assert len(refs) == len(set(refs)) <= 10
    assert len(recorded) == len(set(recorded))


@ON_POSTGRES
def test_a_worker_passes_over_what_another_holds(container: Container, store_id: UUID, deliver: Deliver) -> None:
    deliver({"pull": "1"}, {"pull": "2"})
    with container.database.write() as other:
        assert len(inbox.take(other, container.clock.now(), 1)) == 1
        assert drain_inbox(container) == 1
    assert drain_inbox(container) == 1


@ON_POSTGRES
def test_a_new_order_that_another_worker_has_just_made_is_updated(
    container: Container, store_id: UUID, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both batches find no such order; the second to commit is refused, and goes one by one."""
    deliver({"record": "1", "status": "completed", "at": 9}, {"pull": "2"})
    original = orders.by_refs

    def somebody_is_faster(session: Session, keys: Any) -> Any:
        known = original(session, keys)
        with container.database.write() as other:
            apply(other, store_id, RecordOrder(make_snapshot(ref="1", updated_at=NOW)), because="x", now=NOW)
        return known

    monkeypatch.setattr(orders, "by_refs", somebody_is_faster)
    assert drain_inbox(container) == 2
    assert outcomes(container) == ["order_updated", "order_pull_asked"]
    assert order(container, store_id, "1").status == "completed"


@pytest.mark.parametrize("moment", ["translated", "applied", "committed"])
def test_a_worker_that_is_killed_has_lost_nothing_and_doubled_nothing(
    container: Container, store_id: UUID, deliver: Deliver, database_url: str, tmp_path: Path, moment: str
) -> None:
    for number in range(6):
        deliver({"record": str(number % 2), "status": f"s{number}", "at": number, "pull": True})
    command = [sys.executable, "-m", "tests.jobs.killed", database_url, str(tmp_path), moment]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "now\n"
        worker.kill()
    assert outcomes(container).count(None) == (3 if moment == "committed" else 6)
    drain_inbox(container)
    assert outcomes(container) == ["order_created"] * 2 + ["order_updated"] * 4
    assert [order(container, store_id, ref).status for ref in "01"] == ["s4", "s5"]
    with container.database.read() as session:
        facts = session.scalars(select(HistoryEntry.event).where(HistoryEntry.store_id == store_id)).all()
    assert facts == ["order_recorded", "order_recorded"]


# --- housekeeping ---------------------------------------------------------------------------------------------------


def test_bodies_are_forgotten_after_sixty_days_in_every_store(
    container: Container, store_id: UUID, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "FORGET_AT_ONCE", 2)
    with container.database.write() as session:
        other = make_store(session).id
    deliver(*({"pull": str(number)} for number in range(5)))
    deliver({"leave": True}, store=other)
    drain_inbox(container)
    assert forget_old_bodies(container) == 0
    container.clock.time += jobs.BODIES_KEPT  # type: ignore[attr-defined]
    deliver({"pull": "young"})
    assert forget_old_bodies(container) == 6
    assert forget_old_bodies(container) == 0
    with container.database.read() as session:
        assert session.scalars(select(InboxEvent.body).where(InboxEvent.handled_at.is_not(None))).all() == [b""] * 6
