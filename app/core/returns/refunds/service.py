"""From an order as charged to a promised refund, and from the store's answer to a settled return."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.kit.ids import new_id
from app.core.kit.money import Money
from app.core.kit.states import advance
from app.core.messaging import history, outbox
from app.core.orders import repository as orders
from app.core.orders.models import Order
from app.core.orders.ports import Tax
from app.core.returns.errors import DecisionNeeded, ReasonNeeded
from app.core.returns.models import Refund, Return, ReturnLine
from app.core.returns.policy.rules import Policy, WishedOutcome
from app.core.returns.ports import CreditOrder, RefundLine, RefundOrder, RefundPart, RefundShipping, RefundTax
from app.core.returns.receiving.rules import is_accepted
from app.core.returns.refunds.quotes.service import quote_units
from app.core.returns.refunds.rules import Quote
from app.core.returns.refunds.states import RefundMethod, RefundStatus
from app.core.returns.rules import SETTLEMENT, Decision, Parcel, Settlement, SettlementEvent

REFUND_ISSUE = "refund.issue"
CREDIT_ISSUE = "credit.issue"


def settle(
    session: Session,
    returned: Return,
    units: Mapping[UUID, int],
    policy: Policy,
    *,
    actor: str,
    now: datetime,
    instead: Money | None = None,
    reason: str | None = None,
) -> Refund:
    """Promise the refund for ``units`` (order line id -> how many) and intend it at the store, in this unit of work.

    Raises RefundOverPaid, ExceedsPaid, AmountInvalid, QuantityExceedsRefundable, ForbiddenTransition (settled already).
    """
    change = advance(SETTLEMENT, returned.settlement, SettlementEvent.START)
    order = returned.order
    reasons = [line.reason for line in returned.lines]
    wished = settled_as(returned)
    quoted = quote_units(session, order, units, reasons, policy, wished, claimed=True, instead=instead)
    orders.reserve_refund(session, order.store_id, order.id, quoted.total.minor)
    for line_id, count in units.items():
        orders.count_units(session, order.store_id, line_id, refunded=count)
    credit = wished is WishedOutcome.STORE_CREDIT
    outbox_id = outbox.put(
        session,
        order.store_id,
        CREDIT_ISSUE if credit else REFUND_ISSUE,
        {"return_id": str(returned.id)},
        lane=returned.lane,
        now=now,
    )
    refund = Refund(
        store_id=order.store_id,
        id=new_id(),
        return_id=returned.id,
        order_id=order.id,
        outbox_id=outbox_id,
        currency=order.currency,
        amount_minor=quoted.total.minor,
        method=RefundMethod.STORE_CREDIT if credit else RefundMethod.ORIGINAL,
        bonus_minor=quoted.bonus.minor,
        components=_to_components(quoted, units),
        status=RefundStatus.PENDING,
        by_hand=False,
        created_at=now,
    )
    session.add(refund)
    returned.settlement = Settlement(change.to_state)
    history.record(
        session,
        order.store_id,
        "return",
        returned.id,
        change,
        actor=actor,
        at=now,
        reason=reason,
        amount={"minor": refund.amount_minor, "currency": refund.currency},
    )
    return refund


def settled_as(returned: Return) -> WishedOutcome:
    """How value goes back: as wished; where an exchange was wished and a person refunds instead, as money."""
    wished = WishedOutcome(returned.outcome_wished)
    return WishedOutcome.REFUND if wished is WishedOutcome.EXCHANGE else wished


def issued(
    session: Session,
    returned: Return,
    refund: Refund,
    *,
    ref: str,
    by_hand: bool,
    now: datetime,
    credit_code: str | None = None,
) -> None:
    """The store has booked it."""
    credit = refund.method is RefundMethod.STORE_CREDIT
    event = SettlementEvent.CREDIT if credit else SettlementEvent.REFUND
    change = advance(SETTLEMENT, returned.settlement, event)
    refund.credit_code = credit_code
    refund.status, refund.ref, refund.by_hand, refund.issued_at = RefundStatus.ISSUED, ref, by_hand, now
    refund.failure = None
    returned.settlement, returned.settled_at = Settlement(change.to_state), now
    history.record(
        session,
        refund.store_id,
        "return",
        returned.id,
        change,
        actor="store",
        at=now,
        amount={"minor": refund.amount_minor + refund.bonus_minor, "currency": refund.currency},
        refund_ref=ref,
        by_hand=by_hand,
    )


def failed(session: Session, returned: Return, refund: Refund, *, why: str, now: datetime) -> None:
    """The store refused it for good: the promise is taken back and a person is told."""
    change = advance(SETTLEMENT, returned.settlement, SettlementEvent.FAIL)
    refund.status, refund.failure = RefundStatus.FAILED, why
    orders.release_refund(session, refund.store_id, refund.order_id, refund.amount_minor)
    for line in refund.components["lines"]:
        orders.count_units(session, refund.store_id, UUID(line["line_id"]), refunded=-line["quantity"])
    returned.settlement = Settlement(change.to_state)
    history.record(session, refund.store_id, "return", returned.id, change, actor="store", at=now, reason=why)


def retry(
    session: Session,
    returned: Return,
    policy: Policy,
    *,
    actor: str,
    now: datetime,
    instead: Money | None = None,
    reason: str | None = None,
) -> Refund:
    """Staff try a failed refund again: the same units, promised anew (a new key: the old one was refused for good)."""
    last = returned.refunds[-1]
    units = {UUID(line["line_id"]): int(line["quantity"]) for line in last.components["lines"]}
    return settle(session, returned, units, policy, actor=actor, now=now, instead=instead, reason=reason)


def settle_amount(
    session: Session, returned: Return, amount: Money, policy: Policy, *, actor: str, reason: str, now: datetime
) -> Refund:
    """Staff give ``amount`` for what is in the return, in place of what the rules give, and say why.

    All units that are still claimed count as refunded. Raises ReasonNeeded, DecisionNeeded (nobody has granted it),
    AmountInvalid, ExceedsPaid, RefundOverPaid, ForbiddenTransition (settled already).
    """
    if not reason.strip():
        raise ReasonNeeded(field="amount_reason")
    if returned.decision is not Decision.APPROVED:
        raise DecisionNeeded
    if returned.settlement is Settlement.FAILED:
        return retry(session, returned, policy, actor=actor, now=now, instead=amount, reason=reason.strip())
    units = {line.order_line_id: count for line in returned.lines if (count := _granted_units(returned, line))}
    return settle(session, returned, units, policy, actor=actor, now=now, instead=amount, reason=reason.strip())


def _granted_units(returned: Return, line: ReturnLine) -> int:
    """The units of a line that are paid for: all of them until the parcel was inspected, then those accepted."""
    if returned.parcel is not Parcel.INSPECTED:
        return line.quantity
    return sum(1 for unit in line.units if is_accepted(unit.grade))


def to_credit(refund: Refund, order: Order, rma: str) -> CreditOrder:
    """The order to the store for promised credit, bonus included."""
    goods = to_store(refund, order, rma)
    return CreditOrder(
        key=str(refund.outbox_id),
        order_ref=order.ref,
        rma=rma,
        amount=Money(refund.amount_minor + refund.bonus_minor, refund.currency),
        email=order.email,
        bonus=Money(refund.bonus_minor, refund.currency) if refund.bonus_minor else None,
        lines=goods.lines,
        shipping=goods.shipping,
        fee=goods.fee,
    )


def to_store(refund: Refund, order: Order, rma: str) -> RefundOrder:
    """The order to the store for a promised refund."""
    components = refund.components
    currency = refund.currency
    return RefundOrder(
        key=str(refund.outbox_id),
        order_ref=order.ref,
        rma=rma,
        amount=refund.amount,
        lines=tuple(
            RefundLine(
                line_ref=line["ref"],
                quantity=line["quantity"],
                net=Money(line["net"], currency),
                taxes=_taxes_from(line["taxes"], currency),
                duty=Money(line["duty"], currency) if line["duty"] else None,
            )
            for line in components["lines"]
        ),
        shipping=tuple(
            RefundShipping(ref=row["ref"], net=Money(row["net"], currency), taxes=_taxes_from(row["taxes"], currency))
            for row in components["shipping"]
        ),
        parts=tuple(
            RefundPart(part["ref"], part["gateway"], Money(part["minor"], currency), part["refundable_by_gateway"])
            for part in components["parts"]
        ),
        fee=Money(components["fee"], currency) if components["fee"] else None,
    )


def _taxes_to(taxes: tuple[Tax, ...]) -> list[dict[str, Any]]:
    return [{"title": t.title, "ref": t.ref, "minor": t.amount.minor} for t in taxes]


def _taxes_from(taxes: list[dict[str, Any]], currency: str) -> tuple[RefundTax, ...]:
    return tuple(RefundTax(t["title"], Money(t["minor"], currency), t["ref"]) for t in taxes)


def _to_components(quoted: Quote, units: Mapping[UUID, int]) -> dict[str, Any]:
    return {
        "lines": [
            {
                "line_id": str(line_id),
                "ref": line.ref,
                "quantity": line.quantity,
                "net": line.net.minor,
                "taxes": _taxes_to(line.taxes),
                "duty": line.duty.minor,
            }
            for line_id, line in zip(units, quoted.lines, strict=True)
        ],
        "shipping": [{"ref": row.ref, "net": row.net.minor, "taxes": _taxes_to(row.taxes)} for row in quoted.shipping],
        "charges": [{"code": code, "minor": amount.minor} for code, amount in quoted.charges],
        "restocking": quoted.restocking_fee.minor,
        "goodwill": quoted.goodwill.minor,
        "fee": (quoted.fee + quoted.restocking_fee).minor,
        "parts": [
            {
                "ref": payment.ref,
                "gateway": payment.gateway,
                "instrument": payment.instrument,
                "minor": amount.minor,
                "refundable_by_gateway": payment.refundable_by_gateway,
            }
            for payment, amount in quoted.parts
        ],
    }
