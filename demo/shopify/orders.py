"""Sums and states of one order, derived from its document. Pure; every amount is a Bag.

Prices are as charged: with ``taxesIncluded`` the tax is inside them, otherwise it comes on top. Duties always come on
top.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from demo.shopify.money import Bag

Document = dict[str, Any]


def total(bags: Iterable[Bag], nothing: Bag) -> Bag:
    """The sum of ``bags``; ``nothing`` says in which currencies when there are none."""
    result = nothing.zero()
    for one in bags:
        result = result + one
    return result


def nothing(order: Document) -> Bag:
    """Zero in the order's two currencies."""
    return Bag(0, order["presentmentCurrencyCode"], 0, order["currencyCode"])


def charged(order: Document, minor: int) -> Bag:
    """An amount in the shopper's currency at the order's exchange rate."""
    rate = Decimal(order["exchangeRate"])
    return Bag.charged(minor, order["presentmentCurrencyCode"], order["currencyCode"], rate)


def taxes(part: Document, zero: Bag) -> Bag:
    """All tax of a line, a shipping line or a duty."""
    return total((Bag.read(one["priceSet"]) for one in part["taxLines"]), zero)


def discount(part: Document, zero: Bag) -> Bag:
    """All discount allocated to a line or a shipping line."""
    return total((Bag.read(one["allocatedAmountSet"]) for one in part["discountAllocations"]), zero)


def line_original(line: Document) -> Bag:
    """Unit price times quantity, before discounts."""
    return Bag.read(line["originalUnitPriceSet"]) * int(line["quantity"])


def line_price(line: Document) -> Bag:
    """What the line cost after every discount (tax inside when the order's prices include it)."""
    original = line_original(line)
    return original - discount(line, original)


def shipping_price(shipping: Document) -> Bag:
    """What one shipping line cost after every discount."""
    original = Bag.read(shipping["originalPriceSet"])
    return original - discount(shipping, original)


def line_duties(line: Document, zero: Bag) -> Bag:
    """Duty charged for the line, with the tax on it."""
    return total((Bag.read(one["price"]) + taxes(one, zero) for one in line["duties"]), zero)


def on_top(order: Document, part: Document, price: Bag) -> Bag:
    """A price with its tax: added unless the order's prices include it."""
    return price if order["taxesIncluded"] else price + taxes(part, price)


def subtotal(order: Document) -> Bag:
    """All lines after discounts."""
    return total((line_price(line) for line in order["lineItems"]), nothing(order))


def shipping_total(order: Document) -> Bag:
    """All shipping after discounts."""
    return total((shipping_price(one) for one in order["shippingLines"]), nothing(order))


def discounts_total(order: Document) -> Bag:
    """All discounts on lines and shipping."""
    zero = nothing(order)
    return total((discount(one, zero) for one in [*order["lineItems"], *order["shippingLines"]]), zero)


def duties_total(order: Document) -> Bag:
    """All duties without the tax on them."""
    zero = nothing(order)
    return total((Bag.read(duty["price"]) for line in order["lineItems"] for duty in line["duties"]), zero)


def has_duties(order: Document) -> bool:
    """Whether duties were charged at all."""
    return any(line["duties"] for line in order["lineItems"])


def tax_total(order: Document) -> Bag:
    """All tax: on lines, shipping and duties."""
    zero = nothing(order)
    parts = [*order["lineItems"], *order["shippingLines"]]
    parts += [duty for line in order["lineItems"] for duty in line["duties"]]
    return total((taxes(one, zero) for one in parts), zero)


def order_total(order: Document) -> Bag:
    """What the shopper had to pay."""
    result = subtotal(order) + shipping_total(order) + duties_total(order)
    return result if order["taxesIncluded"] else result + tax_total(order)


def tax_summary(order: Document) -> list[Document]:
    """Tax lines of the order: lines' and shipping's taxes of the same title and rate added up."""
    sums: dict[tuple[str, str], Bag] = {}
    zero = nothing(order)
    for part in [*order["lineItems"], *order["shippingLines"]]:
        for one in part["taxLines"]:
            key = (one["title"], one["rate"])
            sums[key] = sums.get(key, zero) + Bag.read(one["priceSet"])
    return [{"title": title, "rate": rate, "priceSet": bag.stored()} for (title, rate), bag in sums.items()]


