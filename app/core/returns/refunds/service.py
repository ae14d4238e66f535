"""From an order as charged to a promised refund, and from the store's answer to a settled return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.kit.ids import new_id
from app.core.kit.money import Money
from app.core.kit.states import advance
from app.core.messaging import history, outbox
from app.core.orders import repository as orders
from app.core.orders.models import Order, OrderLine
from app.core.orders.ports import Tax
from app.core.returns import repository
from app.core.returns.models import Refund, Return
from app.core.returns.policy.rules import Policy, ShippingRefund
from app.core.returns.ports import RefundLine, RefundOrder, RefundPart, RefundShipping, RefundTax
from app.core.returns.reasons.rules import BY_CODE, Fault
from app.core.returns.refunds.rules import ChargedLine, ChargedShipping, Ledger, Quote, ShippingShare, Step, quote
from app.core.returns.refunds.states import RefundStatus
from app.core.returns.refunds.tenders.rules import PaymentLeft
from app.core.returns.rules import SETTLEMENT, Settlement, SettlementEvent

REFUND_ISSUE = "refund.issue"
_ALIVE = {RefundStatus.PENDING, RefundStatus.ISSUED}


def charged_line(line: OrderLine) -> ChargedLine:
    """A line for the quote: refunded units are ours and other people's together."""
    return ChargedLine(
        ref=line.ref,
        quantity=line.quantity,
        refunded=min(line.quantity, line.refunded + line.refunded_elsewhere),
        net=line.net,
        taxes=line.charged_taxes,
        duty=Money(line.duty_minor, line.currency),
    )


def payments_left(order: Order, promised: Sequence[Refund]) -> list[PaymentLeft]:
    """Each payment and what is left of it. What others refunded is taken off in the usual order of payments."""
    left = {payment.ref: payment.amount_minor for payment in order.payments}
    for refund in promised:
        if refund.status in _ALIVE:
            for part in refund.components["parts"]:
                left[part["ref"]] = left.get(part["ref"], 0) - part["minor"]
    elsewhere = order.refunded_elsewhere_minor
    result = []
    for payment in order.payments:
        taken = min(elsewhere, max(0, left[payment.ref]))
        elsewhere -= taken
        result.append(
            PaymentLeft(
                ref=payment.ref,
                gateway=payment.gateway,
                instrument=payment.instrument,
                left=Money(max(0, left[payment.ref] - taken), order.currency),
                refundable_by_gateway=payment.refundable_by_gateway,
            )
        )
    return result


def ledger(order: Order, promised: Sequence[Refund]) -> Ledger:
    """What the order was charged and what of it has gone back, by us and by others."""
    foreign = order.shop_currency != order.currency
    return Ledger(
        currency=order.currency,
        lines={line.ref: charged_line(line) for line in order.lines},
        payments=tuple(payments_left(order, promised)),
        shipping=tuple(
            ChargedShipping(row.ref, Money(row.net_minor, row.currency), row.charged_taxes)
            for row in order.shipping
            if row.net_minor or row.charged_taxes
        ),
        shipping_refunded=any(refund.status in _ALIVE and refund.components["shipping"] for refund in promised)
        or any(refund.our_key is None and refund.shipping_minor for refund in order.refunds),
        prices_include_tax=order.prices_include_tax,
        refunded=order.refunded_minor + order.refunded_elsewhere_minor,
        shop_currency=order.shop_currency if foreign else None,
        exchange_rate=order.exchange_rate,
    )


def shipping_due(order: Order, units: Mapping[UUID, int], reasons: Sequence[str], policy: Policy) -> ShippingShare:
    """Whether the outward shipping goes back with ``units``: once, and by the policy.

    ``whole_order``: when nothing of the order stays with the shopper; ``merchant_fault``: when moreover every reason
    is the merchant's doing.
    """
    if policy.refund_shipping is ShippingRefund.NEVER:
        return ShippingShare.NONE
    goods = [line for line in order.lines if line.requires_shipping and not line.gift_card]
    if any(line.quantity > line.refunded + line.refunded_elsewhere + units.get(line.id, 0) for line in goods):
        return ShippingShare.NONE
    faults = {BY_CODE[code].fault for code in reasons if code in BY_CODE}
    if policy.refund_shipping is ShippingRefund.MERCHANT_FAULT and faults != {Fault.MERCHANT}:
        return ShippingShare.NONE
    return ShippingShare.REMAINING


def quote_units(
    session: Session, order: Order, units: Mapping[UUID, int], reasons: Sequence[str], policy: Policy
) -> Quote:
    """What comes back for ``units`` (order line id -> how many): the preview and the settlement both ask here.

    Raises QuantityExceedsRefundable, ExceedsPaid.
    """
    promised = repository.refunds_of_order(session, order.store_id, order.id)
    lines = {line.id: line for line in order.lines}
    step = Step(
        units=tuple((lines[line_id].ref, count) for line_id, count in units.items()),
        shipping=shipping_due(order, units, reasons, policy),
    )
    return quote(ledger(order, promised), step)


def settle(
    session: Session, returned: Return, units: Mapping[UUID, int], policy: Policy, *, actor: str, now: datetime
) -> Refund:
    """Promise the refund for ``units`` (order line id -> how many) and intend it at the store, in this unit of work.

    Raises RefundOverPaid, ExceedsPaid, QuantityExceedsRefundable, ForbiddenTransition (settled already).
    """
    order = returned.order
    reasons = [line.reason for line in returned.lines]
    quoted = quote_units(session, order, units, reasons, policy)
    change = advance(SETTLEMENT, returned.settlement, SettlementEvent.START)
    orders.reserve_refund(session, order.store_id, order.id, quoted.total.minor)
    for line_id, count in units.items():
        orders.count_units(session, order.store_id, line_id, refunded=count)
    outbox_id = outbox.put(
        session,
        order.store_id,
        REFUND_ISSUE,
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
        amount={"minor": refund.amount_minor, "currency": refund.currency},
    )
    return refund


def issued(session: Session, returned: Return, refund: Refund, *, ref: str, by_hand: bool, now: datetime) -> None:
    """The store has booked it."""
    change = advance(SETTLEMENT, returned.settlement, SettlementEvent.REFUND)
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
        amount={"minor": refund.amount_minor, "currency": refund.currency},
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


def retry(session: Session, returned: Return, policy: Policy, *, actor: str, now: datetime) -> Refund:
    """Staff try a failed refund again: the same units, promised anew (a new key: the old one was refused for good)."""
    last = returned.refunds[-1]
    units = {UUID(line["line_id"]): int(line["quantity"]) for line in last.components["lines"]}
    return settle(session, returned, units, policy, actor=actor, now=now)


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
        "fee": quoted.fee.minor,
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
