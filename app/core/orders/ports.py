"""What the orders capability needs from a store: one order as charged, and what changed since a moment.

The snapshot types below are the only form in which a platform's order enters the house. All amounts are Money in
the order's ``currency`` (the presentment currency: what the shopper was charged in), net of tax and after
discounts, as charged; nothing is recomputed from a rate or a catalogue price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from app.core.kit.money import Money


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. ``country`` is ISO 3166-1 alpha-2; ``region`` is the part after the hyphen of ISO 3166-2."""

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""

    def as_dict(self) -> dict[str, str]:
        """For a JSON column."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, value: dict[str, Any] | None) -> Address:
        """From a JSON column; unknown keys are dropped, missing ones are empty."""
        known = {name: str(text) for name, text in (value or {}).items() if name in cls.__slots__}
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax as charged. ``rate`` is information ("0.19"), never computed with. ``ref`` is the platform's rate id."""

    title: str
    amount: Money
    rate: str | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class LineSnapshot:
    """One line as charged: ``net`` is for the whole line, after all discounts, without tax and duty.

    ``ref``, ``product_ref``, ``variant_ref``, ``stock_ref`` are the platform's ids as text; ``stock_ref`` is what its
    inventory call wants. ``options``: ("Size", "M") pairs in order. ``tags`` are the product's, lower case; None where
    this source does not tell them (they are then kept as they are known, or the order is read again).
    ``weight_g`` is of one unit, if the platform knows it.
    """

    ref: str
    title: str
    quantity: int
    unit_price: Money
    discount: Money
    net: Money
    taxes: tuple[Tax, ...] = ()
    duty: Money | None = None
    variant_title: str = ""
    sku: str = ""
    product_ref: str = ""
    variant_ref: str = ""
    stock_ref: str = ""
    options: tuple[tuple[str, str], ...] = ()
    image_url: str = ""
    tags: tuple[str, ...] | None = None
    vendor: str = ""
    product_type: str = ""
    hs_code: str = ""
    origin_country: str = ""
    weight_g: int | None = None
    requires_shipping: bool = True
    gift_card: bool = False


@dataclass(frozen=True, slots=True)
class ShippingSnapshot:
    """One shipping line as charged; ``net`` after discount, without tax."""

    ref: str
    title: str
    net: Money
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentSnapshot:
    """Money really captured. ``instrument``: card, paypal, cod, bank, gift_card, store_credit or other."""

    ref: str
    gateway: str
    instrument: str
    amount: Money
    title: str = ""
    refundable_by_gateway: bool = True


@dataclass(frozen=True, slots=True)
class FulfillmentSnapshot:
    """One parcel that left: ``lines`` are (line ref, quantity). Dates are None while unknown."""

    ref: str
    lines: tuple[tuple[str, int], ...]
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    carrier: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, slots=True)
class RefundSnapshot:
    """A refund that the platform knows of. ``our_key`` is our mark on it; None means made by someone else.

    ``lines``: (line ref, quantity). ``amount`` is what went back in all, in the order's currency.
    """

    ref: str
    amount: Money
    created_at: datetime
    lines: tuple[tuple[str, int], ...] = ()
    our_key: str | None = None
    shipping: Money | None = None


@dataclass(frozen=True, slots=True)
class OrderSnapshot:
    """One order as its platform has it at ``updated_at``.

    ``currency`` is what the shopper paid in, ``shop_currency`` the store's own; ``exchange_rate`` = units of
    ``currency`` for one of ``shop_currency`` when the order was placed (1 when they are the same). ``refunds`` is
    None when this delivery does not tell (then what is known stays); a tuple, also empty, is the whole truth.
    """

    ref: str
    number: str
    email: str
    currency: str
    shop_currency: str
    exchange_rate: Decimal
    prices_include_tax: bool
    placed_at: datetime
    updated_at: datetime
    status: str
    lines: tuple[LineSnapshot, ...]
    shipping: tuple[ShippingSnapshot, ...] = ()
    payments: tuple[PaymentSnapshot, ...] = ()
    fulfillments: tuple[FulfillmentSnapshot, ...] = ()
    refunds: tuple[RefundSnapshot, ...] | None = None
    total: Money | None = None
    ship_to: Address = field(default_factory=Address)
    bill_to: Address = field(default_factory=Address)
    customer_ref: str = ""
    locale: str = ""
    tags: tuple[str, ...] = ()
    cancelled_at: datetime | None = None
    completed_at: datetime | None = None


# --- what a delivery asks of us ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordOrder:
    """The delivery holds the whole order. ``pull`` asks to read it again as well (refund lines are not in it)."""

    snapshot: OrderSnapshot
    pull: bool = False


@dataclass(frozen=True, slots=True)
class PullOrder:
    """Something about this order changed; read it."""

    order_ref: str


@dataclass(frozen=True, slots=True)
class OrderDeleted:
    """The store deleted this order."""

    order_ref: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The merchant removed us."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing for us in it; ``why`` is a stable code kept with the inbox row."""

    why: str


Command = RecordOrder | PullOrder | OrderDeleted | Disconnected | Ignore


@dataclass(frozen=True, slots=True)
class ChangedOrders:
    """A page of orders changed since a moment, oldest first. ``next_cursor`` is None on the last page."""

    orders: Sequence[OrderSnapshot]
    next_cursor: str | None


class OrderSource(Protocol):
    """A store's orders. Every method may raise ProviderError."""

    def order(self, ref: str) -> OrderSnapshot | None:
        """The order with this platform id, with ``refunds`` filled in; None if the store has none."""
        ...

    def find_order(self, number: str, email: str) -> OrderSnapshot | None:
        """The order with this number (with or without a leading #) placed with this e-mail; both are compared here,
        exactly (e-mail without regard to case), because platforms' filters lie.
        """
        ...

    def changed_since(self, since: datetime, cursor: str | None = None) -> ChangedOrders:
        """Orders changed at or after ``since``, a page at a time."""
        ...
