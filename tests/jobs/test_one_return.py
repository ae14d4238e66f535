"""One return through inbox, core and outbox, on an in-memory store that may misbehave."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.container import Container
from app.core.kit.errors import ProviderError
from app.core.kit.money import Money
from app.core.labels import repository as labels
from app.core.merchants import repository as merchants
from app.core.messaging import history, inbox, outbox
from app.core.messaging.models import InboxEvent, OutboxMessage, OutboxStatus
from app.core.orders import repository as orders
from app.core.returns import repository, service
from app.core.returns.receiving import service as receiving
from app.core.returns.receiving.rules import Disposition, Grade
from app.core.returns.rules import Parcel, Settlement
from app.jobs.effects import EFFECTS
from app.jobs.inbox import drain_inbox
from app.jobs.outbox import drain_outbox
from app.jobs.reconcile import reconcile
from tests.builders import NOW, make_snapshot, make_store, make_wish
from tests.fakes.store import FakeStore

STAFF = "staff:0190"


def deliver(container: Container, store_id: UUID, key: str, topic: str = "order", **value: Any) -> None:
    body = json.dumps({"topic": topic, "key": key, "order": "1001", **value}).encode()
    row = inbox.row(store_id, topic, key, body, received_at=NOW, event_key=value.get("event"))
    writer = inbox.Writer(container.database.engine)
    writer.keep([row])
    writer.close()


def settled_store(container: Container) -> UUID:
    with container.database.write() as session:
        return make_store(session).id


def drain(container: Container) -> None:
    drain_inbox(container)
    drain_outbox(container, EFFECTS)


def later(container: Container, **step: float) -> None:
    container.clock.time += timedelta(**step)  # type: ignore[attr-defined]


def inspected(container: Container, fake_store: FakeStore) -> tuple[UUID, UUID]:
    """A return that has been requested, labelled, received and inspected; refund and restocking are intended."""
    store_id = settled_store(container)
    fake_store.orders["1001"] = make_snapshot()
    deliver(container, store_id, "d1")
    drain(container)
    with container.database.write() as session:
        store = merchants.store(session, store_id)
        order = orders.by_ref(session, store_id, "1001")
        assert order is not None
        return_id = service.submit(session, store, order, make_wish(order, 2), now=NOW).id
    drain(container)
    with container.database.write() as session:
        store = merchants.store(session, store_id)
        returned = repository.get(session, store_id, return_id)
        assert returned.parcel is Parcel.LABELLED
        receiving.receive(session, store, returned, actor=STAFF, now=NOW)
        line = returned.lines[0]
        graded = [receiving.GradedUnit(line.id, unit, Grade.NEW, Disposition.RESTOCK) for unit in range(2)]
        receiving.inspect(session, store, returned, graded, actor=STAFF, now=NOW)
    return store_id, return_id


def test_a_return_runs_from_the_webhook_to_the_money_and_the_stock(container: Container, fake_store: FakeStore) -> None:
    store_id, return_id = inspected(container, fake_store)
    drain(container)
    assert [[r.amount for r in rows] for rows in fake_store.refunds.values()] == [[Money(16575, "EUR")]]
    assert [[m.quantity for m in rows] for rows in fake_store.movements.values()] == [[2]]
    with container.database.read() as session:
        returned = repository.get(session, store_id, return_id)
        assert returned.settlement is Settlement.REFUNDED
        events = [e.event for e in history.of(session, store_id, return_id)]
        assert returned.order.refunds[0].our_key == str(returned.refunds[0].outbox_id)
        assert returned.order.refunded_elsewhere_minor == 0
    moved = [event for event in events if event != "told"]
    assert moved == ["requested", "approve", "label", "receive", "inspect", "graded", "start", "restocked", "refund"]
    assert events.count("told") == 3
    told = [n.kind for n in container.notifier.sent]  # type: ignore[attr-defined]
    assert told == ["return_approved", "parcel_received", "refund_issued"]


def test_a_parcel_that_is_quicker_than_its_label_needs_none(container: Container, fake_store: FakeStore) -> None:
    store_id = settled_store(container)
    fake_store.orders["1001"] = make_snapshot()
    deliver(container, store_id, "d1")
    drain(container)
    with container.database.write() as session:
        store = merchants.store(session, store_id)
        order = orders.by_ref(session, store_id, "1001")
        assert order is not None
        returned = service.submit(session, store, order, make_wish(order), now=NOW)
        receiving.receive(session, store, returned, actor=STAFF, now=NOW)
        return_id = returned.id
    drain(container)
    with container.database.read() as session:
        returned = repository.get(session, store_id, return_id)
        assert returned.parcel is Parcel.RECEIVED
        assert [label.voided_at for label in labels.of_return(session, store_id, return_id)] == [NOW]
        assert outbox.dead(session, store_id) == []
    told = [n.kind for n in container.notifier.sent]  # type: ignore[attr-defined]
    assert told == ["parcel_received"]


def test_a_mail_that_cannot_be_sent_is_seen_by_staff(
    container: Container, fake_store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = ProviderError("mail", "550 no such mailbox", retryable=False)
    monkeypatch.setattr(container.notifier, "notify", lambda notice: (_ for _ in ()).throw(refusal))
    store_id, return_id = inspected(container, fake_store)
    drain(container)
    with container.database.read() as session:
        entries = [e for e in history.of(session, store_id, return_id) if e.event == "mail_failed"]
        assert (entries[0].data["mail"], entries[0].reason) == ("return_approved", "550 no such mailbox")
        assert len(entries) == 3
        assert repository.get(session, store_id, return_id).settlement is Settlement.REFUNDED


def crash_before(what: str) -> Callable[[FakeStore], None]:
    def plant(store: FakeStore) -> None:
        store.before = once(what, ProviderError("fake", "connection refused", retryable=True))

    return plant


def crash_after(what: str, error: Exception) -> Callable[[FakeStore], None]:
    def plant(store: FakeStore) -> None:
        store.after = once(what, error)

    return plant


def once(what: str, error: Exception) -> Callable[[str], None]:
    left = [error]

    def misbehave(which: str) -> None:
        if which == what and left:
            raise left.pop()

    return misbehave


@pytest.mark.parametrize(
    "plant",
    [
        crash_before("refund"),
        crash_before("stock"),
        crash_after("refund", ProviderError("fake", "timed out", outcome_unknown=True)),
        crash_after("stock", ProviderError("fake", "timed out", outcome_unknown=True)),
        crash_after("refund", RuntimeError("a defect of ours")),
        crash_after("stock", ConnectionResetError()),
    ],
)
def test_whatever_breaks_around_a_booking_money_and_stock_move_once(
    container: Container, fake_store: FakeStore, plant: Callable[[FakeStore], None]
) -> None:
    store_id, return_id = inspected(container, fake_store)
    plant(fake_store)
    drain(container)
    for _ in range(3):
        later(container, hours=3)
        drain(container)
    assert [len(rows) for rows in fake_store.refunds.values()] == [1]
    assert [len(rows) for rows in fake_store.movements.values()] == [1]
    with container.database.read() as session:
        assert repository.get(session, store_id, return_id).settlement is Settlement.REFUNDED


def test_a_worker_that_dies_after_the_store_booked_leaves_nothing_doubled(
    container: Container, fake_store: FakeStore
) -> None:
    store_id, return_id = inspected(container, fake_store)

    class Killed(BaseException):
        pass

    def die(what: str) -> None:
        fake_store.after = lambda which: None
        raise Killed

    fake_store.after = die
    with pytest.raises(Killed):
        drain_outbox(container, EFFECTS)
    later(container, minutes=1)
    drain(container)  # the lease still holds: nothing of this lane moves
    with container.database.read() as session:
        assert repository.get(session, store_id, return_id).settlement is Settlement.PENDING
    later(container, minutes=5)
    drain(container)
    assert [len(rows) for rows in fake_store.refunds.values()] == [1]
    assert [len(rows) for rows in fake_store.movements.values()] == [1]
    with container.database.read() as session:
        assert repository.get(session, store_id, return_id).settlement is Settlement.REFUNDED


def test_a_refusal_for_good_reopens_the_settlement_and_takes_the_promise_back(
    container: Container, fake_store: FakeStore
) -> None:
    store_id, return_id = inspected(container, fake_store)
    fake_store.before = once("refund", ProviderError("fake", "This order cannot be refunded.", code="no"))
    drain(container)
    with container.database.read() as session:
        returned = repository.get(session, store_id, return_id)
        assert returned.settlement is Settlement.FAILED
        assert returned.refunds[0].failure == "This order cannot be refunded."
        assert returned.order.refunded_minor == 0
        dead = outbox.dead(session, store_id)
    assert [m.kind for m in dead] == ["refund.issue"]
    assert fake_store.refunds == {}


def test_a_delivery_that_comes_twice_is_one_row(container: Container, fake_store: FakeStore) -> None:
    store_id = settled_store(container)
    fake_store.orders["1001"] = make_snapshot()
    deliver(container, store_id, "same")
    deliver(container, store_id, "same")
    drain(container)
    deliver(container, store_id, "same")
    drain(container)
    with container.database.read() as session:
        rows = session.scalars(select(InboxEvent).where(InboxEvent.store_id == store_id)).all()
        pulls = session.scalars(select(OutboxMessage).where(OutboxMessage.store_id == store_id)).all()
    assert [row.outcome for row in rows] == ["order_pull_asked"]
    assert [pull.status for pull in pulls] == [OutboxStatus.DONE]


def test_two_deliveries_of_one_event_are_applied_once(container: Container, fake_store: FakeStore) -> None:
    store_id = settled_store(container)
    fake_store.orders["1001"] = make_snapshot()
    deliver(container, store_id, "first", event="e1")
    deliver(container, store_id, "second", event="e1")
    drain(container)
    with container.database.read() as session:
        rows = session.scalars(
            select(InboxEvent).where(InboxEvent.store_id == store_id).order_by(InboxEvent.outcome)
        ).all()
    assert [row.outcome for row in rows] == ["order_pull_asked", "repeat"]


def test_a_delivery_that_cannot_be_applied_keeps_nobody_waiting_and_stays_to_be_seen(
    container: Container, fake_store: FakeStore
) -> None:
    store_id = settled_store(container)
    fake_store.orders["1001"] = make_snapshot()
    deliver(container, store_id, "bad", topic="poison")
    deliver(container, store_id, "good")
    for _ in range(inbox.MAX_ATTEMPTS + 2):
        drain(container)
        later(container, hours=7)
    with container.database.read() as session:
        assert orders.by_ref(session, store_id, "1001") is not None
        given_up = inbox.given_up(session, store_id)
    assert [(e.dedup_key, e.attempts, e.error) for e in given_up] == [("bad", 12, "RuntimeError: bad")]


def test_an_older_snapshot_never_replaces_a_newer_one(container: Container, fake_store: FakeStore) -> None:
    store_id = settled_store(container)
    for key, status, day in (("a", "completed", 5), ("b", "processing", 2)):
        fake_store.orders["1001"] = make_snapshot(status=status, updated_at=NOW + timedelta(days=day))
        deliver(container, store_id, key)
        drain(container)
    with container.database.read() as session:
        order = orders.by_ref(session, store_id, "1001")
        assert order is not None
        assert order.status == "completed"


def test_the_reconcile_finds_what_no_webhook_told(container: Container, fake_store: FakeStore) -> None:
    store_id = settled_store(container)
    for number in range(5):
        ref = str(2000 + number)
        fake_store.orders[ref] = make_snapshot(ref=ref, number=ref, updated_at=NOW - timedelta(hours=5 - number))
    assert reconcile(container, store_id) == 5
    later(container, minutes=5)
    assert reconcile(container, store_id) == 0
    with container.database.read() as session:
        assert all(orders.by_ref(session, store_id, ref) is not None for ref in fake_store.orders)


def test_rows_of_one_lane_run_in_order_and_the_next_waits_for_the_first(
    container: Container, fake_store: FakeStore
) -> None:
    inspected(container, fake_store)
    fake_store.before = once("stock", ProviderError("fake", "busy", retryable=True))
    drain(container)
    assert fake_store.refunds == {}  # stock was put first, and waits for its second try
    later(container, hours=1)
    drain(container)
    assert len(fake_store.refunds) == 1


def test_a_dead_row_is_looked_up_before_staff_s_second_try(container: Container, fake_store: FakeStore) -> None:
    store_id, return_id = inspected(container, fake_store)
    fake_store.after = once("stock", ProviderError("fake", "no", code="refused"))  # booked, then a lying refusal
    drain(container)
    with container.database.write() as session:
        [dead] = outbox.dead(session, store_id)
        assert outbox.retry(session, store_id, dead.id, container.clock.now())
    drain(container)
    assert [len(rows) for rows in fake_store.movements.values()] == [1]
    with container.database.read() as session:
        assert outbox.dead(session, store_id) == []
        assert "restocked" in [e.event for e in history.of(session, store_id, return_id)]


def test_a_refund_whose_outcome_stays_unknown_keeps_its_promise_until_a_person_looks(
    container: Container, fake_store: FakeStore
) -> None:
    store_id, return_id = inspected(container, fake_store)

    def never_answers(what: str) -> None:
        if what == "refund":
            raise ProviderError("fake", "timed out", outcome_unknown=True)

    fake_store.before = never_answers
    for _ in range(outbox.MAX_ATTEMPTS + 1):
        drain(container)
        later(container, hours=4)
    with container.database.write() as session:
        returned = repository.get(session, store_id, return_id)
        assert (returned.settlement, returned.order.refunded_minor) == (Settlement.PENDING, 16575)
        [stuck] = outbox.dead_in_lane(session, store_id, returned.lane)
        fake_store.before = lambda what: None
        assert outbox.retry(session, store_id, stuck.id, container.clock.now())
    drain(container)
    with container.database.read() as session:
        assert repository.get(session, store_id, return_id).settlement is Settlement.REFUNDED
    assert [len(rows) for rows in fake_store.refunds.values()] == [1]


def test_nobody_is_told_of_a_refund_before_the_gateway_confirms_it(container: Container, fake_store: FakeStore) -> None:
    store_id, return_id = inspected(container, fake_store)
    fake_store.unconfirmed = True
    drain(container)
    with container.database.read() as session:
        assert repository.get(session, store_id, return_id).settlement is Settlement.PENDING
    fake_store.unconfirmed = False
    later(container, hours=1)
    drain(container)
    told = [n.kind for n in container.notifier.sent]  # type: ignore[attr-defined]
    assert told.count("refund_issued") == 1
    assert [len(rows) for rows in fake_store.refunds.values()] == [1]
