from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.kit.money import CurrencyMismatch, Money
from app.core.orders.ports import Tax
from app.core.returns.exchanges.rules import NewLine
from app.core.returns.refunds.rules import (
    AmountInvalid,
    Bonus,
    BonusNeedsCredit,
    ChargedLine,
    ChargedShipping,
    Ledger,
    LineNotCharged,
    QuantityExceedsRefundable,
    Quote,
    ShippingRefundedAlready,
    ShippingShare,
    Step,
    Swap,
    UnitsInvalid,
    after,
    quote,
    remaining,
)
from app.core.returns.refunds.states import RefundMethod
from app.core.returns.refunds.tenders.rules import ExceedsPaid, PaymentLeft, in_order, spread

SHIPPING = ChargedShipping("S", Money(500, "EUR"), (Tax("VAT", Money(95, "EUR")),))


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def line(quantity: int, net: int, tax: int, refunded: int = 0, duty: int = 0, ref: str = "A") -> ChargedLine:
    return ChargedLine(ref, quantity, refunded, eur(net), (Tax("VAT", eur(tax), "0.20", "1"),), eur(duty))


def card(left: int, ref: str = "P1", instrument: str = "card", exchange: int = 0) -> PaymentLeft:
    return PaymentLeft(ref, instrument, instrument, eur(left), exchange=exchange)


def ledger(
    *lines: ChargedLine,
    payments: Sequence[PaymentLeft] = (card(100_000),),
    shipping: bool = False,
    inclusive: bool = False,
) -> Ledger:
    return Ledger(
        "EUR",
        {one.ref: one for one in lines},
        tuple(payments),
        shipping=(SHIPPING,) if shipping else (),
        prices_include_tax=inclusive,
    )


def play(start: Ledger, *steps: Step) -> tuple[list[Quote], Ledger]:
    """One step after the other."""
    quotes, now = [], start
    for step in steps:
        quotes.append(quote(now, step))
        now = after(now, step, quotes[-1])
    return quotes, now


def units(count: int, ref: str = "A", **more: object) -> Step:
    return Step(units=((ref, count),), **more)  # type: ignore[arg-type]


# --- allocation -----------------------------------------------------------------------------------------------------


def test_ten_units_at_a_quarter_off_come_back_as_paid_and_not_a_penny_more() -> None:
    # 10 x 23.90 less 59.75, paid 179.25 with 29.88 tax inside: 1 + 4 + 5 units, as the acceptance cases state it.
    quotes, left = play(ledger(line(10, 14937, 2988), payments=[card(17925)]), units(1), units(4), units(5))
    assert [(q.net.minor, q.tax.minor, q.total.minor) for q in quotes] == [
        (1494, 299, 1793),
        (5975, 1195, 7170),
        (7468, 1494, 8962),
    ]
    assert (left.refunded, left.payments[0].left, remaining(left)) == (17925, eur(0), eur(0))


def test_one_unit_more_than_is_left_is_refused() -> None:
    with pytest.raises(QuantityExceedsRefundable):
        quote(ledger(line(2, 1000, 200, refunded=1)), units(2))


def test_duty_and_shipping_come_back_with_their_taxes_and_shipping_once() -> None:
    start = ledger(line(3, 1000, 200, duty=100), shipping=True)
    quotes, left = play(
        start, units(1, shipping=ShippingShare.FULL), units(1, shipping=ShippingShare.REMAINING), units(1)
    )
    assert (quotes[0].net.minor, quotes[0].tax.minor, quotes[0].duty.minor) == (333, 67, 33)
    assert (quotes[0].shipping_net, quotes[0].shipping_tax, quotes[0].shipping_total) == (eur(500), eur(95), eur(595))
    assert quotes[0].total == eur(333 + 67 + 33 + 595)
    assert quotes[1].shipping_total == eur(0)
    assert left.refunded == 1000 + 200 + 100 + 595
    with pytest.raises(ShippingRefundedAlready):
        quote(left, Step(shipping=ShippingShare.FULL))


