"""Sums of the seed: minor units and exact fractions, never floats."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

_ZERO: Final = frozenset({"JPY", "KRW"})
_THREE: Final = frozenset({"KWD", "BHD", "JOD", "OMR", "TND"})
_PRETTY: Final = {"JPY": 10, "KWD": 50}


def decimals(currency: str) -> int:
    """0, 2 or 3, by ISO 4217."""
    return 0 if currency in _ZERO else 3 if currency in _THREE else 2


def show(minor: int, currency: str) -> str:
    """``1990`` EUR cents -> ``19.90``; ``1990`` yen -> ``1990``."""
    places = decimals(currency)
    if not places:
        return str(minor)
    sign, digits = "-" if minor < 0 else "", f"{abs(minor):0{places + 1}d}"
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def half_up(value: Fraction) -> int:
    """The nearest whole number; a half goes away from zero."""
    up = int(abs(value) + Fraction(1, 2))
    return up if value >= 0 else -up


def convert(minor: int, currency: str, into: str, rate: str) -> int:
    """A price in another currency, rounded to one that looks like a price there."""
    if currency == into:
        return minor
    exact = Fraction(minor) / 10 ** decimals(currency) * Fraction(rate) * 10 ** decimals(into)
    step = _PRETTY.get(into, 10)
    return max(step, half_up(exact / step) * step)


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """``amount`` in parts proportional to ``weights``; the parts sum to it exactly (largest remainder first)."""
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % whole), at))
    for at in order[: amount - sum(parts)]:
        parts[at] += 1
    return parts


def without_tax(gross: int, rates: Sequence[str]) -> tuple[int, list[int]]:
    """(net, each tax) of an amount that holds its taxes; they sum to ``gross``."""
    if not rates:
        return gross, []
    factor = 1 + sum((Fraction(rate) for rate in rates), Fraction(0))
    net = half_up(gross / factor)
    return net, spread(gross - net, [int(Fraction(rate) * 1_000_000) for rate in rates])


def tax_on(net: int, rates: Sequence[str]) -> list[int]:
    """Each tax on a net amount, rounded by itself."""
    return [half_up(net * Fraction(rate)) for rate in rates]
