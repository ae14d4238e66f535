"""What the two demo stores sell and whom they sold it to: neutral data, the same on every machine.

All money is integer minor units of the currency named beside it. For every order

    total = sum of the lines' net, taxes and duty + shipping net and taxes = sum of the payments

exactly; and for each line ``unit_price * quantity - discount`` is net + taxes when ``prices_include_tax``, else net.
Dates hang on the ``now`` that is passed in, so that return windows mean something on any day.

    make_world(now) -> World(woocommerce=Store(...), shopify=Store(...))
    GUIDED          the persons a visitor can play, with their order numbers
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

WOOCOMMERCE: Final = "woocommerce"
SHOPIFY: Final = "shopify"
FINAL_SALE: Final = "final-sale"
"""The tag of products that cannot be returned."""


@dataclass(frozen=True, slots=True)
class Image:
    """A drawing. ``name`` is its file name in the storefront (``/images/<name>``); ``svg`` its text."""

    name: str
    alt: str
    svg: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One article. ``options``: ("Size", "M") pairs in the product's order; empty for an article without a choice.

    ``price`` in the store's currency, as shown there. ``hs_code`` has six digits; ``origin`` is ISO 3166-1 alpha-2.
    """

    sku: str
    options: tuple[tuple[str, str], ...]
    price: int
    stock: int
    weight_g: int
    hs_code: str
    origin: str
    image: str
    barcode: str

    @property
    def title(self) -> str:
        """``M / Black``; empty for an article without a choice."""
        return " / ".join(value for _, value in self.options)


@dataclass(frozen=True, slots=True)
class Product:
    """A product. ``key`` is its handle (slug) and unique in its store; ``options``: ("Size", ("S", "M")) in order."""

    key: str
    title: str
    description: str
    vendor: str
    type: str
    tags: tuple[str, ...]
    images: tuple[Image, ...]
    options: tuple[tuple[str, tuple[str, ...]], ...]
    variants: tuple[Variant, ...]

    @property
    def final_sale(self) -> bool:
        """Whether it is sold without return."""
        return FINAL_SALE in self.tags


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. ``region`` is the part after the hyphen of ISO 3166-2, or empty; ``region_name`` its name."""

    first_name: str
    last_name: str
    line1: str
    city: str
    postcode: str
    country: str
    line2: str = ""
    company: str = ""
    region: str = ""
    region_name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer of one store. ``locale`` is a BCP 47 tag."""

    email: str
    address: Address
    locale: str

    @property
    def name(self) -> str:
        """First name and last name."""
        return f"{self.address.first_name} {self.address.last_name}"


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax as charged. ``rate`` is a decimal text ("0.19"); ``code`` names country, region and kind."""

    code: str
    title: str
    rate: str
    amount: int


@dataclass(frozen=True, slots=True)
class Duty:
    """Import duty charged with the order, for a whole line."""

    amount: int
    hs_code: str
    origin: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line as charged, in the order's currency. ``unit_price`` and ``discount`` as shown to the shopper."""

    product: Product
    variant: Variant
    quantity: int
    unit_price: int
    discount: int
    net: int
    taxes: tuple[Tax, ...]
    duty: Duty | None = None

    @property
    def total(self) -> int:
        """What the shopper paid for this line."""
        return self.net + sum(tax.amount for tax in self.taxes) + (self.duty.amount if self.duty else 0)


@dataclass(frozen=True, slots=True)
class Shipping:
    """The shipping line as charged; ``price`` as shown (with tax when the order's prices include it)."""

    title: str
    price: int
    net: int
    taxes: tuple[Tax, ...]

    @property
    def total(self) -> int:
        """What the shopper paid for it."""
        return self.net + sum(tax.amount for tax in self.taxes)


