"""From what was bought to an order document: both currencies, ids, taxes, duties, payments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from demo.shopify.money import Bag
from demo.shopify.orders import Document, payments
from demo.shopify.state import stamp

if TYPE_CHECKING:
    from demo.shopify.store import ShopifyStore


@dataclass(frozen=True, slots=True)
class TaxCharged:
    """One tax in the shopper's minor units; ``rate`` as a decimal text ("0.19")."""

    title: str
    rate: str
    amount: int


@dataclass(frozen=True, slots=True)
class DutyCharged:
    """Duty for a whole line."""

    amount: int
    hs_code: str
    origin: str
    taxes: tuple[TaxCharged, ...] = ()


@dataclass(frozen=True, slots=True)
class Discounted:
    """Discount allocated to a line or to shipping. ``level``: line or order; ``code`` is empty when automatic."""

    amount: int
    code: str = ""
    level: str = "order"


@dataclass(frozen=True, slots=True)
class LineCharged:
    """One line, everything in the shopper's minor units; prices hold tax when the order says so."""

    variant: int
    quantity: int
    unit_price: int
    discounts: tuple[Discounted, ...] = ()
    taxes: tuple[TaxCharged, ...] = ()
    duty: DutyCharged | None = None


@dataclass(frozen=True, slots=True)
class ShippingCharged:
    """One shipping line."""

    title: str
    price: int
    discounts: tuple[Discounted, ...] = ()
    taxes: tuple[TaxCharged, ...] = ()


