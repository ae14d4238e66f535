from __future__ import annotations

import pytest

from app.core.kit.money import Money
from app.core.returns.charges.rules import Bought, Fee, FeeInvalid, FeePer, claw_back, fees_due, free_kept


def line(ref: str, quantity: int, gone: int, *, free: bool = False, price: int = 1000) -> Bought:
    return Bought(ref, quantity, gone, Money(price, "EUR"), free)


FIVE = Fee(500)


@pytest.mark.parametrize(
    ("fee", "reasons", "outcome", "taken", "due"),
    [
        (FIVE, ["too_small"], "refund", False, True),
        (FIVE, ["defective"], "refund", False, False),  # the merchant's doing never costs the shopper
        (FIVE, ["defective", "too_small"], "refund", False, True),
        (FIVE, ["too_small"], "refund", True, True),
        (Fee(500, FeePer.ORDER), ["too_small"], "refund", False, True),
        (Fee(500, FeePer.ORDER), ["too_small"], "refund", True, False),
        (Fee(500, reasons=("changed_mind",)), ["too_small"], "refund", False, False),
        (Fee(500, reasons=("changed_mind",)), ["too_small", "changed_mind"], "refund", False, True),
        (Fee(500, reasons=("defective",)), ["defective"], "refund", False, False),
        (Fee(500, outcomes=("refund",)), ["too_small"], "refund", False, True),
        (Fee(500, outcomes=("refund",)), ["too_small"], "exchange", False, False),
    ],
)
def test_who_bears_a_fee(fee: Fee, reasons: list[str], outcome: str, taken: bool, due: bool) -> None:
    assert fees_due([fee], reasons, outcome, taken_per_order=taken) == ((fee,) if due else ())


def test_a_fee_below_zero_or_for_a_reason_that_is_none_is_refused() -> None:
    with pytest.raises(FeeInvalid):
        Fee(-1)
    with pytest.raises(FeeInvalid):
        Fee(1, reasons=("bad_mood",))


@pytest.mark.parametrize(
    ("lines", "over"),
    [
        ([line("A", 1, 0), line("F", 1, 0, free=True)], {}),
        ([line("A", 1, 1), line("F", 1, 0, free=True)], {"F": 1}),  # one and one free: the paid one goes
        ([line("A", 1, 1), line("F", 1, 1, free=True)], {}),  # the whole set goes
        ([line("A", 2, 1), line("F", 1, 0, free=True)], {}),  # in the shopper's favour: half of one is one
        ([line("A", 2, 1), line("F", 2, 0, free=True)], {"F": 1}),
        ([line("A", 2, 2), line("F", 1, 0, free=True), line("G", 1, 0, free=True)], {"F": 1, "G": 1}),
        ([line("A", 1, 1), line("B", 5, 0), line("F", 1, 0, free=True)], {}),  # who knows which earned it
        ([line("F", 1, 0, free=True)], {}),  # given away without anything bought
        ([line("A", 1, 1)], {}),
    ],
)
def test_free_items_that_stay_although_what_earned_them_is_gone(lines: list[Bought], over: dict[str, int]) -> None:
    assert free_kept(lines) == over


def test_they_cost_what_they_cost_in_the_order() -> None:
    lines = [line("A", 2, 2), line("F", 2, 1, free=True, price=790), line("G", 1, 0, free=True, price=1200)]
    assert claw_back(lines, "EUR") == Money(790 + 1200, "EUR")
