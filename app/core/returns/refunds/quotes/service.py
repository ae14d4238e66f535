"""What would come back, asked of the rules: the shopper's preview and the settlement both ask here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.kit.money import Money
from app.core.orders.models import Order, OrderLine
from app.core.returns import repository
from app.core.returns.charges.rules import (
    CLAW_BACK,
    RETURN_FEE,
    Bought,
    Charge,
    FreeItems,
    WholeSetNeeded,
    claw_back,
    fees_due,
    free_kept,
)
from app.core.returns.models import Refund
from app.core.returns.policy.rules import Policy, ShippingRefund, WishedOutcome
from app.core.returns.reasons.rules import BY_CODE, Fault
from app.core.returns.refunds.rules import (
    Bonus,
    ChargedLine,
    ChargedShipping,
    Ledger,
    Quote,
    ShippingShare,
    Step,
    quote,
)
from app.core.returns.refunds.states import ALIVE, RefundMethod
from app.core.returns.refunds.tenders.rules import PaymentLeft


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
        if refund.status in ALIVE:
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
        shipping_refunded=any(refund.status in ALIVE and refund.components["shipping"] for refund in promised)
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
    session: Session,
    order: Order,
    units: Mapping[UUID, int],
    reasons: Sequence[str],
    policy: Policy,
    wished: WishedOutcome = WishedOutcome.REFUND,
    *,
    claimed: bool = False,
    instead: Money | None = None,
) -> Quote:
    """What comes back for ``units`` (order line id -> how many): the preview and the settlement both ask here.

    ``claimed``: whether a return already holds ``units``. ``instead``: what a person gives in place of what the rules
    give. Raises WholeSetNeeded (only while nothing is claimed), QuantityExceedsRefundable, AmountInvalid, ExceedsPaid.
    """
    promised = repository.refunds_of_order(session, order.store_id, order.id)
    lines = {line.id: line for line in order.lines}
    keeps = wished is WishedOutcome.KEEP
    credit = wished is WishedOutcome.STORE_CREDIT
    step = Step(
        units=tuple((lines[line_id].ref, count) for line_id, count in units.items()),
        shipping=ShippingShare.NONE if keeps else shipping_due(order, units, reasons, policy),
        method=RefundMethod.STORE_CREDIT if credit else RefundMethod.ORIGINAL,
        charges=() if keeps else _charges(order, units, reasons, policy, wished, promised, claimed=claimed),
        bonus=Bonus(percent=Decimal(policy.credit_bonus_percent)) if credit else None,
        keep_percent=Decimal(policy.keep_percent) if keeps else None,
        instead=instead,
    )
    return quote(ledger(order, promised), step)


def _charges(
    order: Order,
    units: Mapping[UUID, int],
    reasons: Sequence[str],
    policy: Policy,
    wished: WishedOutcome,
    promised: Sequence[Refund],
    *,
    claimed: bool,
) -> tuple[Charge, ...]:
    """The return fee in the order's currency at the order's rate, and the price of free items that stay unearned."""
    taken: dict[str, int] = {}
    for refund in promised:
        for charge in refund.components.get("charges", ()) if refund.status in ALIVE else ():
            taken[charge["code"]] = taken.get(charge["code"], 0) + charge["minor"]
    fees = fees_due(policy.fees, reasons, wished.value, taken_per_order=RETURN_FEE in taken)
    fee = Money(sum(fee.amount_minor for fee in fees), order.shop_currency).convert(order.exchange_rate, order.currency)
    charges = [(RETURN_FEE, fee)]
    if policy.free_items is not FreeItems.KEEP:
        bought = [_bought(line, units.get(line.id, 0), claimed=claimed) for line in order.lines if _is_goods(line)]
        if policy.free_items is FreeItems.WHOLE_SET and not claimed and (stays := free_kept(bought)):
            titles = [line.title for line in order.lines if line.ref in stays]
            raise WholeSetNeeded(field="line", items=", ".join(titles))
        due = claw_back(bought, order.currency).minor - taken.get(CLAW_BACK, 0)
        charges.append((CLAW_BACK, Money(max(0, due), order.currency)))
    return tuple(charge for charge in charges if charge[1])


def _is_goods(line: OrderLine) -> bool:
    return line.requires_shipping and not line.gift_card


def _bought(line: OrderLine, units: int, *, claimed: bool) -> Bought:
    ours = max(line.refunded + units, line.requested + (0 if claimed else units))
    return Bought(
        ref=line.ref,
        quantity=line.quantity,
        gone=min(line.quantity, line.refunded_elsewhere + ours),
        unit_price=Money(line.unit_price_minor, line.currency),
        free=line.charged.minor == 0 and line.unit_price_minor > 0,
    )
