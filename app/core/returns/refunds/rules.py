"""What comes back for which units: from what was charged, to the last minor unit.

A line of n units with m already refunded gives for k more, for each component amount A apart (net, every tax, duty),
R(A(m+k)/n) - R(Am/n): any split into steps adds up to exactly what was charged. Nothing is recomputed from a rate, a
catalogue price or today's exchange rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.kit.errors import DomainError, Kind
from app.core.kit.money import Money, total
from app.core.orders.ports import Tax


class QuantityExceedsRefundable(DomainError):
    """More units than were charged and not yet refunded."""

    code = "quantity_over_left"
    kind = Kind.CONFLICT


class ExceedsPaid(DomainError):
    """More than is left on all payments."""

    code = "refund_over_paid"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """One line as charged, and how many of its units have been refunded already (by anybody)."""

    ref: str
    quantity: int
    refunded: int
    net: Money
    taxes: tuple[Tax, ...] = ()
    duty: Money | None = None


@dataclass(frozen=True, slots=True)
class ChargedShipping:
    """Shipping as charged."""

    ref: str
    net: Money
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentLeft:
    """A payment and what is left of it (captured less earlier refunds)."""

    ref: str
    gateway: str
    instrument: str
    left: Money
    refundable_by_gateway: bool = True


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """What comes back for some units of one line."""

    ref: str
    quantity: int
    net: Money
    taxes: tuple[Tax, ...]
    duty: Money

    @property
    def amount(self) -> Money:
        """All components together."""
        return self.net + total([t.amount for t in self.taxes], self.net.currency) + self.duty


@dataclass(frozen=True, slots=True)
class Quote:
    """What comes back, from which components, to which payments. ``total`` = lines + shipping - fee."""

    currency: str
    lines: tuple[QuotedLine, ...]
    shipping: tuple[ChargedShipping, ...]
    fee: Money
    parts: tuple[tuple[PaymentLeft, Money], ...]

    @property
    def net(self) -> Money:
        """Net of the lines."""
        return total([line.net for line in self.lines], self.currency)

    @property
    def tax(self) -> Money:
        """Taxes of the lines."""
        return total([t.amount for line in self.lines for t in line.taxes], self.currency)

    @property
    def duty(self) -> Money:
        """Duty of the lines."""
        return total([line.duty for line in self.lines], self.currency)

    @property
    def shipping_total(self) -> Money:
        """Shipping with its taxes."""
        amounts = [ship.net for ship in self.shipping] + [t.amount for ship in self.shipping for t in ship.taxes]
        return total(amounts, self.currency)

    @property
    def total(self) -> Money:
        """What goes back now."""
        return self.net + self.tax + self.duty + self.shipping_total - self.fee


_DRAIN_ORDER = {"card": 0, "paypal": 0, "bank": 1, "other": 1, "cod": 2, "gift_card": 3, "store_credit": 4}


def spread(amount: Money, payments: Sequence[PaymentLeft]) -> tuple[tuple[PaymentLeft, Money], ...]:
    """Fill the payments in order, each up to what is left of it: card and PayPal as listed, then bank and others, then
    cash on delivery (paid out by hand), then gift cards, then store credit. Raises ExceedsPaid.
    """
    remaining = amount
    parts: list[tuple[PaymentLeft, Money]] = []
    for payment in sorted(payments, key=lambda p: _DRAIN_ORDER.get(p.instrument, 1)):
        taken = min(remaining.minor, max(0, payment.left.minor))
        if taken > 0:
            parts.append((payment, Money(taken, amount.currency)))
            remaining -= Money(taken, amount.currency)
    if remaining.minor > 0:
        raise ExceedsPaid(over=str(remaining), currency=amount.currency)
    return tuple(parts)


def quote(
    currency: str,
    units: Sequence[tuple[ChargedLine, int]],
    shipping: Sequence[ChargedShipping],
    payments: Sequence[PaymentLeft],
    fee: Money | None = None,
) -> Quote:
    """What comes back for ``units`` (line, how many) and ``shipping``, less ``fee`` (at most the value itself).

    Raises QuantityExceedsRefundable, ExceedsPaid.
    """
    lines = tuple(_line(line, count) for line, count in units)
    value = total([line.amount for line in lines], currency)
    for ship in shipping:
        value += ship.net + total([t.amount for t in ship.taxes], currency)
    kept = Money(min((fee or Money.zero(currency)).minor, value.minor), currency)
    parts = spread(value - kept, payments)
    return Quote(currency, lines, tuple(shipping), kept, parts)


def _line(line: ChargedLine, units: int) -> QuotedLine:
    if units <= 0 or line.refunded + units > line.quantity:
        raise QuantityExceedsRefundable(line=line.ref, left=line.quantity - line.refunded)
    share = {"before": line.refunded, "units": units, "of": line.quantity}
    return QuotedLine(
        ref=line.ref,
        quantity=units,
        net=line.net.share(**share),
        taxes=tuple(Tax(t.title, t.amount.share(**share), t.rate, t.ref) for t in line.taxes),
        duty=(line.duty or Money.zero(line.net.currency)).share(**share),
    )
