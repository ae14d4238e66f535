"""Amounts as Shopify writes them: a bag of what the shopper was charged and what that was worth to the shop.

Inside, amounts are whole minor units; only this module knows how they look on the wire. Shopify prints the same sum
differently on its two wires: GraphQL drops trailing zeros down to one decimal ("10.0", also for yen), webhooks keep
the currency's own decimals ("10.00", "1500").
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

_ZERO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def decimals(currency: str) -> int:
    """Decimals of an ISO 4217 currency: 0, 2 or 3."""
    if currency in _ZERO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def graphql_amount(minor: int, currency: str) -> str:
    """As GraphQL prints it: at least one decimal, no further trailing zeros."""
    text = f"{Decimal(minor).scaleb(-decimals(currency)):f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0') or '0'}"


def rest_amount(minor: int, currency: str) -> str:
    """As webhooks print it: the currency's own decimals."""
    return f"{Decimal(minor).scaleb(-decimals(currency)):f}"


def parse_amount(text: str, currency: str) -> int | None:
    """Minor units of a decimal text; None when it is no amount or has more decimals than the currency."""
    try:
        scaled = Decimal(text).scaleb(decimals(currency))
    except InvalidOperation:
        return None
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        return None
    return int(scaled)


@dataclass(frozen=True, slots=True)
class Bag:
    """One amount in two currencies, in minor units: the shopper's (presentment) and the shop's."""

    presentment: int
    presentment_currency: str
    shop: int
    shop_currency: str

    @classmethod
    def read(cls, value: dict[str, Any]) -> Bag:
        """From stored JSON."""
        return cls(**value)

    @classmethod
    def charged(cls, minor: int, currency: str, shop_currency: str, rate: Decimal) -> Bag:
        """What the shopper was charged, and what that is in the shop's currency: ``rate`` units for one of it."""
        if currency == shop_currency:
            return cls(minor, currency, minor, shop_currency)
        value = (Decimal(minor) / rate).scaleb(decimals(shop_currency) - decimals(currency))
        return cls(minor, currency, int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP)), shop_currency)

    def stored(self) -> dict[str, Any]:
        """For stored JSON."""
        return asdict(self)

    def __add__(self, other: Bag) -> Bag:
        return Bag(
            self.presentment + other.presentment,
            self.presentment_currency,
            self.shop + other.shop,
            self.shop_currency,
        )

    def __sub__(self, other: Bag) -> Bag:
        return self + -other

    def __neg__(self) -> Bag:
        return Bag(-self.presentment, self.presentment_currency, -self.shop, self.shop_currency)

    def __mul__(self, quantity: int) -> Bag:
        return Bag(self.presentment * quantity, self.presentment_currency, self.shop * quantity, self.shop_currency)

    def __bool__(self) -> bool:
        return self.presentment != 0 or self.shop != 0

    def zero(self) -> Bag:
        """Nothing, in the same two currencies."""
        return Bag(0, self.presentment_currency, 0, self.shop_currency)

    def units(self, *, before: int, units: int, of: int) -> Bag:
        """What ``units`` more of ``of`` are worth when ``before`` have been taken: any split adds up exactly."""

        def part(minor: int) -> int:
            return _nearest(minor * (before + units), of) - _nearest(minor * before, of)

        return Bag(part(self.presentment), self.presentment_currency, part(self.shop), self.shop_currency)

    def graphql(self) -> dict[str, Any]:
        """A GraphQL MoneyBag."""
        return {
            "presentmentMoney": {
                "amount": graphql_amount(self.presentment, self.presentment_currency),
                "currencyCode": self.presentment_currency,
            },
            "shopMoney": {
                "amount": graphql_amount(self.shop, self.shop_currency),
                "currencyCode": self.shop_currency,
            },
        }

    def rest(self) -> dict[str, Any]:
        """A webhook's ``..._set``."""
        return {
            "shop_money": {"amount": rest_amount(self.shop, self.shop_currency), "currency_code": self.shop_currency},
            "presentment_money": {
                "amount": rest_amount(self.presentment, self.presentment_currency),
                "currency_code": self.presentment_currency,
            },
        }

    def rest_shop(self) -> str:
        """The plain amount that webhooks carry beside the set: in the shop's currency."""
        return rest_amount(self.shop, self.shop_currency)


def _nearest(numerator: int, denominator: int) -> int:
    """The nearest whole number, halves away from zero."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    top, bottom = abs(numerator), abs(denominator)
    return sign * ((2 * top + bottom) // (2 * bottom))
