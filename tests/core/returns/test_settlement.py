"""How value goes back: fees, free items, store credit, keeping the goods, another amount by staff."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.core.kit.db import Database
from app.core.kit.money import Money
from app.core.kit.states import ForbiddenTransition
from app.core.messaging import history
from app.core.messaging.models import OutboxMessage
from app.core.orders.models import Order
from app.core.orders.ports import PaymentSnapshot
from app.core.returns import repository, service
from app.core.returns.charges.rules import Fee, FeePer, FreeItems, WholeSetNeeded
from app.core.returns.errors import DecisionNeeded, OutcomeNotOffered, ReasonNeeded, TooLate
from app.core.returns.models import Refund, Return
from app.core.returns.policy import service as policies
from app.core.returns.policy.rules import Policy, RefundTrigger, WishedOutcome
from app.core.returns.receiving import service as receiving
from app.core.returns.receiving.rules import Disposition, Grade
from app.core.returns.refunds import service as refunds
from app.core.returns.refunds.states import RefundMethod
from app.core.returns.refunds.tenders.rules import ExceedsPaid
from app.core.returns.rules import Decision, Parcel, Settlement
from app.core.returns.service import Wish, WishedLine
from tests.builders import NOW, make_line, make_order, make_store, make_wish
from tests.databases import database, database_url, postgres

__all__ = ["database", "database_url", "postgres"]

STAFF = "staff:0190"
ONE = 7991  # a sweater with tax: 67.15 + 12.76, half of what two were charged, rounded up
FREE = make_line("F", quantity=1, net=0, tax=0, unit_price=Money(2500, "EUR"), discount=Money(2500, "EUR"))


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def opened(session: Session, policy: Policy, *lines: Any, **changes: Any) -> tuple[Any, Order]:
    """A store with this policy, and an order."""
    store = make_store(session)
    policies.save(session, store.id, policy, actor=STAFF, now=NOW)
    return store, make_order(session, store, *lines, **changes)


def requested(session: Session, store: Any, order: Order, quantity: int = 1, **changes: Any) -> Return:
    return service.submit(session, store, order, make_wish(order, quantity, **changes), now=NOW)


def arrived(session: Session, store: Any, returned: Return, grade: Grade = Grade.NEW) -> Return:
    """Received and graded all alike."""
    receiving.receive(session, store, returned, actor=STAFF, now=NOW)
    graded = [
        receiving.GradedUnit(line.id, unit, grade, Disposition.NONE if grade is Grade.MISSING else Disposition.RESTOCK)
        for line in returned.lines
        for unit in range(line.quantity)
    ]
    receiving.inspect(session, store, returned, graded, actor=STAFF, now=NOW)
    session.flush()
    session.expire_all()
    return repository.get(session, store.id, returned.id)


def kinds(session: Session, store_id: UUID) -> list[str]:
    return [row.kind for row in session.query(OutboxMessage).filter_by(store_id=store_id).order_by(OutboxMessage.id)]


# --- fees -------------------------------------------------------------------------------------------------------------


def test_a_fee_is_shown_before_and_taken_as_shown(database: Database) -> None:
    with database.write() as session:
        store, order = opened(session, Policy(fees=(Fee(490),)))
        seen = service.preview(session, order, make_wish(order), now=NOW)
        returned = arrived(session, store, requested(session, store, order))
        assert seen.quote.charges == (("return_fee", eur(490)),)
        assert seen.quote.total == returned.quoted == returned.refunds[0].amount == eur(ONE - 490)
        assert returned.refunds[0].components["charges"] == [{"code": "return_fee", "minor": 490}]


def test_a_fee_of_the_shop_is_taken_in_the_shopper_s_money_at_the_order_s_rate(database: Database) -> None:
    with database.write() as session:
        line = make_line(quantity=1, net=10000, tax=0, currency="JPY")
        rate = {"shop_currency": "EUR", "exchange_rate": Decimal("163.5")}
        _, order = opened(session, Policy(fees=(Fee(490),)), line, currency="JPY", **rate)
        seen = service.preview(session, order, make_wish(order), now=NOW)
        assert seen.quote.charges == (("return_fee", Money(801, "JPY")),)  # 4.90 x 163.5 = 801.15
        assert seen.quote.shop_total is not None
        assert seen.quote.shop_total.currency == "EUR"


def test_a_fee_once_an_order_is_taken_once(database: Database) -> None:
    with database.write() as session:
        store, order = opened(session, Policy(fees=(Fee(490, FeePer.ORDER),)))
        taken = []
        for _ in range(2):
            returned = arrived(session, store, requested(session, store, order))
            order = returned.order
            taken.append(returned.refunds[0].components["fee"])
        assert taken == [490, 0]


def test_what_is_faulty_costs_the_shopper_nothing(database: Database) -> None:
    with database.write() as session:
        _, order = opened(session, Policy(fees=(Fee(490),)))
        wish = make_wish(order, reason="damaged_in_transit")
        wish = Wish((WishedLine(wish.lines[0].order_line_id, 1, "arrived_too_late"),), "de", wish.submit_key)
        assert service.preview(session, order, wish, now=NOW).quote.charges == ()


# --- free items -------------------------------------------------------------------------------------------------------


def test_free_items_are_kept_clawed_back_or_wanted_back_as_the_policy_says(database: Database) -> None:
    paid = make_line("A", quantity=1, net=10000, tax=1900)
    with database.write() as session:
        _, order = opened(session, Policy(free_items=FreeItems.KEEP), paid, FREE)
        assert service.preview(session, order, make_wish(order), now=NOW).quote.charges == ()
    with database.write() as session:
        store, order = opened(session, Policy(free_items=FreeItems.CLAW_BACK), paid, FREE)
        seen = service.preview(session, order, make_wish(order), now=NOW)
        assert seen.quote.charges == (("claw_back", eur(2500)),)
        returned = arrived(session, store, requested(session, store, order))
        assert returned.refunds[0].amount == seen.quote.total == eur(11900 - 2500)
    with database.write() as session:
        store, order = opened(session, Policy(free_items=FreeItems.WHOLE_SET), paid, FREE)
        with pytest.raises(WholeSetNeeded):
            requested(session, store, order)
        both = tuple(WishedLine(line.id, 1, "too_small") for line in order.lines)
        returned = requested(session, store, order, lines=both)
        assert returned.quoted == eur(11900 + 595)
        assert arrived(session, store, returned).refunds[0].amount == eur(11900 + 595)


def test_a_set_that_did_not_arrive_whole_is_paid_less_its_free_item(database: Database) -> None:
    paid = make_line("A", quantity=1, net=10000, tax=1900)
    with database.write() as session:
        store, order = opened(session, Policy(free_items=FreeItems.WHOLE_SET), paid, FREE)
        both = tuple(WishedLine(line.id, 1, "too_small") for line in order.lines)
        returned = requested(session, store, order, lines=both)
        receiving.receive(session, store, returned, actor=STAFF, now=NOW)
        grades = {"A": (Grade.NEW, Disposition.RESTOCK), "F": (Grade.MISSING, Disposition.NONE)}
        graded = [receiving.GradedUnit(line.id, 0, *grades[line.order_line.ref]) for line in returned.lines]
        receiving.inspect(session, store, returned, graded, actor=STAFF, now=NOW)
        session.expire_all()
        returned = repository.get(session, store.id, returned.id)
        assert returned.refunds[0].amount == eur(11900 - 2500)


# --- store credit -----------------------------------------------------------------------------------------------------


def test_credit_carries_its_bonus_and_touches_no_payment(database: Database) -> None:
    policy = Policy(store_credit=True, credit_bonus_percent=10)
    with database.write() as session:
        store, order = opened(session, policy)
        wish = make_wish(order, outcome=WishedOutcome.STORE_CREDIT)
        seen = service.preview(session, order, wish, now=NOW)
        assert (seen.quote.total, seen.quote.bonus, seen.quote.credit) == (eur(ONE), eur(799), eur(ONE + 799))
        returned = arrived(session, store, service.submit(session, store, order, wish, now=NOW))
        [refund] = returned.refunds
        assert (refund.method, refund.amount_minor, refund.bonus_minor) == (RefundMethod.STORE_CREDIT, ONE, 799)
        assert refund.components["parts"] == []
        assert "credit.issue" in kinds(session, store.id)
        assert "refund.issue" not in kinds(session, store.id)
        assert refunds.to_credit(refund, returned.order, returned.rma).amount == eur(ONE + 799)
        refunds.issued(session, returned, refund, ref="C1", by_hand=False, credit_code="X", now=NOW)
        assert returned.settlement is Settlement.CREDITED
        assert returned.order.refunded_minor == ONE  # what was paid can go back once, however it does


def test_what_is_not_offered_cannot_be_wished_for(database: Database) -> None:
    with database.write() as session:
        store, order = opened(session, Policy())
        for outcome in (WishedOutcome.STORE_CREDIT, WishedOutcome.KEEP):
            with pytest.raises(OutcomeNotOffered):
                requested(session, store, order, outcome=outcome)


# --- keeping the goods ------------------------------------------------------------------------------------------------


def test_who_keeps_the_item_gets_a_share_at_once_and_no_label(database: Database) -> None:
    with database.write() as session:
        store, order = opened(session, Policy(keep_percent=30, fees=(Fee(490),)))
        store.return_address = None
        returned = requested(session, store, order, outcome=WishedOutcome.KEEP)
        session.flush()
        session.expire_all()
        returned = repository.get(session, store.id, returned.id)
        [refund] = returned.refunds
        assert refund.amount == returned.quoted == eur(2015 + 383)  # 30 % of 67.15 and of 12.76
        assert (returned.decision, returned.parcel, returned.settlement) == (
            Decision.APPROVED,
            Parcel.NONE,
            Settlement.PENDING,
        )
        assert kinds(session, store.id) == ["refund.issue"]
        assert returned.order.lines[0].refunded == 1
        with pytest.raises(TooLate):  # the money is on its way
            service.withdraw(session, returned, actor="shopper", now=NOW)


# --- another amount ---------------------------------------------------------------------------------------------------


def waiting(session: Session, **changes: Any) -> tuple[Any, Return]:
    store, order = opened(session, Policy(), **changes)
    return store, requested(session, store, order)


@pytest.mark.parametrize("minor", [0, 1, 5000, ONE, 16575])
def test_staff_may_give_less_or_more_within_what_was_paid_and_say_why(database: Database, minor: int) -> None:
    with database.write() as session:
        _, returned = waiting(session)
        refund = refunds.settle_amount(
            session, returned, eur(minor), Policy(), actor=STAFF, reason=" a stain ", now=NOW
        )
        session.flush()
        assert refund.amount == eur(minor)
        assert sum(part["minor"] for part in refund.components["parts"]) == minor
        assert refund.components["goodwill"] == max(0, minor - ONE)
        said = history.of(session, returned.store_id, returned.id)[-1]
        assert (said.event, said.actor, said.reason, said.data["amount"]["minor"]) == ("start", STAFF, "a stain", minor)
        with pytest.raises(ForbiddenTransition):
            refunds.settle_amount(session, returned, eur(1), Policy(), actor=STAFF, reason="again", now=NOW)


def test_more_than_was_paid_without_a_reason_or_before_the_decision_is_refused(database: Database) -> None:
    with database.write() as session:
        _, returned = waiting(session)
        with pytest.raises(ExceedsPaid):
            refunds.settle_amount(session, returned, eur(16576), Policy(), actor=STAFF, reason="kind", now=NOW)
        with pytest.raises(ReasonNeeded):
            refunds.settle_amount(session, returned, eur(1), Policy(), actor=STAFF, reason="  ", now=NOW)
        returned.decision = Decision.REVIEW
        with pytest.raises(DecisionNeeded):
            refunds.settle_amount(session, returned, eur(1), Policy(), actor=STAFF, reason="kind", now=NOW)
        assert session.query(Refund).filter_by(store_id=returned.store_id).count() == 0


def test_after_inspection_only_accepted_units_count_as_refunded(database: Database) -> None:
    with database.write() as session:
        store, order = opened(session, Policy())
        returned = arrived(session, store, requested(session, store, order, 2), Grade.MISSING)
        assert returned.settlement is Settlement.NONE
        refunds.settle_amount(session, returned, eur(500), Policy(), actor=STAFF, reason="kind", now=NOW)
        session.flush()
        session.expire_all()
        line = repository.get(session, store.id, returned.id).order.lines[0]
        assert (line.requested, line.refunded) == (0, 0)


def test_split_payments_go_back_each_up_to_its_amount(database: Database) -> None:
    payments = (
        PaymentSnapshot("G", "gift", "gift_card", eur(6575)),
        PaymentSnapshot("C", "stripe", "card", eur(10000)),
    )
    with database.write() as session:
        store, order = opened(session, Policy(refund_trigger=RefundTrigger.APPROVAL), payments=payments)
        returned = requested(session, store, order, 2)
        [refund] = session.query(Refund).filter_by(store_id=store.id, return_id=returned.id)
        assert [(part["ref"], part["minor"]) for part in refund.components["parts"]] == [("C", 10000), ("G", 6575)]
