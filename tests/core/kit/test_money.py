from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.kit.currency import UnknownCurrency, exponent
from app.core.kit.money import AmountMalformed, CurrencyMismatch, Money


@pytest.mark.parametrize(
    ("currency", "decimals"), [("JPY", 0), ("KRW", 0), ("EUR", 2), ("HUF", 2), ("KWD", 3), ("TND", 3)]
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "E1R", "ÄÖÜ"])
def test_a_text_that_is_no_currency_code_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        exponent(currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("79.90", "EUR", 7990), ("1200", "JPY", 1200), ("12.345", "KWD", 12345), ("-3.5", "USD", -350)],
)
def test_an_amount_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)
    assert Money.parse(str(Money(minor, currency)), currency).minor == minor


@pytest.mark.parametrize(
    ("text", "currency"), [("79.905", "EUR"), ("10.5", "JPY"), ("abc", "EUR"), ("NaN", "EUR"), ("", "EUR")]
)
def test_an_amount_with_too_many_decimals_or_no_number_is_refused(text: str, currency: str) -> None:
    with pytest.raises(AmountMalformed):
        Money.parse(text, currency)


def test_surplus_decimals_are_rounded_half_up_where_asked() -> None:
    assert Money.parse("25.505", "EUR", rounded=True) == Money(2551, "EUR")
    assert Money.parse("-25.505", "EUR", rounded=True) == Money(-2551, "EUR")


def test_a_float_never_becomes_money() -> None:
    with pytest.raises(TypeError):
        Money(1.5, "EUR")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(100, "EUR").percent(7.5)  # type: ignore[arg-type]


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")


def test_conversion_minds_the_decimals_of_both_currencies() -> None:
    assert Money(10000, "EUR").convert(Decimal("165.125"), "JPY") == Money(16513, "JPY")
    assert Money(10000, "USD").convert(Decimal("0.30712"), "KWD") == Money(30712, "KWD")


@given(
    minor=st.integers(0, 10**9),
    units=st.integers(1, 60),
    cuts=st.lists(st.integers(0, 60), max_size=8),
)
def test_any_split_into_steps_adds_up_to_the_whole(minor: int, units: int, cuts: list[int]) -> None:
    marks = sorted({min(c, units) for c in cuts} | {0, units})
    amount = Money(minor, "EUR")
    shares = [amount.share(before=a, units=b - a, of=units) for a, b in pairwise(marks)]
    assert all(share.minor >= 0 for share in shares)
    assert sum(share.minor for share in shares) == minor


@given(minor=st.integers(0, 10**9), weights=st.lists(st.integers(0, 1000), min_size=1).filter(lambda w: sum(w) > 0))
def test_an_allocation_loses_no_unit(minor: int, weights: list[int]) -> None:
    assert sum(part.minor for part in Money(minor, "EUR").allocate(weights)) == minor
