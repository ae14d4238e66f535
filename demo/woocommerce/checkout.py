"""How an order document comes to be: from a Purchase, whoever made it (the seed, a shopper, a test)."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from demo.woocommerce import orders
from demo.woocommerce.orders import Document
from demo.woocommerce.state import stamp
from demo.woocommerce.stock import REDUCED, RESTOCKED
from demo.woocommerce.wire import php_number

if TYPE_CHECKING:
    from demo.woocommerce.store import WooStore


@dataclass(frozen=True, slots=True)
class TaxCharged:
    """One tax of a line: the id of its rate, what was charged, and what it was before the discount."""

    rate: int
    total: Decimal
    subtotal: Decimal


@dataclass(frozen=True, slots=True)
class LineCharged:
    """``total`` after and ``subtotal`` before discounts, without tax, for the whole line; ``meta`` is hidden data."""

    sku: str
    quantity: int
    total: Decimal
    subtotal: Decimal
    taxes: tuple[TaxCharged, ...] = ()
    meta: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ShippingCharged:
    """``total`` without tax."""

    title: str
    total: Decimal
    taxes: tuple[TaxCharged, ...] = ()
    instance: str = ""


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon that was used: its code, percent or fixed_cart, and how much of it."""

    code: str
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Purchase:
    """Everything that is known of an order. ``number`` None takes the store's next one.

    ``billing`` is an address of wc/v3 with its e-mail. Dates are aware; ``paid_at`` None: not paid yet.
    """

    billing: Mapping[str, str]
    currency: str
    lines: tuple[LineCharged, ...]
    shipping: tuple[ShippingCharged, ...]
    placed_at: datetime
    method: str = "stripe"
    method_title: str = "Credit card"
    number: int | None = None
    status: str = "processing"
    prices_include_tax: bool = True
    customer_id: int = 0
    created_via: str = "checkout"
    coupon: Coupon | None = None
    paid_at: datetime | None = None
    completed_at: datetime | None = None
    delivered_at: datetime | None = None
    modified_at: datetime | None = None
    note: str = ""
    meta: tuple[tuple[str, Any], ...] = ()


def document(store: WooStore, purchase: Purchase) -> Document:
    """The order document; it is not kept yet. Raises LookupError for an unknown SKU."""
    number = purchase.number or store.next_post()
    lines = [_line(store, one) for one in purchase.lines]
    carriage = [_shipping(store, one) for one in purchase.shipping]
    dates = [one for one in (purchase.placed_at, purchase.paid_at, purchase.completed_at, purchase.modified_at) if one]
    order: Document = {
        "id": number,
        "number": str(number),
        "status": purchase.status,
        "currency": purchase.currency,
        "prices_include_tax": purchase.prices_include_tax,
        "created": stamp(purchase.placed_at),
        "modified": stamp(max(dates)),
        "paid": stamp(purchase.paid_at) if purchase.paid_at else None,
        "completed": stamp(purchase.completed_at) if purchase.completed_at else None,
        "delivered": stamp(purchase.delivered_at) if purchase.delivered_at else None,
        "customer_id": purchase.customer_id,
        "order_key": order_key(number),
        "billing": dict(purchase.billing),
        "shipping": {name: text for name, text in purchase.billing.items() if name != "email"},
        "payment_method": purchase.method,
        "payment_method_title": purchase.method_title,
        "transaction_id": _transaction(number, purchase),
        "created_via": purchase.created_via,
        "customer_note": purchase.note,
        "meta_data": [{"id": store.state.number("meta"), "key": key, "value": value} for key, value in purchase.meta],
        "line_items": lines,
        "shipping_lines": carriage,
        "fee_lines": [],
    }
    order["tax_lines"] = [
        {"id": store.state.number("item"), "rate": rate} for rate, _goods, _carriage in orders.tax_lines(order)
    ]
    order["coupon_lines"] = [_coupon(store, order, purchase.coupon)] if purchase.coupon else []
    return order


def order_key(number: int) -> str:
    """The key in the links of an order's mails."""
    return f"wc_order_{hashlib.sha256(f'order {number}'.encode()).hexdigest()[:13]}"


def _transaction(number: int, purchase: Purchase) -> str:
    if purchase.paid_at is None or purchase.method in {"bacs", "cheque", "cod"}:
        return ""
    return f"ch_{hashlib.sha256(f'payment {number}'.encode()).hexdigest()[:24]}"


