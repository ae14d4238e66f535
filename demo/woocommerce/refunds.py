"""What POST /orders/{id}/refunds books: wc_create_refund() with all that it does not check.

Nothing is checked per line: an unknown line is left out, fifty units of a line of two are booked, a line without an
amount counts as nothing. Only the whole amount may not be below zero or above what is left of the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from demo.woocommerce import orders
from demo.woocommerce.errors import WpError, refuse
from demo.woocommerce.orders import Document
from demo.woocommerce.wire import exact

NOT_AUTOMATIC = "The payment gateway for this order does not support automatic refunds."
_PART = "woocommerce_rest_cannot_create_order_refund"


def cannot_refund(message: str) -> WpError:
    """A business refusal: WooCommerce sends HTTP 500 with a bare number where others have an object."""
    return WpError(_PART, message, 500, bare=500)


@dataclass(frozen=True, slots=True)
class Plan:
    """A refund that may be booked. ``amount`` as it was sent (or added up), empty when nobody said one."""

    amount: str
    items: dict[str, list[Document]]
    is_full: bool


def plan(order: Document, before: Sequence[Document], wanted: Mapping[str, Any], number: Callable[[str], int]) -> Plan:
    """Judge and lay out a refund. ``number`` gives the next id of a sequence. Raises WpError (500)."""
    named = {int(exact(one.get("id"))): one for one in wanted.get("line_items") or ()}
    amount = _amount(wanted, list(named.values()))
    if exact(amount) < 0:
        message = "Refund amount must be greater than zero."
        refuse(WpError("woocommerce_rest_invalid_order_refund", message, 500, bare=400))
    left = orders.total(order) - orders.refunded(before)
    if exact(amount) > left:
        message = "Invalid refund amount."
        refuse(cannot_refund(message))
    items: dict[str, list[Document]] = {kind: [] for kind in orders.ITEMS}
    for kind in orders.ITEMS:
        for item in order[kind]:
            part = named.get(item["id"])
            if part is not None and (taken := _taken(kind, item, part, number)):
                items[kind].append(taken)
    return Plan(amount, items, left - exact(amount) <= 0 and not _free_items_stay(order, before, items))


def _amount(wanted: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> str:
    """What the caller wants back; without a word of his, what his lines and their taxes add up to."""
    said = wanted.get("amount")
    if said is not None and said != "":
        return str(said)
    if not lines or any(one.get("refund_total") is None for one in lines):
        return ""
    taxes = [tax.get("refund_total") for one in lines for tax in one.get("refund_tax") or ()]
    return str(orders.add([*(one["refund_total"] for one in lines), *taxes]))


def _taken(kind: str, item: Document, part: Mapping[str, Any], number: Callable[[str], int]) -> Document | None:
    """The refund's own line for one of the order's; None where nothing is taken from it."""
    quantity, net = int(exact(part.get("quantity"))), exact(part.get("refund_total"))
    taxes = [(int(exact(tax.get("id"))), exact(tax.get("refund_total"))) for tax in part.get("refund_tax") or ()]
    taxes = [(rate, tax) for rate, tax in taxes if tax]
    if not quantity and not net and not taxes:
        return None
    taken = {
        **item,
        "id": number("item"),
        "total": str(-net),
        "total_tax": str(-sum((tax for _, tax in taxes), Decimal(0))),
        "taxes": [{"id": rate, "total": str(-tax)} for rate, tax in taxes],
        "meta_data": [{"id": number("item_meta"), "key": "_refunded_item_id", "value": str(item["id"])}],
    }
    if kind == "line_items":
        taken |= {"quantity": -quantity, "subtotal": taken["total"], "subtotal_tax": taken["total_tax"]}
        taken["taxes"] = [{**tax, "subtotal": tax["total"]} for tax in taken["taxes"]]
    return taken


def _free_items_stay(order: Document, before: Sequence[Document], items: Mapping[str, list[Document]]) -> bool:
    """An order with a line that cost nothing is only fully refunded when all its units are back."""
    if all(exact(line["total"]) for line in order["line_items"]):
        return False
    ordered = sum(line["quantity"] for line in order["line_items"])
    back = sum(line["quantity"] for refund in before for line in refund["line_items"])
    return bool(ordered + back + sum(line["quantity"] for line in items["line_items"]) > 0)


def describe(
    order: Document, plan_: Plan, wanted: Mapping[str, Any], *, number: int, at: str, next_id: Callable[[str], int]
) -> Document:
    """The refund document, before its gateway is asked and its meta data is written."""
    refund: Document = {
        "id": number,
        "parent_id": order["id"],
        "created": at,
        "modified": at,
        "currency": order["currency"],
        "amount": plan_.amount,
        "reason": str(wanted.get("reason") or ""),
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [],
        **plan_.items,
    }
    refund["tax_lines"] = [
        {"id": next_id("item"), "rate": rate} for rate, _goods, _carriage in orders.tax_lines(refund)
    ]
    return refund