@dataclass(frozen=True, slots=True)
class Paid:
    """One captured payment. ``manual`` gateways (bank deposit, cash on delivery) cannot send money back."""

    gateway: str
    amount: int
    title: str = ""
    manual: bool = False
    details: str | None = "CardPaymentDetails"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel that left with (line position, units)."""

    lines: tuple[tuple[int, int], ...]
    shipped_at: datetime
    delivered_at: datetime | None
    carrier: str
    tracking: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order as it comes out of the checkout. ``rate``: presentment units for one unit of the shop's currency."""

    number: int
    placed_at: datetime
    email: str
    currency: str
    shop_currency: str
    rate: Decimal
    taxes_included: bool
    ship_to: Document
    lines: tuple[LineCharged, ...]
    shipping: tuple[ShippingCharged, ...]
    payments: tuple[Paid, ...]
    bill_to: Document | None = None
    phone: str | None = None
    locale: str = "en"
    note: str | None = None
    tags: tuple[str, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    cancelled_at: datetime | None = None
    test: bool = field(default=False)


class _Writer:
    def __init__(self, store: ShopifyStore, purchase: Purchase) -> None:
        self.store = store
        self.purchase = purchase

    def number(self, kind: str, start: int) -> int:
        return self.store.state.number(kind, start)

    def bag(self, minor: int) -> Document:
        """The amount in both currencies, each rounded by itself (as Shopify converts every amount apart)."""
        one = self.purchase
        return Bag.charged(minor, one.currency, one.shop_currency, one.rate).stored()

    def taxes(self, taxes: Sequence[TaxCharged]) -> list[Document]:
        return [{"title": one.title, "rate": one.rate, "priceSet": self.bag(one.amount)} for one in taxes]

    def discounts(self, discounts: Sequence[Discounted]) -> list[Document]:
        return [
            {"allocatedAmountSet": self.bag(one.amount), "code": one.code, "level": one.level}
            for one in discounts
            if one.amount
        ]

    def duties(self, duty: DutyCharged | None) -> list[Document]:
        if duty is None:
            return []
        return [
            {
                "id": self.number("Duty", 2_700_001),
                "price": self.bag(duty.amount),
                "harmonizedSystemCode": duty.hs_code,
                "countryCodeOfOrigin": duty.origin,
                "taxLines": self.taxes(duty.taxes),
            }
        ]

    def line(self, line: LineCharged) -> Document:
        variant = self.store.state.thing("ProductVariant", line.variant)
        assert variant is not None
        product = self.store.state.thing("Product", variant["productId"])
        assert product is not None
        default = variant["title"] == "Default Title"
        return {
            "id": self.number("LineItem", 2_000_001),
            "title": product["title"],
            "name": product["title"] if default else f"{product['title']} - {variant['title']}",
            "variantTitle": None if default else variant["title"],
            "sku": variant["sku"],
            "vendor": product["vendor"],
            "quantity": line.quantity,
            "requiresShipping": variant["inventoryItem"]["requiresShipping"],
            "isGiftCard": False,
            "taxable": True,
            "productId": product["id"],
            "variantId": variant["id"],
            "image": variant.get("image") or product.get("image"),
            "weight": variant["inventoryItem"]["weight"],
            "customAttributes": [],
            "originalUnitPriceSet": self.bag(line.unit_price),
            "discountAllocations": self.discounts(line.discounts),
            "taxLines": self.taxes(line.taxes),
            "duties": self.duties(line.duty),
        }

    def shipping(self, line: ShippingCharged) -> Document:
        return {
            "id": self.number("ShippingLine", 2_400_001),
            "title": line.title,
            "code": line.title,
            "source": "shopify",
            "carrierIdentifier": None,
            "custom": False,
            "isRemoved": False,
            "originalPriceSet": self.bag(line.price),
            "discountAllocations": self.discounts(line.discounts),
            "taxLines": self.taxes(line.taxes),
        }

    def payment(self, paid: Paid) -> Document:
        at = stamp(self.purchase.placed_at)
        return {
            "id": self.number("OrderTransaction", 5_000_001),
            "kind": "SALE",
            "status": "SUCCESS",
            "gateway": paid.gateway,
            "formattedGateway": paid.title or paid.gateway.replace("_", " ").title(),
            "amountSet": self.bag(paid.amount),
            "createdAt": at,
            "processedAt": at,
            "parentId": None,
            "manualPaymentGateway": paid.manual,
            "test": self.purchase.test,
            "errorCode": None,
            "paymentId": None,
            "accountNumber": None,
            "paymentDetails": None if paid.manual or not paid.details else {"__typename": paid.details},
        }

    def parcel(self, parcel: Parcel, lines: list[Document], index: int) -> Document:
        shipped = stamp(parcel.shipped_at)
        delivered = stamp(parcel.delivered_at) if parcel.delivered_at else None
        events = []
        if delivered:
            number = self.number("FulfillmentEvent", 4_800_001)
            events = [{"id": number, "status": "DELIVERED", "happenedAt": delivered, "createdAt": delivered}]
        return {
            "id": self.number("Fulfillment", 4_000_001),
            "name": f"#{self.purchase.number}-F{index}",
            "status": "SUCCESS",
            "displayStatus": "DELIVERED" if delivered else "IN_TRANSIT",
            "createdAt": shipped,
            "updatedAt": delivered or shipped,
            "inTransitAt": shipped,
            "deliveredAt": delivered,
            "estimatedDeliveryAt": None,
            "requiresShipping": True,
            "locationId": self.store.primary_location(),
            "trackingInfo": [{"company": parcel.carrier, "number": parcel.tracking, "url": parcel.url}],
            "lines": [
                {
                    "id": self.number("FulfillmentLineItem", 4_500_001),
                    "lineItemId": lines[position]["id"],
                    "quantity": units,
                }
                for position, units in parcel.lines
            ],
            "events": events,
        }


def customer(store: ShopifyStore, purchase: Purchase) -> int:
    """The customer with this e-mail; made when new."""
    row = store.state.get_meta(f"customer:{purchase.email.lower()}")
    if row is not None:
        return int(row)
    number = store.state.number("Customer", 1_200_001)
    at = stamp(purchase.placed_at)
    store.state.put_thing(
        "Customer",
        {
            "id": number,
            "email": purchase.email,
            "firstName": purchase.ship_to["firstName"],
            "lastName": purchase.ship_to["lastName"],
            "locale": purchase.locale,
            "tags": [],
            "createdAt": at,
            "updatedAt": at,
        },
    )
    store.state.set_meta(f"customer:{purchase.email.lower()}", number)
    return number


def document(store: ShopifyStore, purchase: Purchase) -> Document:
    """The order document of a purchase."""
    writer = _Writer(store, purchase)
    lines = [writer.line(one) for one in purchase.lines]
    at = stamp(purchase.placed_at)
    parcels = [writer.parcel(one, lines, index) for index, one in enumerate(purchase.parcels, start=1)]
    cancelled = stamp(purchase.cancelled_at) if purchase.cancelled_at else None
    billing = purchase.bill_to or purchase.ship_to
    return {
        "id": writer.number("Order", 1_000_001),
        "number": purchase.number,
        "name": f"#{purchase.number}",
        "email": purchase.email,
        "phone": purchase.phone,
        "note": purchase.note,
        "tags": list(purchase.tags),
        "createdAt": at,
        "processedAt": at,
        "updatedAt": max([at, *(one["updatedAt"] for one in parcels), cancelled or at]),
        "cancelledAt": cancelled,
        "cancelReason": "CUSTOMER" if cancelled else None,
        "closedAt": None,
        "confirmed": True,
        "edited": False,
        "test": purchase.test,
        "currencyCode": purchase.shop_currency,
        "presentmentCurrencyCode": purchase.currency,
        "exchangeRate": str(purchase.rate),
        "customerLocale": purchase.locale,
        "taxesIncluded": purchase.taxes_included,
        "dutiesIncluded": False,
        "taxExempt": False,
        "sourceName": "web",
        "discountCodes": sorted({d.code for line in purchase.lines for d in line.discounts if d.code}),
        "customAttributes": [],
        "additionalFees": [],
        "customerId": customer(store, purchase),
        "shippingAddress": {"id": writer.number("MailingAddress", 1_500_001), **purchase.ship_to},
        "billingAddress": {"id": writer.number("MailingAddress", 1_500_001), **billing},
        "lineItems": lines,
        "shippingLines": [writer.shipping(one) for one in purchase.shipping],
        "transactions": [writer.payment(one) for one in purchase.payments],
        "fulfillments": parcels,
        "refunds": [],
    }


def again(store: ShopifyStore, order: Document) -> Document:
    """The same order once more, placed now: same shopper, articles and charges; a new number, nothing sent yet."""
    writer, at = store.state.number, stamp(store.now())
    copy: Document = json.loads(json.dumps(order))
    number = next_number(store)
    for line in copy["lineItems"]:
        line["id"] = writer("LineItem", 2_000_001)
        for duty in line["duties"]:
            duty["id"] = writer("Duty", 2_700_001)
    for line in copy["shippingLines"]:
        line["id"] = writer("ShippingLine", 2_400_001)
    paid = payments(copy)
    for one in paid:
        one |= {"id": writer("OrderTransaction", 5_000_001), "createdAt": at, "processedAt": at}
    for name in ("shippingAddress", "billingAddress"):
        copy[name]["id"] = writer("MailingAddress", 1_500_001)
    return copy | {
        "id": writer("Order", 1_000_001),
        "number": number,
        "name": f"#{number}",
        "createdAt": at,
        "processedAt": at,
        "updatedAt": at,
        "cancelledAt": None,
        "cancelReason": None,
        "closedAt": None,
        "transactions": paid,
        "fulfillments": [],
        "refunds": [],
    }


def next_number(store: ShopifyStore) -> int:
    """The number of the next order."""
    return store.state.number("order", 1001)
