"""What an exchange needs from a store: what may be taken instead, and an order for it that is paid in its checkout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from app.core.kit.money import Money


@dataclass(frozen=True, slots=True)
class Article:
    """A variant that a shopper may take instead.

    ``unit_price`` is what the store asks today in the order's currency, with or without tax as the store shows prices;
    None where the store has no price in that currency. ``available``: units that can be sold now, None where the store
    does not count them. ``tax_rate`` as a fraction, what this order's destination pays ("0.20").
    """

    product_ref: str
    variant_ref: str
    stock_ref: str
    title: str
    options: tuple[tuple[str, str], ...]
    sku: str
    unit_price: Money | None
    available: int | None
    tax_rate: Decimal
    image_url: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeLine:
    """Units of one article to be sent. ``unit_price`` as for ``Article``, as the shopper was shown it."""

    product_ref: str
    variant_ref: str
    title: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True)
class ExchangeOrder:
    """An order to the store: make an order for this, once, for the customer and the addresses of ``order_ref``.

    ``key`` is the outbox id, our mark on the new order. The new order carries the articles at their full value and
    ``credit`` (what comes back and the bonus spent) as a discount, so that exactly ``owed`` (possibly nothing) is left
    to pay. Until that is paid nothing may be shipped; the units are kept from other buyers until ``reserve_until`` as
    far as the store can do that.
    """

    key: str
    order_ref: str
    rma: str
    lines: tuple[ExchangeLine, ...]
    total: Money
    credit: Money
    owed: Money
    reserve_until: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class MadeExchange:
    """The store's answer. ``order_ref``: the new order's platform id as order webhooks and pulls will name it; None
    while it exists only as a draft that nobody has paid (then ``draft_ref`` names that). ``owed``: what the store
    really asks; ``pay_url``: its own checkout, None when nothing is owed. ``reserved``: whether the units are kept.
    """

    order_ref: str | None
    draft_ref: str | None
    number: str
    owed: Money
    pay_url: str | None
    reserved: bool
    paid: bool


class Exchanges(Protocol):
    """A store's exchange orders. Every method may raise ProviderError."""

    def articles(self, order_ref: str, product_ref: str) -> Sequence[Article]:
        """The variants of a product, as the shopper of this order would buy them today."""
        ...

    def make_exchange(self, exchange: ExchangeOrder) -> MadeExchange:
        """Make the order. A business refusal (sold out, article gone, another price than ``owed`` would come out)
        raises a ProviderError that is not retryable, and leaves no order behind.
        """
        ...

    def find_exchange(self, exchange: ExchangeOrder) -> MadeExchange | None:
        """The order (or draft) that bears our key, as it stands now: asked before any second try, and to learn whether
        it has been paid.
        """
        ...

    def cancel_exchange(self, exchange: ExchangeOrder) -> bool:
        """Take an unpaid one back and free its units; False when there is none, or it has been paid meanwhile."""
        ...
