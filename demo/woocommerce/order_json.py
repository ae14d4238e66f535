"""Orders, refunds and notes as wc/v3 prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from demo.woocommerce import orders
from demo.woocommerce.orders import Document
from demo.woocommerce.wire import View, exact, fixed, php_number

VERSION: Final = "11.0.1"
Rates = Mapping[int, Mapping[str, Any]]
"""By rate id: code (``DE-MWST-1``), label, percent (a decimal text)."""

_SYMBOLS = {"EUR": "€", "GBP": "£", "JPY": "¥", "KWD": "د.ك", "CHF": "CHF", "KRW": "₩"}


def order_json(order: Document, refunds: Sequence[Document], rates: Rates, view: View) -> Document:
    """One order. ``refunds``: all of it, newest first."""
    amount, status = view.amount, order["status"]
    goods_tax, carriage_tax, total = orders.goods_tax(order), orders.shipping_tax(order), orders.total(order)
    path = f"orders/{order['id']}"
    links = view.links(path)
    links["email_templates"] = [{"embeddable": True, **view.up(f"{path}/actions/email_templates")[0]}]
    if order["customer_id"]:
        links["customer"] = view.up(f"customers/{order['customer_id']}")
    return {
        "id": order["id"],
        "parent_id": 0,
        "status": status,
        "currency": order["currency"],
        "version": VERSION,
        "prices_include_tax": order["prices_include_tax"],
        **view.dates(order, "created", "modified"),
        "discount_total": amount(orders.discount(order)),
        "discount_tax": amount(orders.discount_tax(order)),
        "shipping_total": amount(orders.shipping(order)),
        "shipping_tax": amount(carriage_tax),
        "cart_tax": amount(goods_tax),
        "total": amount(total),
        "total_tax": amount(goods_tax + carriage_tax),
        "customer_id": order["customer_id"],
        "order_key": order["order_key"],
        "billing": order["billing"],
        "shipping": order["shipping"],
        "payment_method": order["payment_method"],
        "payment_method_title": order["payment_method_title"],
        "transaction_id": order["transaction_id"],
        "customer_ip_address": "127.0.0.1" if order["created_via"] == "checkout" else "",
        "customer_user_agent": "Mozilla/5.0" if order["created_via"] == "checkout" else "",
        "created_via": order["created_via"],
        "customer_note": order["customer_note"],
        **view.dates(order, "completed", "paid"),
        "cart_hash": "",
        "number": order["number"],
        "meta_data": order["meta_data"],
        "line_items": [_line(item, view) for item in order["line_items"]],
        "tax_lines": _tax_lines(order, rates, view),
        "shipping_lines": [_shipping(item, view) for item in order["shipping_lines"]],
        "fee_lines": [],
        "coupon_lines": [_coupon(item, view) for item in order["coupon_lines"]],
        "refunds": [_short(one, view) for one in refunds],
        "payment_url": f"{view.url}/checkout/order-pay/{order['id']}/?pay_for_order=true&key={order['order_key']}",
        "is_editable": status in {"pending", "on-hold", "auto-draft"},
        "needs_payment": status in {"pending", "failed"} and total > 0,
        "needs_processing": True,
        "currency_symbol": _SYMBOLS.get(order["currency"], "$"),
        "_links": links,
    }


def _short(refund: Document, view: View) -> Document:
    """A refund inside its order. The minus sign is put before whatever the amount is, before nothing too."""
    said = view.amount(refund["amount"]) if refund["amount"] else ""
    taxes = orders.goods_tax(refund) + orders.shipping_tax(refund)
    return {"id": refund["id"], "reason": refund["reason"], "total": f"-{said}", "total_tax": view.amount(taxes)}


def refund_json(refund: Document, rates: Rates, view: View, *, with_parent: bool = False) -> Document:
    """One refund; the list of all refunds names their orders, an order's own list does not."""
    path = f"orders/{refund['parent_id']}"
    links = view.links(f"{path}/refunds/{refund['id']}", own=("GET", "DELETE"))
    return {
        "id": refund["id"],
        **({"parent_id": refund["parent_id"]} if with_parent else {}),
        **view.dates(refund, "created"),
        "amount": view.amount(refund["amount"]) if refund["amount"] else "",
        "reason": refund["reason"],
        "refunded_by": refund["refunded_by"],
        "refunded_payment": refund["refunded_payment"],
        "meta_data": refund["meta_data"],
        "line_items": [_line(item, view) for item in refund["line_items"]],
        "shipping_lines": [_shipping(item, view) for item in refund["shipping_lines"]],
        "tax_lines": _tax_lines(refund, rates, view),
        "fee_lines": [],
        "_links": links | {"up": view.up(path)},
    }


