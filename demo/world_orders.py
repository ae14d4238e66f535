"""The orders of both demo stores, drawn from a fixed seed; dates count back from ``now``."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from demo.world import (
    GUIDED,
    SHOPIFY,
    WOOCOMMERCE,
    Address,
    Duty,
    Guided,
    Line,
    Order,
    Parcel,
    Payment,
    Person,
    Product,
    Shipping,
    Store,
    Tax,
    Variant,
)
from demo.world_catalogue import lintang, oak_and_tern
from demo.world_money import convert, spread, tax_on, without_tax
from demo.world_people import COUNTRIES, GUIDED_PEOPLE, Country, Rates, country_of, make_person, taxes_at

_SEED: Final = 20261124
_COUNT: Final = 150
_OLDEST_DAYS: Final = 220

# Units of the foreign currency for one of the store's.
_RATES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "EUR": {
            "EUR": "1",
            "GBP": "0.8613",
            "USD": "1.0837",
            "CAD": "1.4925",
            "JPY": "163.42",
            "AUD": "1.6412",
            "KWD": "0.3324",
        },
        "USD": {
            "USD": "1",
            "EUR": "0.9228",
            "GBP": "0.7948",
            "CAD": "1.3772",
            "JPY": "150.80",
            "AUD": "1.5145",
            "KWD": "0.3067",
        },
    }
)

_WOO_PAYMENTS: Final = (
    (Payment("stripe", "Credit card", "card", 0), 11),
    (Payment("ppcp-gateway", "PayPal", "paypal", 0), 5),
    (Payment("bacs", "Direct bank transfer", "bank", 0, manual=True), 3),
    (Payment("cod", "Cash on delivery", "cod", 0, manual=True), 1),
)
_SHOPIFY_PAYMENTS: Final = (
    (Payment("shopify_payments", "Visa ending in 4242", "card", 0), 14),
    (Payment("paypal", "PayPal", "paypal", 0), 5),
    (Payment("bank_deposit", "Bank deposit", "bank", 0, manual=True), 1),
)
_GIFT_CARD: Final = Payment("gift_card", "Gift card", "gift_card", 0)
_CODES: Final = (("WELCOME10", "percent", 10), ("AUTUMN15", "percent", 15), ("THANKYOU", "fixed_cart", 1200))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a guided person bought: (product key, option values, quantity); ``code``: a discount; gateway by name."""

    items: tuple[tuple[str, tuple[str, ...], int], ...]
    gateway: str
    code: tuple[str, str, int] | None = None
    gift_card: bool = False
    duty: bool = False


_WISHES: Final[Mapping[str, _Wish]] = MappingProxyType(
    {
        "karla.kunde@example.test": _Wish(
            (("merino-sweater", ("M", "Black"), 2), ("leather-belt", ("95", "Camel"), 1)), "stripe"
        ),
        "uma.smith@example.test": _Wish(
            (("quilted-jacket", ("L", "Forest"), 1), ("silk-scarf", ("Wine",), 2)),
            "stripe",
            ("WELCOME10", "percent", 10),
        ),
        "wang.wei@example.test": _Wish((("city-backpack", ("Olive",), 1), ("wool-beanie", ("Slate",), 1)), "bacs"),
        "sofie.devries@example.test": _Wish(
            (("summer-sandals", ("39", "Sand"), 1), ("tiered-linen-dress", ("M", "Clay"), 1)), "ppcp-gateway"
        ),
        "mariam.alenezi@example.test": _Wish(
            (("leather-handbag", ("Wine",), 1), ("silk-scarf", ("Sky",), 1)), "stripe"
        ),
        "james.hughes@example.test": _Wish((("chelsea-boots", ("43", "Black"), 1),), "stripe"),
        "amelie.laurent@example.test": _Wish(
            (("linen-shirt", ("S", "Sky"), 1), ("wide-leg-trousers", ("S", "Sand"), 1)), "stripe"
        ),
        "sato.haruka@example.test": _Wish(
            (("cotton-robe", ("M", "White"), 1), ("stoneware-mug", ("Sand",), 3)), "shopify_payments"
        ),
        "dalal.almutairi@example.test": _Wish(
            (("cashmere-scarf", ("Oatmeal",), 1), ("card-wallet", ("Camel",), 2)), "shopify_payments", duty=True
        ),
        "li.na@example.test": _Wish(
            (("percale-bedding", ("155 x 220", "Sky"), 1), ("linen-cushion-cover", ("45 x 45", "Rust"), 2)),
            "shopify_payments",
            gift_card=True,
        ),
        "noah.tremblay@example.test": _Wish(
            (("garden-jacket", ("L",), 1), ("felt-slippers", ("41", "Slate"), 1)), "shopify_payments", duty=True
        ),
        "ava.miller@example.test": _Wish(
            (("lambswool-throw", ("Slate",), 1), ("soy-candle", ("Cedar",), 2)), "paypal", ("AUTUMN15", "percent", 15)
        ),
    }
)


