from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.core.kit.db import Database
from app.core.kit.money import Money
from app.core.kit.states import ForbiddenTransition
from app.core.merchants import repository as merchants
from app.core.messaging import history
from app.core.messaging.models import HistoryEntry, OutboxMessage
from app.core.orders import repository as orders
from app.core.orders.errors import QuantityOverLeft
from app.core.orders.models import OrderLine
from app.core.returns import repository, service
from app.core.returns.errors import InspectionIncomplete, NothingChosen, OutcomeNotOffered, ReasonNeeded, TooLate
from app.core.returns.models import Refund, Return
from app.core.returns.policy import service as policies
from app.core.returns.policy.rules import Outcome, Policy, RefundTrigger, WishedOutcome
from app.core.returns.receiving import service as receiving
from app.core.returns.receiving.rules import Disposition, Grade
from app.core.returns.refunds import service as refunds
from app.core.returns.rules import Decision, Parcel, Settlement
from tests.builders import NOW, make_line, make_order, make_store, make_wish

STAFF = "staff:0190"


def _kinds(database: Database, store_id: UUID) -> list[str]:
    with database.read() as session:
        rows = session.execute(
            select(OutboxMessage.kind, OutboxMessage.payload)
            .where(OutboxMessage.store_id == store_id)
            .order_by(OutboxMessage.id)
        ).all()
    return [payload.get("kind", kind) for kind, payload in rows]


def _approved(database: Database, quantity: int = 1) -> tuple[UUID, UUID]:
    with database.write() as session:
        store = make_store(session)
        order = make_order(session, store)
        returned = service.submit(session, store, order, make_wish(order, quantity), now=NOW)
        return store.id, returned.id


def _grade(returned: Return, *grades: tuple[Grade, Disposition]) -> list[receiving.GradedUnit]:
    line = returned.lines[0]
    return [receiving.GradedUnit(line.id, unit, grade, to) for unit, (grade, to) in enumerate(grades)]


def test_a_request_inside_the_window_is_approved_and_a_label_is_intended(sqlite_database: Database) -> None:
    store_id, return_id = _approved(sqlite_database)
    with sqlite_database.read() as session:
        returned = repository.get(session, store_id, return_id)
        assert returned.decision is Decision.APPROVED
        assert returned.quoted == Money(7991, "EUR")
        assert returned.send_by == NOW + timedelta(days=28)
        assert returned.lines[0].order_line.requested == 1
        told = [(e.event, e.to_state, e.actor) for e in history.of(session, store_id, return_id)]
    assert told == [("requested", None, "shopper"), ("approve", "approved", "system")]
    assert _kinds(sqlite_database, store_id) == ["label.buy"]


def test_the_preview_is_what_the_request_then_gets(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session)
        order = make_order(session, store)
        wish = make_wish(order, 2)
        seen = service.preview(session, order, wish, now=NOW)
        returned = service.submit(session, store, order, wish, now=NOW)
        assert seen.judgement.outcome is Outcome.APPROVE
        assert seen.quote.total == returned.quoted == Money(13429 + 2551 + 595, "EUR")


def test_the_same_form_sent_twice_is_one_return(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session)
        order = make_order(session, store)
        wish = make_wish(order)
        first = service.submit(session, store, order, wish, now=NOW)
        again = service.submit(session, store, order, wish, now=NOW)
        assert again.id == first.id
        assert session.scalar(select(func.count()).select_from(Return).where(Return.store_id == store.id)) == 1
        assert session.get(OrderLine, (store.id, order.lines[0].id)).requested == 1  # type: ignore[union-attr]


def test_more_units_than_are_left_are_refused_and_nothing_moves(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session)
        order = make_order(session, store)
        service.submit(session, store, order, make_wish(order, 2), now=NOW)
        store_id, order_id = store.id, order.id
    with pytest.raises(QuantityOverLeft), sqlite_database.write() as session:
        fresh = orders.get(session, store_id, order_id)
        service.submit(session, merchants.store(session, store_id), fresh, make_wish(fresh, 1), now=NOW)
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(Return).where(Return.store_id == store_id)) == 1


def test_a_request_without_a_line_is_refused(sqlite_database: Database) -> None:
    with pytest.raises(NothingChosen), sqlite_database.write() as session:
        store = make_store(session)
        order = make_order(session, store)
        service.submit(session, store, order, replace(make_wish(order), lines=()), now=NOW)


def test_after_the_window_a_change_of_mind_is_declined_and_the_units_are_free(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session)
        order = make_order(session, store)
        returned = service.submit(session, store, order, make_wish(order), now=NOW + timedelta(days=60))
        assert returned.decision is Decision.DECLINED
        store_id, line_id = store.id, order.lines[0].id
    with sqlite_database.read() as session:
        line = session.get(OrderLine, (store_id, line_id))
        assert line is not None
        assert line.requested == 0
    assert _kinds(sqlite_database, store_id) == ["return_declined"]