def _taxes(taxes: tuple[TaxCharged, ...]) -> list[Document]:
    return [{"id": one.rate, "total": str(one.total), "subtotal": str(one.subtotal)} for one in taxes]


def _line(store: WooStore, line: LineCharged) -> Document:
    article = store.stock.article(line.sku)
    product = store.stock.product_of(article)
    number = store.state.number("item")
    hidden: list[Document] = [{"key": key, "value": value} for key, value in line.meta]
    chosen: list[Document] = [
        {
            "key": one["slug"],
            "value": one["slug_value"],
            "display_key": one["name"],
            "display_value": one["option"],
        }
        for one in (article["attributes"] if article["parent_id"] else ())
    ]
    return {
        "id": number,
        "name": f"{product['name']} - {article['name']}" if article["parent_id"] else product["name"],
        "product_id": product["id"],
        "variation_id": article["id"] if article["parent_id"] else 0,
        "quantity": line.quantity,
        "subtotal": str(line.subtotal),
        "subtotal_tax": str(orders.add(tax.subtotal for tax in line.taxes)),
        "total": str(line.total),
        "total_tax": str(orders.add(tax.total for tax in line.taxes)),
        "taxes": _taxes(line.taxes),
        "meta_data": [{"id": store.state.number("item_meta"), **one} for one in (*chosen, *hidden)],
        "sku": line.sku,
        "global_unique_id": article["global_unique_id"],
        "image": article["image"] or product["image"],
        "parent_name": product["name"] if article["parent_id"] else None,
    }


def _shipping(store: WooStore, one: ShippingCharged) -> Document:
    return {
        "id": store.state.number("item"),
        "method_title": one.title,
        "method_id": "flat_rate",
        "instance_id": one.instance,
        "total": str(one.total),
        "total_tax": str(orders.add(tax.total for tax in one.taxes)),
        "taxes": [{"id": tax.rate, "total": str(tax.total)} for tax in one.taxes],
        "meta_data": [],
    }


def _coupon(store: WooStore, order: Document, coupon: Coupon) -> Document:
    code, amount = coupon.code.lower(), php_number(coupon.amount)
    number = store.coupon_number(code)
    info = [number, code, None if coupon.kind == "fixed_cart" else coupon.kind, amount]
    return {
        "id": store.state.number("item"),
        "code": code,
        "discount": str(orders.discount(order)),
        "discount_tax": str(orders.discount_tax(order)),
        "discount_type": coupon.kind,
        "nominal_amount": amount,
        "meta_data": [
            {
                "id": store.state.number("item_meta"),
                "key": "coupon_info",
                "value": json.dumps(info, separators=(",", ":")),
            }
        ],
    }


def again(store: WooStore, like: Document) -> Document:
    """The same purchase once more, today: paid for, on its way to be packed; no coupon is used up by it."""
    order = copy.deepcopy(like)
    number, now = store.next_post(), stamp(store.now())
    order |= {
        "id": number,
        "number": str(number),
        "status": "processing",
        "created": now,
        "modified": now,
        "paid": now,
        "completed": None,
        "delivered": None,
        "order_key": order_key(number),
        "meta_data": [],
        "coupon_lines": [],
        "customer_note": "",
    }
    for kind in ("line_items", "shipping_lines", "tax_lines"):
        for item in order[kind]:
            item["id"] = store.state.number("item")
            kept = [one for one in item.get("meta_data", ()) if one["key"] not in {REDUCED, RESTOCKED}]
            item["meta_data"] = [{**one, "id": store.state.number("item_meta")} for one in kept]
    for line in order["line_items"]:  # no coupon, so nothing comes off
        line |= {"total": line["subtotal"], "total_tax": line["subtotal_tax"]}
        line["taxes"] = [{**tax, "total": tax["subtotal"]} for tax in line["taxes"]]
    return order


def shipment(carrier: str, tracking: str, at: datetime) -> Document:
    """A parcel as the Shipment Tracking extension keeps it in an order's meta data."""
    return {
        "tracking_provider": "",
        "custom_tracking_provider": carrier,
        "custom_tracking_link": "",
        "tracking_number": tracking,
        "date_shipped": str(int(at.timestamp())),
        "tracking_id": f"{sum(map(ord, tracking)):08x}{len(tracking):024x}",
    }