@pytest.mark.parametrize(
    ("step", "refusal"),
    [
        (units(1, currency="USD"), CurrencyMismatch),
        (units(1, "B"), LineNotCharged),
        (units(0), UnitsInvalid),
        (units(-1), UnitsInvalid),
        (units(True), UnitsInvalid),
        (Step(units=(("A", 1), ("A", 1))), UnitsInvalid),
        (units(1, bonus=Bonus(percent=Decimal(10))), BonusNeedsCredit),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(step: Step, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        quote(ledger(line(2, 1000, 200)), step)


# --- fees, credit, keeping --------------------------------------------------------------------------------------------


def test_fees_are_at_most_the_value_and_what_does_not_fit_is_dropped() -> None:
    quoted = quote(ledger(line(1, 300, 60)), units(1, charges=(("fee", eur(500)),)))
    assert (quoted.fee, quoted.total, quoted.parts) == (eur(360), eur(0), ())
    both = quote(ledger(line(1, 300, 60)), units(1, charges=(("fee", eur(300)),), restocking_percent=Decimal(50)))
    assert (both.restocking_fee, both.fee, both.total) == (eur(180), eur(180), eur(0))


def test_charges_are_taken_in_their_order_as_far_as_they_fit() -> None:
    quoted = quote(ledger(line(1, 300, 60)), units(1, charges=(("a", eur(300)), ("b", eur(100)), ("c", eur(5)))))
    assert (quoted.charges, quoted.fee, quoted.total) == ((("a", eur(300)), ("b", eur(60))), eur(360), eur(0))


def test_a_person_may_give_less_or_more_than_the_rules_within_what_was_paid() -> None:
    start = ledger(line(1, 1000, 200), payments=[card(1500)])
    less = quote(start, units(1, instead=eur(700), charges=(("fee", eur(100)),)))
    assert (less.charges, less.goodwill, less.total) == ((("fee", eur(100)), ("adjusted", eur(400))), eur(0), eur(700))
    more = quote(start, units(1, instead=eur(1500)))
    assert (more.charges, more.goodwill, more.total, more.value) == ((), eur(300), eur(1500), eur(1200))
    assert quote(start, Step(instead=eur(250))).total == eur(250)
    with pytest.raises(ExceedsPaid):
        quote(start, units(1, instead=eur(1501)))
    with pytest.raises(AmountInvalid):
        quote(start, units(1, instead=eur(-1)))


def test_credit_touches_no_payment_and_carries_the_bonus() -> None:
    [quoted], left = play(
        ledger(line(1, 1000, 200)), units(1, method=RefundMethod.STORE_CREDIT, bonus=Bonus(percent=Decimal("12.5")))
    )
    assert (quoted.total, quoted.bonus, quoted.credit, quoted.parts) == (eur(1200), eur(150), eur(1350), ())
    assert left.payments[0].left == eur(100_000)


def test_who_keeps_the_goods_gets_a_share_of_net_and_tax_and_the_units_are_spent() -> None:
    [quoted], left = play(ledger(line(2, 1001, 191, duty=80)), units(1, keep_percent=Decimal(30)))
    assert (quoted.net, quoted.tax, quoted.duty) == (eur(150), eur(29), eur(0))  # of 501 and 96
    assert remaining(left) == eur(500 + 95 + 40)


# --- which payment ----------------------------------------------------------------------------------------------------


def test_the_card_is_filled_before_cash_gift_card_and_credit() -> None:
    payments = [
        card(500, "C", "store_credit"),
        card(300, "G", "gift_card"),
        card(200, "D", "cod"),
        card(400, "K", "card"),
    ]
    parts = spread(eur(1000), payments)
    assert [(p.ref, amount.minor) for p, amount in parts] == [("K", 400), ("D", 200), ("G", 300), ("C", 100)]


def test_what_was_paid_for_exchanges_goes_back_first_the_newest_before_all() -> None:
    payments = [card(9, "P"), card(9, "X1", "cod", 1), card(9, "X2", "gift_card", 2)]
    assert [payment.ref for payment in in_order(payments)] == ["X2", "X1", "P"]


def test_a_shop_may_state_another_order() -> None:
    payments = [card(9, "K"), card(9, "G", "gift_card"), card(9, "N", "something new")]
    stated = in_order(payments, (("gift_card",), ("other",), ("card",)))
    assert [payment.ref for payment in stated] == ["G", "N", "K"]


def test_more_than_is_left_on_all_payments_is_refused() -> None:
    with pytest.raises(ExceedsPaid):
        spread(eur(1001), [card(600), card(400, "P2")])
    with pytest.raises(ExceedsPaid):
        quote(ledger(line(1, 1000, 200), payments=[card(1199)]), units(1))
    with pytest.raises(ExceedsPaid):
        quote(ledger(line(1, 1000, 200), payments=[card(1199)]), units(1, method=RefundMethod.STORE_CREDIT))


# --- exchanges --------------------------------------------------------------------------------------------------------


def test_three_exchanges_in_a_chain_and_then_everything_comes_back() -> None:
    def swap(ref: str, old: str, price: int, bonus: Bonus | None = None) -> Step:
        new = Swap((NewLine(ref, eur(price), 1, Decimal("0.20")),), (f"pay {ref}", "card"))
        return Step(units=((old, 1),), swap=new, bonus=bonus)

    start = ledger(line(1, 5000, 1000), payments=[card(6000)], inclusive=True)
    quotes, left = play(
        start,
        swap("B", "A", 7000, Bonus(amount=eur(300))),
        swap("C", "B", 6500),
        swap("D", "C", 9000),
        units(1, "D"),
    )
    assert [(q.owed.minor, q.bonus.minor, q.total.minor) for q in quotes] == [
        (700, 300, 0),
        (0, 0, 200),
        (2500, 0, 0),
        (0, 0, 9000),
    ]
    assert remaining(left) == eur(0)
    assert all(payment.left == eur(0) for payment in left.payments)


def test_a_bonus_spent_on_two_new_lines_is_shared_by_what_they_cost() -> None:
    new = Swap((NewLine("B", eur(1000), 1, Decimal("0.20")), NewLine("C", eur(2000), 1, Decimal("0.20"))))
    step = Step(units=(("A", 1),), swap=new, bonus=Bonus(amount=eur(100)))
    [quoted], left = play(ledger(line(1, 1000, 200)), step)
    assert (quoted.exchange_total, quoted.owed) == (eur(3600), eur(2300))
    assert [(one.net.minor, one.taxes[0].amount.minor) for one in list(left.lines.values())[1:]] == [
        (972, 195),
        (1944, 389),
    ]


# --- properties -------------------------------------------------------------------------------------------------------


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
    marks = sorted({min(c, quantity) for c in cuts} | {0, quantity})
    start = ledger(line(quantity, net, tax, duty=duty), payments=[card(net + tax + duty)])
    quotes, left = play(start, *(units(to - since) for since, to in pairwise(marks)))
    assert all(q.total.minor >= 0 for q in quotes)
    assert left.payments[0].left == eur(0)
