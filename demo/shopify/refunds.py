"""refundCreate: what Shopify refuses, and what a refund leaves on the order.

A refund takes units of lines, shipping and duties off the order and sends money back along ``transactions``; the two
need not agree (a fee kept, goodwill on top): the difference is booked as an order adjustment. Stock moves only for
restock types CANCEL and RETURN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from demo.shopify import orders
from demo.shopify.gids import number_of
from demo.shopify.money import Bag, parse_amount
from demo.shopify.orders import Document

RESTOCKING = frozenset({"RETURN", "CANCEL", "LEGACY_RESTOCK"})


class Refused(Exception):
    """A business refusal: Shopify answers it in userErrors and changes nothing."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.error = {"field": [str(part) for part in path] or None, "message": message}


@dataclass(slots=True)
class Plan:
    """A refund that passed every check and is not written yet."""

    worth: Bag
    """Lines, shipping and duties with their tax: what would go back if nothing were kept."""
    lines: list[Document] = field(default_factory=list)
    shipping: list[Document] = field(default_factory=list)
    duties: list[Document] = field(default_factory=list)
    transactions: list[Document] = field(default_factory=list)
    restocks: list[tuple[Document, int, int]] = field(default_factory=list)
    """(order line, units, location id)"""


def plan(order: Document, wanted: Document, known_location: Callable[[int | None], bool]) -> Plan:
    """Check a RefundInput against the order. Raises Refused."""
    _check_currency(order, wanted)
    result = Plan(worth=orders.nothing(order))
    _lines(order, wanted.get("refundLineItems") or [], result, known_location)
    _shipping(order, wanted.get("shipping"), result)
    _duties(order, wanted.get("refundDuties") or [], result)
    _money(order, wanted, result)
    if wanted.get("refundMethods"):
        message = "Store credit is not enabled for this shop"
        raise Refused(message, "refundMethods")
    return result


def _check_currency(order: Document, wanted: Document) -> None:
    presentment = order["presentmentCurrencyCode"]
    given = wanted.get("currency")
    if given is None and presentment != order["currencyCode"]:
        message = "Currency is required for multi-currency orders"
        raise Refused(message, "currency")
    if given is not None and given != presentment:
        message = "Currency must match the presentment currency of the order"
        raise Refused(message, "currency")


def _lines(order: Document, wanted: list[Document], result: Plan, known_location: Callable[[int | None], bool]) -> None:
    taken: dict[int, int] = {}
    for index, item in enumerate(wanted):
        line = orders.find(order["lineItems"], number_of(item["lineItemId"], "LineItem"))
        if line is None:
            message = "Line item does not exist on this order"
            raise Refused(message, "refundLineItems", index, "lineItemId")
        quantity = int(item["quantity"])
        if quantity <= 0:
            message = "Quantity must be greater than 0"
            raise Refused(message, "refundLineItems", index, "quantity")
        before = orders.refunded_quantity(order, line["id"]) + taken.get(line["id"], 0)
        if before + quantity > line["quantity"]:
            message = "Quantity cannot refund more items than were purchased"
            raise Refused(message, "refundLineItems", index, "quantity")
        taken[line["id"]] = taken.get(line["id"], 0) + quantity
        restock = item.get("restockType") or "NO_RESTOCK"
        location = number_of(item["locationId"], "Location") if item.get("locationId") else None
        if restock in RESTOCKING:
            if not known_location(location):
                message = "Location must be given to restock items"
                raise Refused(message, "refundLineItems", index, "locationId")
            assert location is not None
            result.restocks.append((line, quantity, location))
        result.lines.append(_refund_line(line, quantity, before, restock, location))
        price = orders.on_top(order, line, orders.line_price(line))
        result.worth = result.worth + price.units(before=before, units=quantity, of=line["quantity"])


def _refund_line(line: Document, quantity: int, before: int, restock: str, location: int | None) -> Document:
    price = orders.line_price(line)
    tax = orders.taxes(line, price)
    part = price.units(before=before, units=quantity, of=line["quantity"])
    return {
        "lineItemId": line["id"],
        "quantity": quantity,
        "restockType": restock,
        "locationId": location,
        "restocked": restock in RESTOCKING,
        "priceSet": price.units(before=0, units=1, of=line["quantity"]).stored(),
        "subtotalSet": part.stored(),
        "totalTaxSet": tax.units(before=before, units=quantity, of=line["quantity"]).stored(),
    }