def test_a_defect_without_a_photo_waits_for_a_person(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session)
        order = make_order(session, store)
        wish = make_wish(order, reason="defective")
        wish = replace(wish, lines=(replace(wish.lines[0], answers={"seen_when": "on_opening"}),))
        returned = service.submit(session, store, order, wish, now=NOW)
        assert returned.decision is Decision.REVIEW
        assert [r["code"] for r in returned.reasons if r["outcome"] == "review"] == ["defect_without_photo"]


def test_a_wish_for_another_size_waits_for_a_person_and_is_kept(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session)
        order = make_order(session, store)
        wish = make_wish(order, outcome=WishedOutcome.EXCHANGE)
        returned = service.submit(session, store, order, wish, now=NOW)
        assert (returned.decision, returned.outcome_wished) == (Decision.REVIEW, "exchange")
        assert returned.reasons[0]["code"] == "exchange_wished"


def test_a_wish_that_the_store_does_not_offer_is_refused_and_nothing_is_kept(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session)
        order = make_order(session, store)
        policies.save(session, store.id, Policy(exchanges=False), actor="staff:1", now=NOW)
        with pytest.raises(OutcomeNotOffered):
            service.submit(session, store, order, make_wish(order, outcome=WishedOutcome.EXCHANGE), now=NOW)
        assert repository.of_order(session, store.id, order.id) == []


def test_without_a_return_address_even_a_good_request_waits_for_a_person(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session, return_address=None)
        order = make_order(session, store)
        returned = service.submit(session, store, order, make_wish(order), now=NOW)
        assert returned.decision is Decision.REVIEW


def test_declining_needs_a_reason(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session, return_address=None)
        order = make_order(session, store)
        returned = service.submit(session, store, order, make_wish(order), now=NOW)
        with pytest.raises(ReasonNeeded):
            service.decline(session, returned, actor=STAFF, now=NOW, reason=" ")
        assert returned.decision is Decision.REVIEW


def test_a_withdrawn_return_frees_its_units_and_cannot_be_approved(sqlite_database: Database) -> None:
    store_id, return_id = _approved(sqlite_database)
    with sqlite_database.write() as session:
        returned = repository.get(session, store_id, return_id)
        service.withdraw(session, returned, actor="shopper", now=NOW)
        assert (returned.decision, returned.parcel) == (Decision.WITHDRAWN, Parcel.CANCELLED)
    with sqlite_database.write() as session:
        store = merchants.store(session, store_id)
        returned = repository.get(session, store_id, return_id)
        assert returned.lines[0].order_line.requested == 0
        with pytest.raises(ForbiddenTransition):
            service.approve(session, store, returned, actor=STAFF, now=NOW)
        with pytest.raises(TooLate):
            service.withdraw(session, returned, actor="shopper", now=NOW)


def test_inspection_promises_the_refund_and_moves_stock_a_unit(sqlite_database: Database) -> None:
    store_id, return_id = _approved(sqlite_database, 2)
    with sqlite_database.write() as session:
        returned = repository.get(session, store_id, return_id)
        store = merchants.store(session, store_id)
        receiving.receive(session, store, returned, actor=STAFF, now=NOW)
        graded = _grade(returned, (Grade.NEW, Disposition.RESTOCK), (Grade.DAMAGED, Disposition.RECYCLE))
        receiving.inspect(session, store, returned, graded, actor=STAFF, now=NOW)
    with sqlite_database.read() as session:
        returned = repository.get(session, store_id, return_id)
        line = returned.lines[0].order_line
        assert (line.requested, line.received, line.accepted, line.refunded, line.restocked) == (2, 2, 2, 2, 1)
        assert returned.settlement is Settlement.PENDING
        assert returned.refunds[0].amount == Money(16575, "EUR")
        assert returned.order.refunded_minor == 16575
    assert _kinds(sqlite_database, store_id) == ["label.buy", "parcel_received", "stock.move", "refund.issue"]


def test_a_missing_unit_is_not_refunded_and_can_be_claimed_again(sqlite_database: Database) -> None:
    store_id, return_id = _approved(sqlite_database, 2)
    with sqlite_database.write() as session:
        returned = repository.get(session, store_id, return_id)
        store = merchants.store(session, store_id)
        receiving.receive(session, store, returned, actor=STAFF, now=NOW)
        graded = _grade(returned, (Grade.NEW, Disposition.RESTOCK), (Grade.MISSING, Disposition.NONE))
        receiving.inspect(session, store, returned, graded, actor=STAFF, now=NOW)
    with sqlite_database.read() as session:
        returned = repository.get(session, store_id, return_id)
        line = returned.lines[0].order_line
        assert (line.requested, line.received, line.refunded) == (1, 1, 1)
        assert returned.refunds[0].amount == Money(7991, "EUR")  # shipping stays: one unit is with the shopper
        assert line.returnable == 1