def make_stores(now: datetime) -> tuple[Store, Store]:
    """(the WooCommerce store, the Shopify store) as of ``now``."""
    rng = random.Random(_SEED)
    clothes, home = lintang(rng), oak_and_tern(rng)
    woo_orders = _Orders(WOOCOMMERCE, "EUR", 1001, clothes, now, rng).make()
    shopify_orders = _Orders(SHOPIFY, "USD", 2001, home, now, rng).make()
    return (
        Store(
            key="lintang",
            platform=WOOCOMMERCE,
            name="Lintang & Co",
            tagline="Clothes and shoes, made in small runs, sent around the world",
            colour="#2f5d50",
            currency="EUR",
            timezone="Asia/Shanghai",
            address=Address(
                "Returns",
                "Lintang",
                "文三路 268 号",
                "杭州",
                "310012",
                "CN",
                company="Lintang & Co",
                region="ZJ",
                region_name="Zhejiang",
                phone="+8657185550100",
            ),
            support_email="hello@lintang.example",
            products=clothes,
            people=_people(woo_orders),
            orders=woo_orders,
        ),
        Store(
            key="oak-and-tern",
            platform=SHOPIFY,
            name="Oak & Tern",
            tagline="Quiet things for the house",
            colour="#8a4b2a",
            currency="USD",
            timezone="America/Los_Angeles",
            address=Address(
                "Returns",
                "Oak",
                "410 SE Water Ave",
                "Portland",
                "97214",
                "US",
                company="Oak & Tern",
                region="OR",
                region_name="Oregon",
                phone="+15035550100",
            ),
            support_email="care@oakandtern.example",
            products=home,
            people=_people(shopify_orders),
            orders=shopify_orders,
        ),
    )


def _people(orders: Sequence[Order]) -> tuple[Person, ...]:
    return tuple({order.email: order.customer for order in orders}.values())