def _shipping(order: Document, wanted: Document | None, result: Plan) -> None:
    if not wanted or (not wanted.get("fullRefund") and wanted.get("amount") is None):
        return
    if not order["shippingLines"]:
        message = "This order has no shipping to refund"
        raise Refused(message, "shipping")
    charged = orders.shipping_total(order)
    left = charged - orders.shipping_refunded(order)
    if wanted.get("fullRefund"):
        amount = left
    else:
        minor = parse_amount(wanted["amount"], charged.presentment_currency)
        if minor is None or minor < 0:
            message = "Shipping amount is invalid"
            raise Refused(message, "shipping", "amount")
        if minor > left.presentment:
            message = "Shipping amount cannot be more than what is left to refund"
            raise Refused(message, "shipping", "amount")
        amount = orders.charged(order, minor)
    line = order["shippingLines"][0]
    tax = orders.taxes(line, charged)
    share = tax.units(before=0, units=amount.presentment, of=charged.presentment) if charged.presentment else tax.zero()
    result.shipping.append({"shippingLineId": line["id"], "subtotalSet": amount.stored(), "taxSet": share.stored()})
    result.worth = result.worth + (amount if order["taxesIncluded"] else amount + share)


def _duties(order: Document, wanted: list[Document], result: Plan) -> None:
    known = {duty["id"]: (line, duty) for line in order["lineItems"] for duty in line["duties"]}
    done = {one["dutyId"] for refund in order["refunds"] for one in refund["duties"] if one["type"] == "FULL"}
    for index, item in enumerate(wanted):
        number = number_of(item["dutyId"], "Duty")
        if number is None or number not in known:
            message = "Duty does not exist on this order"
            raise Refused(message, "refundDuties", index, "dutyId")
        if number in done:
            message = "Duty has already been refunded"
            raise Refused(message, "refundDuties", index, "dutyId")
        line, duty = known[number]
        how = item.get("refundType") or "PROPORTIONAL"
        price = Bag.read(duty["price"]) + orders.taxes(duty, Bag.read(duty["price"]))
        if how == "PROPORTIONAL":
            units = sum(one["quantity"] for one in result.lines if one["lineItemId"] == line["id"])
            before = orders.refunded_quantity(order, line["id"])
            price = price.units(before=before, units=units, of=line["quantity"])
        result.duties.append({"dutyId": number, "type": how, "amountSet": price.stored()})
        result.worth = result.worth + price


def _money(order: Document, wanted: Document, result: Plan) -> None:
    over = bool(wanted.get("allowOverRefunding"))
    spent: dict[int, int] = {}
    for index, item in enumerate(wanted.get("transactions") or []):
        where = ("transactions", index)
        if number_of(item["orderId"], "Order") != order["id"]:
            message = "Transaction belongs to another order"
            raise Refused(message, *where, "orderId")
        if item["kind"] != "REFUND":
            message = "Transaction kind must be refund"
            raise Refused(message, *where, "kind")
        parent_id = number_of(item["parentId"], "OrderTransaction") if item.get("parentId") else None
        parent = orders.find(order["transactions"], parent_id)
        if parent is None or parent["kind"] not in {"SALE", "CAPTURE"} or parent["status"] != "SUCCESS":
            message = "Parent transaction must be a successful sale or capture of this order"
            raise Refused(message, *where, "parentId")
        if item["gateway"] != parent["gateway"]:
            message = "Gateway must be the one of the parent transaction"
            raise Refused(message, *where, "gateway")
        minor = parse_amount(item["amount"], order["presentmentCurrencyCode"])
        if minor is None or minor <= 0:
            message = "Amount must be greater than 0"
            raise Refused(message, *where, "amount")
        spent[parent["id"]] = spent.get(parent["id"], 0) + minor
        if spent[parent["id"]] > orders.left_on(order, parent).presentment and not over:
            message = "Amount cannot be more than what is left to refund on the parent transaction"
            raise Refused(message, *where, "amount")
        result.transactions.append(
            {"parent": parent, "amountSet": orders.charged(order, minor).stored(), "gateway": parent["gateway"]}
        )


def describe(order: Document, result: Plan, wanted: Document) -> Document:
    """The refund document of a plan; ids and dates are set by whoever writes it."""
    sent = orders.total((Bag.read(one["amountSet"]) for one in result.transactions), orders.nothing(order))
    kept = sent - result.worth
    adjustments: list[dict[str, Any]] = []
    if kept.presentment != 0:
        reason = wanted.get("discrepancyReason")
        adjustments.append(
            {
                "amountSet": kept.stored(),
                "taxAmountSet": kept.zero().stored(),
                "reason": "REFUND_DISCREPANCY" if reason in {None, "OTHER"} else reason,
            }
        )
    return {
        "note": wanted.get("note"),
        "lines": result.lines,
        "shipping": result.shipping,
        "duties": result.duties,
        "adjustments": adjustments,
    }
