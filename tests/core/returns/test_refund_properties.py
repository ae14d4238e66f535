"""Random orders, taken back in random steps: whatever the split, what comes back is what was paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.kit.currency import exponent
from app.core.kit.money import Money, total
from app.core.orders.ports import Tax
from app.core.returns.exchanges.rules import NewLine
from app.core.returns.refunds.rules import (
    Bonus,
    ChargedLine,
    ChargedShipping,
    Ledger,
    QuantityExceedsRefundable,
    Quote,
    ShippingShare,
    Step,
    Swap,
    after,
    quote,
    remaining,
)
from app.core.returns.refunds.states import RefundMethod
from app.core.returns.refunds.tenders.rules import PaymentLeft

CURRENCIES = ("EUR", "GBP", "JPY", "KRW", "KWD", "TND", "HUF")
INSTRUMENTS = ("card", "paypal", "cod", "gift_card", "store_credit", "bank", "other")
SHORT, LONG = 1_500, 110_000


@dataclass(frozen=True)
class Played:
    """A random order and the steps by which all of it comes back."""

    start: Ledger
    steps: tuple[Step, ...]

    @property
    def paid(self) -> int:
        return sum(payment.left.minor for payment in self.start.payments)


def random_order(random: Random) -> Ledger:
    """Lines with several taxes, duty and free items; shipping; the sum paid over up to four instruments."""
    currency = random.choice(CURRENCIES)

    def money(most: int) -> Money:
        return Money(random.choice((0, random.randint(0, 9), random.randint(0, most))), currency)

    lines = {}
    for place in range(random.randint(1, 6)):
        taxes = tuple(Tax(f"T{number}", money(40_000)) for number in range(random.randint(0, 3)))
        lines[f"L{place}"] = ChargedLine(
            f"L{place}", random.randint(1, 12), 0, money(200_000), taxes, random.choice((None, money(9_000)))
        )
    shipping = tuple(
        ChargedShipping(f"S{place}", money(3_000), (Tax("T", money(600)),)) for place in range(random.randint(0, 2))
    )
    bare = Ledger(
        currency,
        lines,
        (),
        shipping,
        prices_include_tax=random.random() < 0.5,
        shop_currency=random.choice((None, "GBP", "JPY", "KWD")),
        exchange_rate=Decimal(random.randint(1, 400_000)) / 1000,
    )
    parts = remaining(bare).allocate([random.randint(0, 5) for _ in range(random.randint(0, 3))] + [1])
    payments = tuple(
        PaymentLeft(f"P{place}", kind, kind, part)
        for place, part in enumerate(parts)
        for kind in (random.choice(INSTRUMENTS),)
    )
    return replace(bare, payments=payments)


def random_split(random: Random, start: Ledger) -> tuple[Step, ...]:
    """Every unit once, in up to eight steps; shipping in one of them."""
    count = random.randint(1, 8)
    asked: list[dict[str, int]] = [{} for _ in range(count)]
    for line in start.lines.values():
        for _ in range(line.quantity):
            step = random.choice(asked)
            step[line.ref] = step.get(line.ref, 0) + 1
    shipped = random.randrange(count)
    return tuple(
        Step(
            units=tuple(units.items()),
            shipping=random.choice((ShippingShare.FULL, ShippingShare.REMAINING))
            if place == shipped
            else random.choice(
                (ShippingShare.NONE, ShippingShare.REMAINING if place > shipped else ShippingShare.NONE)
            ),
        )
        for place, units in enumerate(asked)
    )


@st.composite
def played(draw: st.DrawFn) -> Played:
    random = Random(draw(st.integers(0, 2**64)))  # noqa: S311 (a test's dice)
    start = random_order(random)
    return Played(start, random_split(random, start))


def run(one: Played, change: Callable[[Step], Step] = lambda step: step) -> tuple[list[Quote], Ledger]:
    quotes, now = [], one.start
    for step in one.steps:
        asked = change(step)
        quotes.append(quote(now, asked))
        assert quote(now, asked) == quotes[-1]  # the same question again, the same answer
        now = after(now, asked, quotes[-1])
    return quotes, now


def judge_split(one: Played) -> None:
    """Section 8 of the acceptance format, and the components one by one."""
    quotes, left = run(one)
    sums = [quoted.total.minor for quoted in quotes]
    assert min(sums) >= 0
    assert sum(sums) == one.paid == left.refunded
    assert all(sum(sums[: place + 1]) <= one.paid for place in range(len(sums)))
    assert all(payment.left.minor == 0 for payment in left.payments)
    assert remaining(left).minor == 0
    for quoted in quotes:
        assert total([amount for _, amount in quoted.parts], one.start.currency) == quoted.total
        assert all(amount.minor > 0 for _, amount in quoted.parts)
    for line in one.start.lines.values():
        came = [row for quoted in quotes for row in quoted.lines if row.ref == line.ref]
        assert total([row.net for row in came], one.start.currency) == line.net
        for place, tax in enumerate(line.taxes):
            assert total([row.taxes[place].amount for row in came], one.start.currency) == tax.amount
    if one.start.shop_currency is not None:
        scale = 10 ** (exponent(one.start.shop_currency) - exponent(one.start.currency))
        exact = Decimal(one.paid) * Decimal(scale) / one.start.exchange_rate
        assert abs(sum(q.shop_total.minor for q in quotes if q.shop_total is not None) - exact) <= Decimal("0.5")
    whole = Step(
        units=tuple((line.ref, line.quantity) for line in one.start.lines.values()), shipping=ShippingShare.FULL
    )
    assert quote(one.start, whole).total.minor == sum(sums)
    for line in one.start.lines.values():
        with pytest.raises(QuantityExceedsRefundable):
            quote(left, Step(units=((line.ref, 1),)))


def judge_fees(one: Played, fee: int, percent: Decimal) -> None:
    """What is kept and what goes back are together what was paid; by credit no payment is touched."""
    asked = {"charges": (("fee", Money(fee, one.start.currency)),), "restocking_percent": percent}
    quotes, left = run(one, lambda step: replace(step, **asked))  # type: ignore[arg-type]
    kept = sum(quoted.fee.minor + quoted.restocking_fee.minor for quoted in quotes)
    assert sum(quoted.total.minor for quoted in quotes) + kept == one.paid
    assert all(quoted.total.minor >= 0 for quoted in quotes)
    assert sum(payment.left.minor for payment in left.payments) == kept
    bonus = Bonus(percent=Decimal("7.5"))
    quotes, left = run(one, lambda step: replace(step, method=RefundMethod.STORE_CREDIT, bonus=bonus, **asked))  # type: ignore[arg-type]
    assert left.payments == one.start.payments
    for quoted in quotes:
        assert quoted.parts == ()
        assert quoted.credit == quoted.total + quoted.bonus


def judge_exchange(one: Played, price: int, bonus: int, rate: Decimal) -> None:
    """Everything given for something else, which then comes back: nobody gains and nobody loses a unit of money."""
    currency = one.start.currency
    swap = Swap((NewLine("new", Money(price, currency), 2, rate),), ("difference", "card"))
    first = Step(
        units=tuple((line.ref, line.quantity) for line in one.start.lines.values()),
        shipping=ShippingShare.FULL,
        swap=swap,
        bonus=Bonus(amount=Money(bonus, currency)),
    )
    changed = quote(one.start, first)
    assert changed.total.minor * changed.owed.minor == 0
    assert changed.bonus.minor <= bonus
    now = after(one.start, first, changed)
    paid = one.paid + changed.owed.minor
    gave = changed.total.minor
    for _ in range(2):
        step = Step(units=(("new", 1),))
        back = quote(now, step)
        now = after(now, step, back)
        gave += back.total.minor
    assert gave == paid
    assert all(payment.left.minor == 0 for payment in now.payments)


fees = {"fee": st.integers(0, 20_000), "percent": st.decimals(0, 100, places=2)}
swaps: dict[str, Any] = {
    "price": st.integers(0, 400_000),
    "bonus": st.integers(0, 5_000),
    "rate": st.sampled_from([Decimal(0), Decimal("0.07"), Decimal("0.19"), Decimal("0.20"), Decimal("0.255")]),
}
short = settings(max_examples=SHORT, deadline=None, suppress_health_check=[HealthCheck.too_slow])
long = settings(short, max_examples=LONG)


@short
@given(one=played())
def test_any_split_of_any_order_comes_back_exactly(one: Played) -> None:
    judge_split(one)


@short
@given(one=played(), **fees)
def test_fees_and_refunds_are_together_what_was_paid(one: Played, fee: int, percent: Decimal) -> None:
    judge_fees(one, fee, percent)


@short
@given(one=played(), **swaps)
def test_an_exchange_that_comes_back_leaves_nothing(one: Played, price: int, bonus: int, rate: Decimal) -> None:
    judge_exchange(one, price, bonus, rate)


@pytest.mark.long
@long
@given(one=played(), **fees, **swaps)
def test_a_hundred_thousand_orders(
    one: Played, fee: int, percent: Decimal, price: int, bonus: int, rate: Decimal
) -> None:
    judge_split(one)
    judge_fees(one, fee, percent)
    judge_exchange(one, price, bonus, rate)