def test_an_inspection_with_a_unit_left_out_changes_nothing(sqlite_database: Database) -> None:
    store_id, return_id = _approved(sqlite_database, 2)
    with sqlite_database.write() as session:
        returned = repository.get(session, store_id, return_id)
        receiving.receive(session, merchants.store(session, store_id), returned, actor=STAFF, now=NOW)
    with pytest.raises(InspectionIncomplete), sqlite_database.write() as session:
        returned = repository.get(session, store_id, return_id)
        graded = _grade(returned, (Grade.NEW, Disposition.RESTOCK))
        receiving.inspect(session, merchants.store(session, store_id), returned, graded, actor=STAFF, now=NOW)
    with sqlite_database.read() as session:
        assert repository.get(session, store_id, return_id).parcel is Parcel.RECEIVED
        assert session.scalar(select(func.count()).select_from(Refund).where(Refund.store_id == store_id)) == 0


def test_a_refused_refund_is_taken_back_and_can_be_tried_again(sqlite_database: Database) -> None:
    store_id, return_id = _approved(sqlite_database)
    with sqlite_database.write() as session:
        returned = repository.get(session, store_id, return_id)
        store = merchants.store(session, store_id)
        receiving.receive(session, store, returned, actor=STAFF, now=NOW)
        receiving.inspect(
            session, store, returned, _grade(returned, (Grade.NEW, Disposition.RESTOCK)), actor=STAFF, now=NOW
        )
    with sqlite_database.write() as session:
        returned = repository.get(session, store_id, return_id)
        refunds.failed(session, returned, returned.refunds[0], why="The gateway said no.", now=NOW)
    with sqlite_database.write() as session:
        returned = repository.get(session, store_id, return_id)
        assert (returned.settlement, returned.order.refunded_minor) == (Settlement.FAILED, 0)
        assert returned.lines[0].order_line.refunded == 0
        _, policy = policies.in_force(session, store_id)
        again = refunds.retry(session, returned, policy, actor=STAFF, now=NOW)
        assert again.amount == Money(7991, "EUR")
        refunds.issued(session, returned, again, ref="R9", by_hand=False, now=NOW)
        assert returned.settlement is Settlement.REFUNDED
    with sqlite_database.read() as session:
        returned = repository.get(session, store_id, return_id)
        assert returned.order.refunded_minor == 7991
        assert [r.status.value for r in returned.refunds] == ["failed", "issued"]


def test_history_is_never_changed_or_deleted(sqlite_database: Database) -> None:
    store_id, _ = _approved(sqlite_database)
    for statement in ("UPDATE history_entries SET actor = 'x'", "DELETE FROM history_entries"):
        with pytest.raises(Exception, match="history is never"), sqlite_database.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(HistoryEntry).where(HistoryEntry.store_id == store_id))


def test_the_inbox_counts_what_its_pages_hold(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session)
        for number, (decision, parcel, settlement) in enumerate(
            (d, p, s) for d in Decision for p in Parcel for s in Settlement
        ):
            order = make_order(session, store, make_line(quantity=1), ref=str(number), number=str(number))
            returned = service.submit(session, store, order, make_wish(order), now=NOW)
            returned.decision, returned.parcel, returned.settlement = decision, parcel, settlement
        store_id = store.id
    with sqlite_database.read() as session:
        counts = repository.count_by_queue(session, store_id)
        for queue in repository.Queue:
            assert len(repository.page(session, store_id, queue, size=500).returns) == counts[queue], queue


def test_a_change_of_the_policy_does_not_touch_what_was_promised_before(sqlite_database: Database) -> None:
    store_id, return_id = _approved(sqlite_database, quantity=1)
    with sqlite_database.write() as session:
        policies.save(session, store_id, Policy(refund_trigger=RefundTrigger.RECEIPT), actor=STAFF, now=NOW)
    with sqlite_database.write() as session:
        store, returned = merchants.store(session, store_id), repository.get(session, store_id, return_id)
        receiving.receive(session, store, returned, actor=STAFF, now=NOW)
        assert returned.settlement is Settlement.NONE


def test_a_saved_policy_is_the_one_in_force(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = make_store(session)
        assert policies.in_force(session, store.id) == (0, Policy())
        policies.save(session, store.id, Policy(window_days=14), actor=STAFF, now=NOW)
        policies.save(session, store.id, Policy(window_days=45), actor=STAFF, now=NOW)
        assert policies.in_force(session, store.id) == (2, Policy(window_days=45))
