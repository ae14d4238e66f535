"""What comes back for which units: from what was charged, to the last minor unit.

A line of n units with m already refunded gives for k more, for each component amount A apart (net, every tax, duty),
R(A(m+k)/n) - R(Am/n): any split into steps adds up to exactly what was charged. Nothing is recomputed from a rate, a
catalogue price or today's exchange rate.

``quote`` says what one step gives, ``after`` what the ledger is then: the shopper's preview, the settlement and the
accountant's ``helloword quote`` all go through them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from app.core.kit.currency import exponent
from app.core.kit.errors import DomainError, Kind
from app.core.kit.money import CurrencyMismatch, Money, round_half_up, total
from app.core.orders.ports import Tax
from app.core.returns.charges.rules import ADJUSTED, Charge
from app.core.returns.exchanges.rules import NewLine, PricedLine, difference, price, worth
from app.core.returns.refunds.states import RefundMethod
from app.core.returns.refunds.tenders.rules import USUAL_ORDER, ExceedsPaid, Part, PaymentLeft, left_on, spread


class LineNotCharged(DomainError):
    """The order has no such line."""

    code = "line_not_charged"
    kind = Kind.NOT_FOUND


class UnitsInvalid(DomainError):
    """Not a whole number above zero, or one line twice."""

    code = "units_invalid"


class QuantityExceedsRefundable(DomainError):
    """More units than were charged and not yet refunded."""

    code = "quantity_over_left"
    kind = Kind.CONFLICT


class ShippingRefundedAlready(DomainError):
    """Shipping goes back once."""

    code = "shipping_refunded_already"
    kind = Kind.CONFLICT


class AmountInvalid(DomainError):
    """A person can give nothing less than nothing, and not by exchange."""

    code = "amount_invalid"


class BonusNeedsCredit(DomainError):
    """A bonus is given with store credit or an exchange, never in money."""

    code = "bonus_needs_credit"


class ShippingShare(StrEnum):
    """How much shipping goes back. ``full`` insists that none has gone back; ``remaining`` takes what is left."""

    NONE = "none"
    FULL = "full"
    REMAINING = "remaining"


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
class Ledger:
    """What an order was charged and what of it has gone back. All amounts are in ``currency``, the shopper's.

    ``exchange_rate``: units of ``currency`` for one of ``shop_currency`` when the order was placed. ``refunded``: what
    has gone back so far, credit included.
    """

    currency: str
    lines: Mapping[str, ChargedLine]
    payments: tuple[PaymentLeft, ...]
    shipping: tuple[ChargedShipping, ...] = ()
    shipping_refunded: bool = False
    prices_include_tax: bool = False
    refunded: int = 0
    shop_currency: str | None = None
    exchange_rate: Decimal = Decimal(1)
    ranks: tuple[tuple[str, ...], ...] = USUAL_ORDER


@dataclass(frozen=True, slots=True)
class Bonus:
    """Extra credit: an amount, or a percentage of what comes back."""

    amount: Money | None = None
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Swap:
    """What is taken instead, and how a difference is paid (payment's id, gateway)."""

    lines: tuple[NewLine, ...]
    payment: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked for. ``units``: (line ref, how many), a line once. Percentages are exact decimals.

    ``charges`` are taken in their order, each as far as it fits. ``restocking_percent`` is of net and tax of the units.
    ``instead``: what a person gives in place of what the rules give, less or more. ``keep_percent``: the shopper keeps
    the goods and gets this share of net and tax. ``currency``: what the request was made in, where it says so.
    """

    units: tuple[tuple[str, int], ...] = ()
    shipping: ShippingShare = ShippingShare.NONE
    method: RefundMethod = RefundMethod.ORIGINAL
    charges: tuple[Charge, ...] = ()
    restocking_percent: Decimal = Decimal(0)
    instead: Money | None = None
    bonus: Bonus | None = None
    swap: Swap | None = None
    keep_percent: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """What comes back for some units of one line."""

    ref: str
    quantity: int
    net: Money
    taxes: tuple[Tax, ...]
    duty: Money

    @property
    def tax(self) -> Money:
        """All taxes together."""
        return total([t.amount for t in self.taxes], self.net.currency)

    @property
    def amount(self) -> Money:
        """All components together."""
        return self.net + self.tax + self.duty


@dataclass(frozen=True, slots=True)
class Quote:
    """What comes back, from which components, to which payments.

    ``restocking_fee`` and ``charges`` are what was really kept, ``goodwill`` what a person gave beyond the value,
    ``bonus`` what was really given, ``total`` the value going back now without the bonus, ``credit`` what the shopper
    gets as store credit, ``owed`` what the shopper pays for a dearer exchange. ``shop_total`` is ``total`` in the
    shop's currency, where that is another.
    """

    currency: str
    lines: tuple[QuotedLine, ...]
    shipping: tuple[ChargedShipping, ...]
    restocking_fee: Money
    charges: tuple[Charge, ...]
    goodwill: Money
    bonus: Money
    total: Money
    credit: Money
    parts: tuple[Part, ...]
    exchange_total: Money
    owed: Money
    new_lines: tuple[PricedLine, ...] = ()
    shop_total: Money | None = None

    @property
    def net(self) -> Money:
        """Net of the lines."""
        return total([line.net for line in self.lines], self.currency)

    @property
    def tax(self) -> Money:
        """Taxes of the lines."""
        return total([line.tax for line in self.lines], self.currency)

    @property
    def duty(self) -> Money:
        """Duty of the lines."""
        return total([line.duty for line in self.lines], self.currency)

    @property
    def shipping_net(self) -> Money:
        """Shipping without its taxes."""
        return total([ship.net for ship in self.shipping], self.currency)

    @property
    def shipping_tax(self) -> Money:
        """Taxes of shipping."""
        return total([t.amount for ship in self.shipping for t in ship.taxes], self.currency)

    @property
    def shipping_total(self) -> Money:
        """Shipping with its taxes."""
        return self.shipping_net + self.shipping_tax

    @property
    def fee(self) -> Money:
        """All charges together, restocking aside."""
        return total([amount for _, amount in self.charges], self.currency)

    @property
    def value(self) -> Money:
        """All that comes back before fees."""
        return self.net + self.tax + self.duty + self.shipping_total


def quote(ledger: Ledger, step: Step) -> Quote:
    """What ``step`` gives; the ledger stays as it is.

    Raises CurrencyMismatch, LineNotCharged, UnitsInvalid, QuantityExceedsRefundable, ShippingRefundedAlready,
    BonusNeedsCredit, AmountInvalid, ExceedsPaid, in this order.
    """
    _refuse_malformed(ledger, step)
    currency, zero = ledger.currency, Money.zero(ledger.currency)
    lines = tuple(_line(ledger.lines[ref], count, step.keep_percent) for ref, count in step.units)
    shipping = () if step.shipping is ShippingShare.NONE or ledger.shipping_refunded else ledger.shipping
    goods = total([line.net + line.tax for line in lines], currency)
    value = total([line.amount for line in lines], currency) + _shipping_total(shipping, currency)
    restocking = min(goods.percent(step.restocking_percent), value)
    base, charges = _charged(value - restocking, step.charges)
    goodwill = zero
    if step.instead is not None:
        goodwill = max(zero, step.instead - base)
        base, adjusted = _charged(base, ((ADJUSTED, max(zero, base - step.instead)),))
        base, charges = base + goodwill, charges + adjusted
    offered = _offered(step.bonus, base)
    new_lines: tuple[PricedLine, ...] = ()
    if step.swap is None:
        back, owed, cost, bonus = base, zero, zero, offered
        credit = base + bonus
    else:
        new_lines = price(step.swap.lines, prices_include_tax=ledger.prices_include_tax)
        compared = difference(base, offered, new_lines)
        back, owed, cost, bonus = compared.left_over, compared.owed, compared.cost, compared.bonus
        credit = back
    if back > left_on(ledger.payments, currency):
        raise ExceedsPaid(over=str(back - left_on(ledger.payments, currency)), currency=currency)
    by_credit = step.method is RefundMethod.STORE_CREDIT
    return Quote(
        currency=currency,
        lines=lines,
        shipping=shipping,
        restocking_fee=restocking,
        charges=charges,
        goodwill=goodwill,
        bonus=bonus,
        total=back,
        credit=credit if by_credit else zero,
        parts=() if by_credit else spread(back, ledger.payments, ledger.ranks),
        exchange_total=cost,
        owed=owed,
        new_lines=new_lines,
        shop_total=_shop_total(ledger, back),
    )


def after(ledger: Ledger, step: Step, quoted: Quote) -> Ledger:
    """The ledger once ``quoted`` (of this ledger and ``step``) has happened.

    New lines of an exchange are lines of the order from then on, worth what they cost less the bonus spent on them;
    what was paid for them is a payment of the order.
    """
    lines = dict(ledger.lines)
    for line in quoted.lines:
        lines[line.ref] = replace(lines[line.ref], refunded=lines[line.ref].refunded + line.quantity)
    for priced, (net, tax) in zip(quoted.new_lines, worth(quoted.new_lines, quoted.bonus), strict=True):
        lines[priced.ref] = ChargedLine(priced.ref, priced.quantity, 0, net, (Tax("", tax),))
    taken = {payment.ref: amount for payment, amount in quoted.parts}
    payments = [
        replace(payment, left=payment.left - taken[payment.ref]) if payment.ref in taken else payment
        for payment in ledger.payments
    ]
    if quoted.owed and step.swap is not None and step.swap.payment is not None:
        ref, gateway = step.swap.payment
        newest = max((payment.exchange for payment in payments), default=0) + 1
        payments.append(PaymentLeft(ref, gateway, gateway, quoted.owed, exchange=newest))
    return replace(
        ledger,
        lines=lines,
        payments=tuple(payments),
        shipping_refunded=ledger.shipping_refunded or step.shipping is not ShippingShare.NONE,
        refunded=ledger.refunded + quoted.total.minor,
    )


def remaining(ledger: Ledger) -> Money:
    """What all units that have not gone back are worth, with shipping if that has not."""
    rest = [
        _line(line, line.quantity - line.refunded).amount
        for line in ledger.lines.values()
        if line.refunded < line.quantity
    ]
    shipping = () if ledger.shipping_refunded else ledger.shipping
    return total(rest, ledger.currency) + _shipping_total(shipping, ledger.currency)


def _refuse_malformed(ledger: Ledger, step: Step) -> None:
    if step.currency is not None and step.currency != ledger.currency:
        raise CurrencyMismatch(left=ledger.currency, right=step.currency)
    named: set[str] = set()
    for ref, count in step.units:
        line = ledger.lines.get(ref)
        if line is None:
            raise LineNotCharged(line=ref)
        if type(count) is not int or count <= 0 or ref in named:
            raise UnitsInvalid(line=ref)
        named.add(ref)
        if line.refunded + count > line.quantity:
            raise QuantityExceedsRefundable(line=ref, left=line.quantity - line.refunded)
    if step.shipping is ShippingShare.FULL and ledger.shipping_refunded:
        raise ShippingRefundedAlready
    if step.bonus is not None and step.swap is None and step.method is not RefundMethod.STORE_CREDIT:
        raise BonusNeedsCredit
    if step.instead is not None and (step.instead.minor < 0 or step.swap is not None):
        raise AmountInvalid


def _line(line: ChargedLine, units: int, keep_percent: Decimal | None = None) -> QuotedLine:
    share = {"before": line.refunded, "units": units, "of": line.quantity}
    net = line.net.share(**share)
    taxes = tuple(Tax(t.title, t.amount.share(**share), t.rate, t.ref) for t in line.taxes)
    duty = (line.duty or Money.zero(line.net.currency)).share(**share)
    if keep_percent is not None:
        net, duty = net.percent(keep_percent), Money.zero(net.currency)
        taxes = tuple(replace(t, amount=t.amount.percent(keep_percent)) for t in taxes)
    return QuotedLine(line.ref, units, net, taxes, duty)


def _shipping_total(shipping: Sequence[ChargedShipping], currency: str) -> Money:
    return total([a for ship in shipping for a in (ship.net, *(t.amount for t in ship.taxes))], currency)


def _charged(value: Money, charges: Sequence[Charge]) -> tuple[Money, tuple[Charge, ...]]:
    """What is left of ``value``, and what was really taken: what does not fit is dropped, never carried over."""
    taken = []
    for code, amount in charges:
        fits = min(amount, value)
        value -= fits
        if fits:
            taken.append((code, fits))
    return value, tuple(taken)


def _offered(bonus: Bonus | None, base: Money) -> Money:
    if bonus is None:
        return Money.zero(base.currency)
    return base.percent(bonus.percent or 0) if bonus.amount is None else bonus.amount


def _shop_total(ledger: Ledger, back: Money) -> Money | None:
    """Cumulative as well, so that the steps add up in the shop's books too."""
    if ledger.shop_currency is None:
        return None
    scale = Fraction(10) ** (exponent(ledger.shop_currency) - exponent(ledger.currency)) / Fraction(
        ledger.exchange_rate
    )
    upto = round_half_up((ledger.refunded + back.minor) * scale)
    return Money(upto - round_half_up(ledger.refunded * scale), ledger.shop_currency)
