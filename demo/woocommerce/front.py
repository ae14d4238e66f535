"""What the storefront's pages need from this store; see ``demo.storefront.shop``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from flask import Request, Response

from demo import world
from demo.storefront.shop import Bought, BoughtLine, Progress
from demo.woocommerce import orders, plugin
from demo.woocommerce.checkout import LineCharged, Purchase, ShippingCharged, TaxCharged, document
from demo.woocommerce.orders import Document
from demo.woocommerce.seed import address, money, rate_ids, source_at
from demo.woocommerce.state import instant
from demo.world_money import tax_on, without_tax
from demo.world_people import country_of, taxes_at

if TYPE_CHECKING:
    from demo.woocommerce.store import WooStore

_FREE_OVER, _STANDARD = 15_000, 595
"""Shipping in the store's minor units: free from an amount of goods on, or its price."""


class WooFront:
    """The store as its shoppers see it: a ``Shop``."""

    def __init__(self, store: WooStore) -> None:
        self._store = store
        self._source = source_at(store.now())

    @property
    def source(self) -> world.Store:
        """Name, colours and catalogue."""
        return self._source

    @property
    def returns_path(self) -> str:
        """Where the returns page hangs."""
        return plugin.RETURNS_PATH

    def stock(self, sku: str) -> int:
        """Units left; 0 for an unknown SKU."""
        try:
            return max(0, self._store.stock_of(sku))
        except LookupError:
            return 0

    def orders_of(self, email: str) -> Sequence[Bought]:
        """A person's orders, newest first."""
        rows = self._store.state.rows(
            "SELECT id FROM objects WHERE kind = 'order' AND lower(json_extract(body, '$.billing.email')) = ?"
            " AND status <> 'trash' ORDER BY created DESC, id DESC",
            email.strip().lower(),
        )
        return [self._bought(self._store.order(row["id"])) for row in rows]

    def order(self, number: str) -> Bought | None:
        """One order."""
        try:
            return self._bought(self._store.order(number))
        except LookupError:
            return None

    def _bought(self, order: Document) -> Bought:
        currency, delivered = order["currency"], order["delivered"]
        return Bought(
            number=order["number"],
            email=order["billing"]["email"],
            placed_at=instant(order["created"]),
            delivered_at=instant(delivered) if delivered else None,
            progress=_progress(order),
            currency=currency,
            total=orders.minor(orders.total(order), currency),
            refunded=orders.minor(orders.refunded(self._store.refunds_of(order)), currency),
            lines=tuple(_line(item, currency) for item in order["line_items"]),
        )

    def buy(self, buyer: world.Person, sku: str, quantity: int) -> Bought:
        """A new order of one article, paid by card in the store's currency, with the taxes of where it goes.

        Raises LookupError for an unknown SKU, ValueError for a quantity that is not there.
        """
        variant = next((v for product in self._source.products for v in product.variants if v.sku == sku), None)
        if variant is None:
            raise LookupError(sku)
        if not 0 < quantity <= self.stock(sku):
            message = f"{quantity} of {sku} are not there"
            raise ValueError(message)
        country = country_of(buyer.address)
        known = taxes_at(country, buyer.address)
        currency = self._source.currency

        def charge(shown: int) -> tuple[Decimal, tuple[TaxCharged, ...]]:
            rates = [rate for _, _, rate in known] if shown else []
            net, amounts = without_tax(shown, rates) if country.inclusive else (shown, tax_on(shown, rates))
            taxes = [world.Tax(*tax, amount) for tax, amount in zip(known, amounts, strict=False)]
            charged = [money(tax.amount, currency) for tax in taxes]
            ids = rate_ids(self._store, taxes)
            parts = tuple(TaxCharged(number, one, one) for number, one in zip(ids, charged, strict=True))
            return money(net, currency), parts

        shown, now = variant.price * quantity, self._store.now()
        goods, goods_taxes = charge(shown)
        carriage, carriage_taxes = charge(0 if shown >= _FREE_OVER else _STANDARD)
        customs = (("_hs_code", variant.hs_code), ("_country_of_origin", variant.origin))
        purchase = Purchase(
            billing=address(buyer.address, buyer.email),
            currency=currency,
            prices_include_tax=country.inclusive,
            lines=(LineCharged(sku, quantity, goods, goods, goods_taxes, customs),),
            shipping=(ShippingCharged(f"{country.carrier} standard", carriage, carriage_taxes),),
            placed_at=now,
            paid_at=now,
            customer_id=self._store.customer(buyer.email, create=True),
        )
        with self._store.state.transaction():
            return self._bought(self._store.sell(document(self._store, purchase)))

    def deliver(self, number: str) -> Bought:
        """The merchant completes the order, and the carrier hands it over at once. Raises LookupError."""
        order = self._store.order(number)
        if order["status"] in {"pending", "processing", "on-hold"}:
            self._store.complete(order)
        return self._bought(self._store.deliver(number, self._store.now()))

    def forward(self, request: Request, path: str, *, email: str, theme: Callable[[str], str]) -> Response:
        """Hand a visit of the returns page on to Helloword, for the account of ``email`` or for a guest."""
        customer = self._store.customer(email) if email else 0
        return plugin.forward(self._store, request, path, customer=str(customer or ""), theme=theme)


def _progress(order: Document) -> Progress:
    if order["status"] == "cancelled":
        return Progress.CANCELLED
    if order["delivered"]:
        return Progress.DELIVERED
    return Progress.SENT if order["completed"] else Progress.PAID


def _line(item: Document, currency: str) -> BoughtLine:
    options = [one["display_value"] for one in item["meta_data"] if "display_value" in one]
    picture = item["image"]
    return BoughtLine(
        title=item["parent_name"] or item["name"],
        options=" / ".join(options),
        quantity=item["quantity"],
        total=orders.minor(orders.add([item["total"], item["total_tax"]]), currency),
        image=picture["path"].rpartition("/")[2] if picture else "",
    )