def refunded_quantity(order: Document, line_id: int) -> int:
    """Units of a line that refunds have taken."""
    lines = (line for refund in order["refunds"] for line in refund["lines"])
    return sum(int(line["quantity"]) for line in lines if line["lineItemId"] == line_id)


def refundable_quantity(order: Document, line: Document) -> int:
    """Units of a line that can still be refunded."""
    return int(line["quantity"]) - refunded_quantity(order, line["id"])


def fulfilled_quantity(order: Document, line_id: int) -> int:
    """Units of a line that have left."""
    parts = (part for one in order["fulfillments"] if one["status"] == "SUCCESS" for part in one["lines"])
    return sum(int(part["quantity"]) for part in parts if part["lineItemId"] == line_id)


def shipping_refunded(order: Document) -> Bag:
    """Shipping that refunds have given back, without tax on top."""
    parts = (Bag.read(one["subtotalSet"]) for refund in order["refunds"] for one in refund["shipping"])
    return total(parts, nothing(order))


def received(order: Document) -> Bag:
    """Money that really came in."""
    kinds = {"SALE", "CAPTURE"}
    paid = (one for one in order["transactions"] if one["kind"] in kinds and one["status"] == "SUCCESS")
    return total((Bag.read(one["amountSet"]) for one in paid), nothing(order))


def refunded(order: Document) -> Bag:
    """Money that went back or is on its way."""
    alive = {"SUCCESS", "PENDING"}
    back = (one for one in order["transactions"] if one["kind"] == "REFUND" and one["status"] in alive)
    return total((Bag.read(one["amountSet"]) for one in back), nothing(order))


def left_on(order: Document, payment: Document) -> Bag:
    """What can still go back to one payment."""
    alive = {"SUCCESS", "PENDING"}
    back = (
        Bag.read(one["amountSet"])
        for one in order["transactions"]
        if one["kind"] == "REFUND" and one["parentId"] == payment["id"] and one["status"] in alive
    )
    paid = Bag.read(payment["amountSet"])
    return paid - total(back, paid)


def refund_total(order: Document, refund: Document) -> Bag:
    """Money of one refund."""
    own = set(refund["transactionIds"])
    parts = (Bag.read(one["amountSet"]) for one in order["transactions"] if one["id"] in own)
    return total(parts, nothing(order))


def financial_status(order: Document) -> str:
    """OrderDisplayFinancialStatus."""
    paid, back, due = received(order), refunded(order), order_total(order)
    if paid.presentment == 0:
        return "PENDING" if due.presentment else "PAID"
    if back.presentment >= paid.presentment:
        return "REFUNDED"
    if back.presentment > 0:
        return "PARTIALLY_REFUNDED"
    return "PAID" if paid.presentment >= due.presentment else "PARTIALLY_PAID"


def fulfillment_status(order: Document) -> str:
    """OrderDisplayFulfillmentStatus."""
    wanted = sum(int(line["quantity"]) for line in order["lineItems"] if line["requiresShipping"])
    gone = sum(fulfilled_quantity(order, line["id"]) for line in order["lineItems"] if line["requiresShipping"])
    if wanted == 0 or gone >= wanted:
        return "FULFILLED"
    return "PARTIALLY_FULFILLED" if gone else "UNFULFILLED"


def find(parts: Iterable[Document], number: int | None) -> Document | None:
    """The part with this id."""
    return next((one for one in parts if one["id"] == number), None)


def current_subtotal(order: Document) -> Bag:
    """All lines after discounts, without the units that refunds have taken."""
    taken = (
        line_price(line).units(before=0, units=refunded_quantity(order, line["id"]), of=line["quantity"])
        for line in order["lineItems"]
    )
    return subtotal(order) - total(taken, nothing(order))


def current_tax(order: Document) -> Bag:
    """All tax, without the tax of units and shipping that refunds have taken."""
    zero = nothing(order)
    lines = (Bag.read(one["totalTaxSet"]) for refund in order["refunds"] for one in refund["lines"])
    shipping = (Bag.read(one["taxSet"]) for refund in order["refunds"] for one in refund["shipping"])
    return tax_total(order) - total(lines, zero) - total(shipping, zero)


def payments(order: Document) -> list[Document]:
    """The transactions that brought money in."""
    return [one for one in order["transactions"] if one["kind"] in {"SALE", "CAPTURE"} and one["status"] == "SUCCESS"]
