from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.kit.money import Money
from app.core.orders.ports import Tax
from app.core.returns.refunds.rules import (
    ChargedLine,
    ChargedShipping,
    ExceedsPaid,
    PaymentLeft,
    QuantityExceedsRefundable,
    quote,
    spread,
)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def line(quantity: int, net: int, tax: int, refunded: int = 0, duty: int = 0) -> ChargedLine:
    return ChargedLine("A", quantity, refunded, eur(net), (Tax("VAT", eur(tax), "0.20", "1"),), eur(duty))


def card(left: int, ref: str = "P1", instrument: str = "card") -> PaymentLeft:
    return PaymentLeft(ref, instrument, instrument, eur(left))


def test_ten_units_at_a_quarter_off_come_back_as_paid_and_not_a_penny_more() -> None:
    # 10 x 23.90 less 59.75, paid 179.25 with 29.88 tax inside: 1 + 4 + 5 units, as the acceptance cases state it.
    totals = []
    for refunded, units in ((0, 1), (1, 4), (5, 5)):
        quoted = quote("EUR", [(line(10, 14937, 2988, refunded), units)], [], [card(17925)])
        totals.append((quoted.net.minor, quoted.tax.minor, quoted.total.minor))
    assert totals == [(1494, 299, 1793), (5975, 1195, 7170), (7468, 1494, 8962)]
    assert sum(total for _, _, total in totals) == 17925


def test_one_unit_more_than_is_left_is_refused() -> None:
    with pytest.raises(QuantityExceedsRefundable):
        quote("EUR", [(line(2, 1000, 200, refunded=1), 2)], [], [card(10000)])


def test_duty_and_shipping_come_back_with_their_taxes() -> None:
    shipping = ChargedShipping("S", eur(500), (Tax("VAT", eur(95)),))
    quoted = quote("EUR", [(line(3, 1000, 200, duty=100), 1)], [shipping], [card(10000)])
    assert (quoted.net.minor, quoted.tax.minor, quoted.duty.minor) == (333, 67, 33)
    assert quoted.shipping_total == eur(595)
    assert quoted.total == eur(333 + 67 + 33 + 595)


def test_a_fee_is_at_most_the_value() -> None:
    quoted = quote("EUR", [(line(1, 300, 60), 1)], [], [card(10000)], fee=eur(500))
    assert (quoted.fee, quoted.total, quoted.parts) == (eur(360), eur(0), ())


def test_the_card_is_filled_before_cash_gift_card_and_credit() -> None:
    payments = [
        card(500, "C", "store_credit"),
        card(300, "G", "gift_card"),
        card(200, "D", "cod"),
        card(400, "K", "card"),
    ]
    parts = spread(eur(1000), payments)
    assert [(p.ref, amount.minor) for p, amount in parts] == [("K", 400), ("D", 200), ("G", 300), ("C", 100)]


def test_more_than_is_left_on_all_payments_is_refused() -> None:
    with pytest.raises(ExceedsPaid):
        spread(eur(1001), [card(600), card(400, "P2")])


@given(
    quantity=st.integers(1, 30),
    net=st.integers(0, 10**7),
    tax=st.integers(0, 10**6),
    duty=st.integers(0, 10**6),
    cuts=st.lists(st.integers(0, 30), max_size=6),
)
def test_any_partition_of_a_line_refunds_exactly_what_was_charged(
    quantity: int, net: int, tax: int, duty: int, cuts: list[int]
) -> None:
    paid = net + tax + duty
    marks = sorted({min(c, quantity) for c in cuts} | {0, quantity})
    left = paid
    for before, after in pairwise(marks):
        quoted = quote("EUR", [(line(quantity, net, tax, before, duty), after - before)], [], [card(left)])
        assert quoted.total.minor >= 0
        left -= quoted.total.minor
    assert left == 0
