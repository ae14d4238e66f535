"""What the storefront's pages need from this store; see ``demo.storefront.shop``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from flask import Request, Response

from demo import world
from demo.shopify import orders, proxy
from demo.shopify.checkout import LineCharged, Paid, Purchase, ShippingCharged, TaxCharged, document, next_number
from demo.shopify.orders import Document
from demo.shopify.seed import address
from demo.shopify.state import instant
from demo.storefront.shop import Bought, BoughtLine, Progress
from demo.world_money import tax_on, without_tax
from demo.world_people import country_of, taxes_at

if TYPE_CHECKING:
    from demo.shopify.store import ShopifyStore

_FREE_OVER, _STANDARD = 15_000, 595
"""Shipping in the store's minor units: free from an amount of goods on, or its price."""


class ShopifyFront:
    """The store as its shoppers see it: a ``Shop``."""

    def __init__(self, store: ShopifyStore) -> None:
        self._store = store
        self._source = world.make_world(store.now()).shopify

    @property
    def source(self) -> world.Store:
        """Name, colours and catalogue."""
        return self._source

    @property
    def returns_path(self) -> str:
        """Where the app proxy hangs."""
        return proxy.PATH_PREFIX

    def stock(self, sku: str) -> int:
        """Units left; 0 for an unknown SKU."""
        try:
            variant = self._store.variant_by_sku(sku)
        except LookupError:
            return 0
        return max(0, self._store.stock.everywhere(variant["inventoryItem"]["id"]))

    def orders_of(self, email: str) -> Sequence[Bought]:
        """A person's orders, newest first."""
        rows = self._store.state.rows(
            "SELECT id FROM orders WHERE email = ? ORDER BY created_at DESC, id DESC", email.strip().lower()
        )
        return [self._bought(self._store.order(row["id"])) for row in rows]

    def order(self, number: str) -> Bought | None:
        """One order."""
        try:
            return self._bought(self._store.order(f"#{number}"))
        except (LookupError, ValueError):
            return None

    def buy(self, buyer: world.Person, sku: str, quantity: int) -> Bought:
        """A new order of one article, paid by card in the store's currency, with the taxes of where it goes.

        Raises LookupError for an unknown SKU, ValueError for a quantity that is not there.
        """
        variant = self._store.variant_by_sku(sku)
        if not 0 < quantity <= self.stock(sku):
            message = f"{quantity} of {sku} are not there"
            raise ValueError(message)
        country = country_of(buyer.address)
        known = taxes_at(country, buyer.address)

        def charge(shown: int) -> tuple[int, tuple[TaxCharged, ...]]:
            rates = [rate for _, _, rate in known]
            amounts = without_tax(shown, rates)[1] if country.inclusive else tax_on(shown, rates)
            taxes = [
                TaxCharged(title, rate, tax) for (_, title, rate), tax in zip(known, amounts, strict=True) if shown
            ]
            return shown + (0 if country.inclusive else sum(tax.amount for tax in taxes)), tuple(taxes)

        goods = variant["price"] * quantity
        carriage = 0 if goods >= _FREE_OVER else _STANDARD
        (goods_total, goods_taxes), (carriage_total, carriage_taxes) = charge(goods), charge(carriage)
        place = address(buyer.address)
        purchase = Purchase(
            number=next_number(self._store),
            placed_at=self._store.now(),
            email=buyer.email,
            currency=self._store.currency,
            shop_currency=self._store.currency,
            rate=Decimal(1),
            taxes_included=country.inclusive,
            ship_to=place,
            phone=place["phone"],
            lines=(LineCharged(variant["id"], quantity, variant["price"], (), goods_taxes, None),),
            shipping=(ShippingCharged(f"{country.carrier} standard", carriage, taxes=carriage_taxes),),
            payments=(Paid("shopify_payments", goods_total + carriage_total, "Visa ending in 4242"),),
            parcels=(),
            locale=buyer.locale,
        )
        return self._bought(self._store.sell(document(self._store, purchase)))

    def deliver(self, number: str) -> Bought:
        """Everything is sent and handed over at once. Raises LookupError."""
        order = self._store.fulfil(f"#{number}")
        return self._bought(self._store.mark_delivered(order))

    def forward(self, request: Request, path: str, *, email: str, theme: Callable[[str], str]) -> Response:
        """Hand a visit of the returns page on through the app proxy, for the customer of ``email`` or for a guest."""
        del email  # an order knows its shopper by e-mail only; accounts of the new kind are not seen by an app proxy
        return proxy.forward(self._store, request, path, customer="", theme=theme)

    def _bought(self, order: Document) -> Bought:
        delivered = [instant(one["deliveredAt"]) for one in order["fulfillments"] if one["deliveredAt"]]
        lines = order["lineItems"]
        return Bought(
            number=str(order["number"]),
            email=order["email"],
            placed_at=instant(order["createdAt"]),
            delivered_at=max(delivered) if delivered else None,
            progress=_progress(order, delivered),
            currency=order["presentmentCurrencyCode"],
            total=orders.order_total(order).presentment,
            refunded=orders.refunded(order).presentment,
            lines=tuple(self._line(order, line) for line in lines),
        )

    def _line(self, order: Document, line: Document) -> BoughtLine:
        picture = line.get("image")
        return BoughtLine(
            title=line["title"],
            options=line.get("variantTitle") or "",
            quantity=line["quantity"],
            total=orders.on_top(order, line, orders.line_price(line)).presentment,
            image=picture["path"].rpartition("/")[2] if picture else "",
        )


def _progress(order: Document, delivered: Sequence[datetime]) -> Progress:
    if order["cancelledAt"]:
        return Progress.CANCELLED
    if delivered:
        return Progress.DELIVERED
    return Progress.SENT if order["fulfillments"] else Progress.PAID
