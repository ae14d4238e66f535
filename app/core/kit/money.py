"""Exact money: whole minor units of one currency. There is no float here and no way to make one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

from app.core.kit.currency import exponent
from app.core.kit.errors import DomainError


class CurrencyMismatch(DomainError):
    """Two amounts of different currencies met."""

    code = "currency_mismatch"


class AmountMalformed(DomainError):
    """A text that is no amount of the currency (too many decimals included)."""

    code = "amount_malformed"


def round_half_up(value: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    return _half_up(value.numerator, value.denominator)


def _half_up(numerator: int, denominator: int) -> int:
    """Rounds ``numerator / denominator``; the denominator is above zero."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -magnitude if numerator < 0 else magnitude


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """``minor`` whole minor units (cents, yen, fils) of ``currency`` (ISO 4217)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse anything but a whole number: a float here would be a defect."""
        if type(self.minor) is not int:
            msg = f"Money takes whole minor units, not {type(self.minor).__name__}"
            raise TypeError(msg)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in ``currency``."""
        return cls(0, currency)

    @classmethod
    def parse(cls, amount: str | int | Decimal, currency: str, *, rounded: bool = False) -> Money:
        """Read a decimal such as ``"79.90"``.

        With ``rounded`` surplus decimals are rounded half up (a store that prints ``"25.5123"``), otherwise they
        raise AmountMalformed, as does any text that is not a finite number.
        """
        try:
            value = Decimal(str(amount).strip())
        except InvalidOperation as error:
            raise AmountMalformed(amount=str(amount), currency=currency) from error
        if not value.is_finite():
            raise AmountMalformed(amount=str(amount), currency=currency)
        scaled = value.scaleb(exponent(currency))
        whole = scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP)
        if not rounded and whole != scaled:
            raise AmountMalformed(amount=str(amount), currency=currency)
        return cls(int(whole), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with exactly the currency's decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.amount:f}"

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, quantity: int) -> Money:
        if type(quantity) is not int:
            msg = "Money is multiplied by whole numbers only; use share() or percent()"
            raise TypeError(msg)
        return Money(self.minor * quantity, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __gt__(self, other: Money) -> bool:
        return other < self

    def __ge__(self, other: Money) -> bool:
        return other <= self

    def share(self, *, before: int, units: int, of: int) -> Money:
        """What ``units`` more of ``of`` units are worth when ``before`` units have been taken already.

        R(A(m+k)/n) - R(Am/n): any split of the n units into steps adds up to exactly A, no share is negative for a
        positive A, and nothing is left over.
        """
        if of <= 0 or before < 0 or units < 0 or before + units > of:
            msg = f"share of {units} after {before} of {of} units"
            raise ValueError(msg)
        upto = _half_up(self.minor * (before + units), of)
        already = _half_up(self.minor * before, of)
        return Money(upto - already, self.currency)

    def allocate(self, weights: tuple[int, ...] | list[int]) -> tuple[Money, ...]:
        """Split into one part per weight (whole, not negative), in order, adding up to exactly this amount."""
        total = sum(weights)
        if total <= 0 or any(w < 0 for w in weights):
            msg = "weights are whole numbers that are not negative, with a positive sum"
            raise ValueError(msg)
        parts: list[Money] = []
        done = 0
        for weight in weights:
            parts.append(self.share(before=done, units=weight, of=total))
            done += weight
        return tuple(parts)

    def percent(self, percent: Decimal | int | str) -> Money:
        """R(amount x percent / 100), half up; the percentage is exact, never a float."""
        if isinstance(percent, float):
            msg = "a percentage is a Decimal, an int or a str"
            raise TypeError(msg)
        return Money(round_half_up(Fraction(self.minor) * Fraction(Decimal(percent)) / 100), self.currency)

    def convert(self, rate: Decimal, currency: str) -> Money:
        """The same value in ``currency``, ``rate`` units of it for one unit of this one, rounded half up."""
        scale = Fraction(10) ** (exponent(currency) - exponent(self.currency))
        return Money(round_half_up(Fraction(self.minor) * Fraction(rate) * scale), currency)


def total(amounts: list[Money] | tuple[Money, ...], currency: str) -> Money:
    """The sum, also of nothing."""
    result = Money.zero(currency)
    for amount in amounts:
        result += amount
    return result
