"""Which payment gets how much back: in a stated order, each up to what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.kit.errors import DomainError, Kind
from app.core.kit.money import Money, total


class ExceedsPaid(DomainError):
    """More than is left on all payments."""

    code = "refund_over_paid"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class PaymentLeft:
    """A payment and what is left of it (captured less earlier refunds).

    ``exchange``: 0 for a payment of the order itself, n for the one that paid the difference of its n-th exchange.
    """

    ref: str
    gateway: str
    instrument: str
    left: Money
    refundable_by_gateway: bool = True
    exchange: int = 0


Part = tuple[PaymentLeft, Money]

USUAL_ORDER: tuple[tuple[str, ...], ...] = (
    ("card", "paypal"),
    ("bank", "other"),
    ("cod",),
    ("gift_card",),
    ("store_credit",),
)
"""Instruments by rank, those of one rank as the order lists them: what a gateway sends back by itself, then what a
person pays out by hand, then what never was money from outside. Payments made for exchanges come before all, the
newest first, because after a dearer exchange the first payment alone may be too small.
"""


def in_order(payments: Sequence[PaymentLeft], ranks: Sequence[Sequence[str]] = USUAL_ORDER) -> tuple[PaymentLeft, ...]:
    """``payments`` as they are filled. An instrument that ``ranks`` does not name stands where ``other`` does."""
    rank = {instrument: place for place, instruments in enumerate(ranks) for instrument in instruments}
    others = rank.get("other", len(ranks))

    def place(payment: PaymentLeft) -> tuple[int, int]:
        return -payment.exchange, 0 if payment.exchange else rank.get(payment.instrument, others)

    return tuple(sorted(payments, key=place))


def left_on(payments: Sequence[PaymentLeft], currency: str) -> Money:
    """What is left on all of them."""
    return total([max(payment.left, Money.zero(currency)) for payment in payments], currency)


def spread(
    amount: Money, payments: Sequence[PaymentLeft], ranks: Sequence[Sequence[str]] = USUAL_ORDER
) -> tuple[Part, ...]:
    """Fill the payments in order; only parts above zero. Raises ExceedsPaid."""
    remaining = amount.minor
    parts: list[Part] = []
    for payment in in_order(payments, ranks):
        taken = min(remaining, max(0, payment.left.minor))
        if taken > 0:
            parts.append((payment, Money(taken, amount.currency)))
            remaining -= taken
    if remaining > 0:
        raise ExceedsPaid(over=str(Money(remaining, amount.currency)), currency=amount.currency)
    return tuple(parts)
