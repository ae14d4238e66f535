"""Sums and facts of one order document. Amounts are exact decimals, as texts in the document.

An order document holds what wc/v3 prints, with stamps instead of dates and paths instead of addresses; ``delivered``
(what the carrier knows) is printed nowhere, because WooCommerce's core has no such date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from demo.woocommerce.wire import exact
from demo.world_money import decimals

Document = dict[str, Any]

STATUSES = (
    *("auto-draft", "pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed"),
    "checkout-draft",
)
PAID_STATUSES = frozenset({"processing", "completed"})
ITEMS = ("line_items", "shipping_lines", "fee_lines")


def add(amounts: Iterable[Any]) -> Decimal:
    """Their exact sum."""
    return sum((exact(one) for one in amounts), Decimal(0))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's own decimals, a half away from zero."""
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_UP)


def minor(amount: Any, currency: str) -> int:
    """In whole minor units of the currency."""
    return int(rounded(exact(amount), currency).scaleb(decimals(currency)))


def goods_tax(order: Mapping[str, Any]) -> Decimal:
    """Taxes of lines and fees."""
    return add(item["total_tax"] for item in [*order["line_items"], *order["fee_lines"]])


def shipping(order: Mapping[str, Any]) -> Decimal:
    """Shipping without tax."""
    return add(item["total"] for item in order["shipping_lines"])


def shipping_tax(order: Mapping[str, Any]) -> Decimal:
    """Taxes of shipping."""
    return add(item["total_tax"] for item in order["shipping_lines"])


def discount(order: Mapping[str, Any]) -> Decimal:
    """What coupons took off, without tax."""
    return add(item["subtotal"] for item in order["line_items"]) - add(item["total"] for item in order["line_items"])


def discount_tax(order: Mapping[str, Any]) -> Decimal:
    """The tax on that."""
    lines = order["line_items"]
    return add(item["subtotal_tax"] for item in lines) - add(item["total_tax"] for item in lines)


def total(order: Mapping[str, Any]) -> Decimal:
    """What the shopper was charged: everything added up exactly, then rounded once."""
    charged = add(item["total"] for kind in ITEMS for item in order[kind])
    return rounded(charged + goods_tax(order) + shipping_tax(order), order["currency"])


def refunded(refunds: Iterable[Mapping[str, Any]]) -> Decimal:
    """What went back in all."""
    return add(refund["amount"] for refund in refunds)


def tax_lines(order: Mapping[str, Any]) -> list[tuple[int, Decimal, Decimal]]:
    """(rate id, tax of the goods, tax of the shipping) of every rate, in the order of their first use."""
    sums: dict[int, list[Decimal]] = {}
    for kind in ITEMS:
        for item in order[kind]:
            for tax in item["taxes"]:
                pair = sums.setdefault(int(tax["id"]), [Decimal(0), Decimal(0)])
                pair[kind == "shipping_lines"] += exact(tax["total"])
    return [(rate, goods, carriage) for rate, (goods, carriage) in sums.items()]


def meta_of(item: Mapping[str, Any], key: str) -> Any:
    """The value of a meta entry, None if there is none."""
    return next((entry["value"] for entry in item["meta_data"] if entry["key"] == key), None)


def set_meta(item: Mapping[str, Any], key: str, value: Any, number: int) -> None:
    """Set one meta entry; ``number`` is the id of a new one, ``value`` None removes it."""
    entries = item["meta_data"]
    kept = [entry for entry in entries if entry["key"] != key]
    if value is not None:
        known = next((entry for entry in entries if entry["key"] == key), {"id": number, "key": key})
        at = entries.index(known) if known in entries else len(entries)
        kept.insert(at, {**known, "value": value})
    entries[:] = kept