@dataclass(frozen=True, slots=True)
class Payment:
    """Money captured, in the order's currency. ``instrument``: card, paypal, bank, cod or gift_card.

    ``gateway`` in the platform's own words; ``manual`` gateways cannot send money back by themselves.
    """

    gateway: str
    title: str
    instrument: str
    amount: int
    manual: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel that left. ``lines``: (position in the order's lines, units). ``delivered_at`` None: on its way."""

    lines: tuple[tuple[int, int], ...]
    shipped_at: datetime
    delivered_at: datetime | None
    carrier: str
    tracking: str


@dataclass(frozen=True, slots=True)
class Order:
    """One order as charged, in ``currency``. ``rate``: units of ``currency`` for one of ``shop_currency``.

    ``discount_code`` with ``discount_type`` percent or fixed_cart, and ``discount_value`` (percent, or minor units).
    """

    number: int
    placed_at: datetime
    customer: Person
    currency: str
    shop_currency: str
    rate: Decimal
    prices_include_tax: bool
    lines: tuple[Line, ...]
    shipping: Shipping
    payments: tuple[Payment, ...]
    parcels: tuple[Parcel, ...]
    discount_code: str = ""
    discount_type: str = ""
    discount_value: int = 0
    note: str = ""
    tags: tuple[str, ...] = ()
    cancelled_at: datetime | None = None

    @property
    def email(self) -> str:
        """The customer's e-mail."""
        return self.customer.email

    @property
    def ship_to(self) -> Address:
        """Where it went."""
        return self.customer.address

    @property
    def locale(self) -> str:
        """The language it was bought in."""
        return self.customer.locale

    @property
    def total(self) -> int:
        """What the shopper was charged in all."""
        return sum(line.total for line in self.lines) + self.shipping.total

    @property
    def tax_total(self) -> int:
        """All taxes together."""
        charged = [*(tax for line in self.lines for tax in line.taxes), *self.shipping.taxes]
        return sum(tax.amount for tax in charged)

    @property
    def shipped_at(self) -> datetime | None:
        """When its (only) parcel left."""
        return self.parcels[0].shipped_at if self.parcels else None

    @property
    def delivered_at(self) -> datetime | None:
        """When its (only) parcel arrived."""
        return self.parcels[0].delivered_at if self.parcels else None


@dataclass(frozen=True, slots=True)
class Store:
    """One demo store: how it looks, what it sells, whom it sold to. ``orders`` oldest first, ``colour`` as #rrggbb."""

    key: str
    platform: str
    name: str
    tagline: str
    colour: str
    currency: str
    timezone: str
    address: Address
    support_email: str
    products: tuple[Product, ...]
    people: tuple[Person, ...]
    orders: tuple[Order, ...]

    def product(self, key: str) -> Product:
        """The product with this key. Raises LookupError."""
        for product in self.products:
            if product.key == key:
                return product
        raise LookupError(key)

    def order(self, number: int) -> Order:
        """The order with this number. Raises LookupError."""
        for order in self.orders:
            if order.number == number:
                return order
        raise LookupError(number)


@dataclass(frozen=True, slots=True)
class World:
    """Both stores."""

    woocommerce: Store
    shopify: Store

    @property
    def stores(self) -> tuple[Store, Store]:
        """WooCommerce's first."""
        return (self.woocommerce, self.shopify)


@dataclass(frozen=True, slots=True)
class Guided:
    """A person a visitor can play. ``number`` is the order to try; ``story`` says what is special about it."""

    platform: str
    number: int
    email: str
    name: str
    story: str


GUIDED: Final = (
    Guided(WOOCOMMERCE, 1112, "karla.kunde@example.test", "Karla Kunde", "Berlin; two sweaters and a belt, delivered"),
    Guided(WOOCOMMERCE, 1114, "uma.smith@example.test", "Uma Smith", "Austin; paid in USD, state and city tax on top"),
    Guided(WOOCOMMERCE, 1116, "wang.wei@example.test", "王伟", "Shanghai; reads Chinese, paid by bank transfer"),
    Guided(
        WOOCOMMERCE, 1118, "sofie.devries@example.test", "Sofie de Vries", "Utrecht; one of her items is final sale"
    ),
    Guided(
        WOOCOMMERCE, 1120, "mariam.alenezi@example.test", "Mariam Al-Enezi", "Kuwait City; paid in KWD, three decimals"
    ),
    Guided(WOOCOMMERCE, 1040, "james.hughes@example.test", "James Hughes", "Leeds; delivered months ago, too late"),
    Guided(WOOCOMMERCE, 1138, "amelie.laurent@example.test", "Amélie Laurent", "Lyon; her parcel is still on its way"),
    Guided(SHOPIFY, 2112, "sato.haruka@example.test", "佐藤 陽香", "Osaka; paid in yen, which has no cents"),
    Guided(SHOPIFY, 2114, "dalal.almutairi@example.test", "Dalal Al-Mutairi", "Kuwait City; paid in KWD, duty prepaid"),
    Guided(SHOPIFY, 2116, "li.na@example.test", "李娜", "Munich; reads Chinese, paid with gift card and card"),
    Guided(SHOPIFY, 2118, "noah.tremblay@example.test", "Noah Tremblay", "Montréal; two taxes and duty prepaid"),
    Guided(SHOPIFY, 2120, "ava.miller@example.test", "Ava Miller", "Portland; a domestic order with a discount code"),
)
"""Order numbers are fixed; ``make_world`` gives each of these persons exactly this order."""


def make_world(now: datetime) -> World:
    """Both stores as of ``now`` (aware). The same ``now`` gives the same world, another one only shifts its dates."""
    from demo.world_orders import make_stores  # noqa: PLC0415 - it needs the types above

    woocommerce, shopify = make_stores(now)
    return World(woocommerce, shopify)