class _Orders:
    """Draws one store's orders, oldest first."""

    def __init__(
        self,
        platform: str,
        currency: str,
        first: int,
        products: Sequence[Product],
        now: datetime,
        rng: random.Random,
    ) -> None:
        self._platform = platform
        self._currency = currency
        self._first = first
        self._products = products
        self._by_key = {product.key: product for product in products}
        self._now = now.replace(microsecond=0)
        self._rng = rng
        self._taken = set(GUIDED_PEOPLE)
        self._regulars: dict[str, list[Person]] = {}

    def make(self) -> tuple[Order, ...]:
        """All of them."""
        guided = {one.number: one for one in GUIDED if one.platform == self._platform}
        return tuple(
            self._guided(number, guided[number]) if number in guided else self._drawn(number)
            for number in range(self._first, self._first + _COUNT)
        )

    def _placed_at(self, number: int) -> datetime:
        """Denser towards today; the order of the numbers is the order of the dates."""
        left = _COUNT - 1 - (number - self._first)
        minutes = _OLDEST_DAYS * 24 * 60 * left**2 // _COUNT**2 + left * 300 + 95 + self._rng.randrange(280)
        return self._now - timedelta(minutes=minutes)

    def _guided(self, number: int, guided: Guided) -> Order:
        wish, person = _WISHES[guided.email], GUIDED_PEOPLE[guided.email]
        items = []
        for key, values, quantity in wish.items:
            product = self._by_key[key]
            variant = next(v for v in product.variants if tuple(value for _, value in v.options) == values)
            items.append((product, variant, quantity))
        payment = next(one for one, _ in (*_WOO_PAYMENTS, *_SHOPIFY_PAYMENTS) if one.gateway == wish.gateway)
        return self._order(number, person, items, wish.code, payment, gift_card=wish.gift_card, duty=wish.duty)

    def _drawn(self, number: int) -> Order:
        rng = self._rng
        country = rng.choices(COUNTRIES, [one.share for one in COUNTRIES])[0]
        person = self._person(country)
        items = [
            (product, rng.choice(product.variants), rng.choices((1, 2, 3), (80, 15, 5))[0])
            for product in rng.sample(self._products, rng.choices((1, 2, 3, 4), (45, 33, 16, 6))[0])
        ]
        code = rng.choice(_CODES) if rng.random() < 0.3 else None  # noqa: PLR2004 (about a third)
        choices = _SHOPIFY_PAYMENTS if self._platform == SHOPIFY else _WOO_PAYMENTS
        payment = rng.choices([one for one, _ in choices], [weight for _, weight in choices])[0]
        shopify = self._platform == SHOPIFY
        gift_card, duty = rng.random() < 0.08, rng.random() < 0.4  # noqa: PLR2004 (a few)
        return self._order(number, person, items, code, payment, gift_card=gift_card and shopify, duty=duty and shopify)

    def _person(self, country: Country) -> Person:
        """Often somebody who bought before."""
        regulars = self._regulars.setdefault(country.code, [])
        if regulars and self._rng.random() < 0.45:  # noqa: PLR2004 (a believable share)
            return self._rng.choice(regulars)
        person = make_person(country, self._taken, self._rng)
        regulars.append(person)
        return person

    def _order(
        self,
        number: int,
        person: Person,
        items: Sequence[tuple[Product, Variant, int]],
        code: tuple[str, str, int] | None,
        payment: Payment,
        *,
        gift_card: bool,
        duty: bool,
    ) -> Order:
        country = country_of(person.address)
        currency = country.currency
        rate = _RATES[self._currency][currency]
        taxes = taxes_at(country, person.address)
        prices = [convert(variant.price, self._currency, currency, rate) for _, variant, _ in items]
        shown = [price * quantity for price, (_, _, quantity) in zip(prices, items, strict=True)]
        discounts, value = self._discounts(code, shown, currency, rate)
        duty_rate = country.duty if duty else 0
        lines = tuple(
            _line(item, price, discount, taxes, inclusive=country.inclusive, duty_rate=duty_rate)
            for item, price, discount in zip(items, prices, discounts, strict=True)
        )
        shipping = self._shipping(country, currency, rate, taxes, sum(shown) - sum(discounts))
        total = sum(line.total for line in lines) + shipping.total
        placed_at = self._placed_at(number)
        drawn = person.email not in GUIDED_PEOPLE
        cancelled = placed_at + timedelta(hours=3) if drawn and number % 47 == 9 else None  # noqa: PLR2004 (a few)
        return Order(
            number=number,
            placed_at=placed_at,
            customer=person,
            currency=currency,
            shop_currency=self._currency,
            rate=Decimal(rate),
            prices_include_tax=country.inclusive,
            lines=lines,
            shipping=shipping,
            payments=self._payments(payment, total, gift_card=gift_card),
            parcels=()
            if cancelled
            else self._parcels(number, placed_at, country, lines, lost=drawn and number % 31 == 17),  # noqa: PLR2004 (a few)
            discount_code=code[0] if code else "",
            discount_type=code[1] if code else "",
            discount_value=value,
            cancelled_at=cancelled,
        )

    def _discounts(
        self, code: tuple[str, str, int] | None, shown: Sequence[int], currency: str, rate: str
    ) -> tuple[list[int], int]:
        """What comes off each line, and the code's value (percent, or minor units of ``currency``)."""
        if code is None:
            return [0] * len(shown), 0
        _, kind, value = code
        if kind == "percent":
            return spread(sum(shown) * value // 100, shown), value
        value = convert(value, self._currency, currency, rate)
        return spread(min(value, sum(shown)), shown), value

    def _shipping(self, country: Country, currency: str, rate: str, taxes: Rates, goods: int) -> Shipping:
        free_over = convert(15000, self._currency, currency, rate)
        express = self._rng.random() < 0.2  # noqa: PLR2004 (a believable share)
        base = 1490 if express else 595
        price = 0 if goods >= free_over and not express else convert(base, self._currency, currency, rate)
        title = f"{country.carrier} express" if express else f"{country.carrier} standard"
        net, amounts = _split(price, [tax[2] for tax in taxes], inclusive=country.inclusive)
        return Shipping(title, price, net, _taxes(taxes, amounts))

    def _payments(self, payment: Payment, total: int, *, gift_card: bool) -> tuple[Payment, ...]:
        def paid(one: Payment, amount: int) -> Payment:
            return Payment(one.gateway, one.title, one.instrument, amount, one.manual)

        if not gift_card:
            return (paid(payment, total),)
        first = total // 3
        return paid(_GIFT_CARD, first), paid(payment, total - first)

    def _parcels(
        self, number: int, placed_at: datetime, country: Country, lines: Sequence[Line], *, lost: bool
    ) -> tuple[Parcel, ...]:
        shipped_at = placed_at + timedelta(hours=20 + self._rng.randrange(14))
        delivered_at = shipped_at + timedelta(days=country.transit_days, hours=self._rng.randrange(-30, 40))
        tracking = f"{country.code}{number}{self._rng.randrange(10**9):09d}"
        if shipped_at > self._now:
            return ()
        contents = tuple((at, line.quantity) for at, line in enumerate(lines))
        arrived = delivered_at if delivered_at <= self._now and not lost else None
        return (Parcel(contents, shipped_at, arrived, country.carrier, tracking),)


def _line(
    item: tuple[Product, Variant, int], price: int, discount: int, taxes: Rates, *, inclusive: bool, duty_rate: int
) -> Line:
    product, variant, quantity = item
    net, amounts = _split(price * quantity - discount, [tax[2] for tax in taxes], inclusive=inclusive)
    duty = Duty(_permille(net, duty_rate), variant.hs_code, variant.origin) if duty_rate else None
    return Line(product, variant, quantity, price, discount, net, _taxes(taxes, amounts), duty)


def _permille(amount: int, permille: int) -> int:
    """Thousandths of an amount, half up."""
    return (amount * permille + 500) // 1000


def _split(shown: int, rates: Sequence[str], *, inclusive: bool) -> tuple[int, list[int]]:
    return without_tax(shown, rates) if inclusive else (shown, tax_on(shown, rates))


def _taxes(taxes: Rates, amounts: Sequence[int]) -> tuple[Tax, ...]:
    return tuple(Tax(code, title, rate, amount) for (code, title, rate), amount in zip(taxes, amounts, strict=True))
