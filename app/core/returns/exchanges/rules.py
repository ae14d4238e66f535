"""What a shopper takes instead: what it costs, what is owed or left over, and what it is worth if it comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.core.kit.money import Money, round_half_up, total


@dataclass(frozen=True, slots=True)
class NewLine:
    """An article taken in exchange. ``tax_rate`` as a fraction ("0.20"); ``unit_price`` as the store shows prices
    (with or without tax).
    """

    ref: str
    unit_price: Money
    quantity: int
    tax_rate: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A new line with its price: ``gross`` = net + tax, of all its units."""

    ref: str
    quantity: int
    gross: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Difference:
    """The old value against the new. ``bonus`` is the part of it that was spent: never paid out."""

    cost: Money
    bonus: Money
    left_over: Money
    owed: Money


def price(lines: Sequence[NewLine], *, prices_include_tax: bool) -> tuple[PricedLine, ...]:
    """What each line costs with tax, each rounded half up once."""
    priced = []
    for line in lines:
        cost = line.unit_price * line.quantity
        rate = Fraction(line.tax_rate)
        share = rate / (1 + rate) if prices_include_tax else rate
        tax = Money(round_half_up(cost.minor * share), cost.currency)
        priced.append(PricedLine(line.ref, line.quantity, cost if prices_include_tax else cost + tax, tax))
    return tuple(priced)


def difference(value: Money, bonus: Money, lines: Sequence[PricedLine]) -> Difference:
    """``value`` comes back and pays for ``lines``; ``bonus`` lowers only what would be owed."""
    cost = total([line.gross for line in lines], value.currency)
    zero = Money.zero(value.currency)
    spent = min(bonus, max(zero, cost - value))
    balance = value + spent - cost
    return Difference(cost, spent, max(zero, balance), max(zero, -balance))


def worth(lines: Sequence[PricedLine], bonus: Money) -> tuple[tuple[Money, Money], ...]:
    """(net, tax) that each line is worth if it comes back: what it cost less the bonus that was spent on it.

    The bonus is shared over the lines in order by cost with tax, cumulatively, so that it adds up.
    """
    weights = [line.gross.minor for line in lines]
    cuts = bonus.allocate(weights) if sum(weights) else (Money.zero(bonus.currency),) * len(lines)
    result = []
    for line, cut in zip(lines, cuts, strict=True):
        rest = line.gross - cut
        tax = Money(
            round_half_up(Fraction(line.tax.minor * rest.minor, line.gross.minor)) if line.gross else 0,
            line.gross.currency,
        )
        result.append((rest - tax, tax))
    return tuple(result)