def note_json(note: Document, view: View) -> Document:
    """One note of an order."""
    path = f"orders/{note['order']}"
    links = view.links(f"{path}/notes/{note['id']}", own=("GET", "DELETE"))
    return {
        "id": note["id"],
        "author": note["author"],
        **view.dates(note, "created"),
        "note": note["note"],
        "customer_note": note["customer_note"],
        "_links": links | {"up": view.up(path)},
    }


def _line(item: Document, view: View) -> Document:
    units = item["quantity"]
    price = exact(fixed(item["total"], 6)) / units if units else Decimal(0)
    variation = bool(item["variation_id"])
    picture = item["image"]
    return {
        "id": item["id"],
        "name": item["name"],
        "product_id": item["product_id"],
        "variation_id": item["variation_id"],
        "quantity": units,
        "tax_class": "",
        "subtotal": view.amount(item["subtotal"]),
        "subtotal_tax": view.amount(item["subtotal_tax"]),
        "total": view.amount(item["total"]),
        "total_tax": view.amount(item["total_tax"]),
        "taxes": [_tax(tax, view) for tax in item["taxes"]],
        "meta_data": [_meta(entry) for entry in item["meta_data"]],
        "sku": item["sku"],
        "global_unique_id": item["global_unique_id"],
        "price": php_number(price),
        "image": {"id": str(picture["id"]), "src": view.url + picture["path"]}
        if picture
        else {"id": 0 if variation else "", "src": ""},
        "parent_name": item["parent_name"],
    }


def _tax(tax: Document, view: View) -> Document:
    before = tax.get("subtotal")
    return {
        "id": tax["id"],
        "total": view.amount(tax["total"]),
        "subtotal": "" if before is None else view.amount(before),
    }


def _meta(entry: Document) -> Document:
    """A line's meta entry; an attribute of the article has words of its own for people."""
    return {"display_key": entry["key"], "display_value": entry["value"], **entry}


def _shipping(item: Document, view: View) -> Document:
    return {
        "id": item["id"],
        "method_title": item["method_title"],
        "method_id": item["method_id"],
        "instance_id": item["instance_id"],
        "total": view.amount(item["total"]),
        "total_tax": view.amount(item["total_tax"]),
        "taxes": [_tax(tax, view) for tax in item["taxes"]],
        "tax_status": "taxable",
        "meta_data": [_meta(entry) for entry in item["meta_data"]],
    }


def _coupon(item: Document, view: View) -> Document:
    return {
        "id": item["id"],
        "code": item["code"],
        "discount": view.amount(item["discount"]),
        "discount_tax": view.amount(item["discount_tax"]),
        "meta_data": [_meta(entry) for entry in item["meta_data"]],
        "discount_type": item["discount_type"],
        "nominal_amount": item["nominal_amount"],
        "free_shipping": False,
    }


def _tax_lines(order: Document, rates: Rates, view: View) -> list[Document]:
    sums = {rate: (goods, carriage) for rate, goods, carriage in orders.tax_lines(order)}
    found = []
    for line in order["tax_lines"]:
        known = rates.get(line["rate"], {"code": "", "label": "Tax", "percent": "0"})
        goods, carriage = sums.get(line["rate"], (Decimal(0), Decimal(0)))
        found.append(
            {
                "id": line["id"],
                "rate_code": known["code"],
                "rate_id": line["rate"],
                "label": known["label"],
                "compound": False,
                "tax_total": view.amount(goods),
                "shipping_tax_total": view.amount(carriage),
                "rate_percent": php_number(exact(known["percent"])),
                "meta_data": [],
            }
        )
    return found
