"""Order.suggestedRefund: what given lines, shipping and duties are worth, spread over the payments."""

from __future__ import annotations

from collections.abc import Iterable

from demo.shopify import orders, refunds
from demo.shopify.gids import gid
from demo.shopify.money import Bag
from demo.shopify.orders import Document


def _wanted(order: Document, arguments: Document) -> Document:
    lines = arguments.get("refundLineItems") or []
    if arguments.get("suggestFullRefund"):
        left = [(line, orders.refundable_quantity(order, line)) for line in order["lineItems"]]
        lines = [{"lineItemId": gid("LineItem", line["id"]), "quantity": units} for line, units in left if units]
    return {
        "refundLineItems": [{**one, "restockType": "NO_RESTOCK"} for one in lines],
        "shipping": {"amount": arguments.get("shippingAmount"), "fullRefund": arguments.get("refundShipping")},
        "refundDuties": arguments.get("refundDuties"),
        "currency": order["presentmentCurrencyCode"],
    }


def suggest(order: Document, arguments: Document) -> Document:
    """The SuggestedRefund document. Raises refunds.Refused for what cannot be refunded."""
    zero = orders.nothing(order)
    plan = refunds.plan(order, _wanted(order, arguments), lambda _location: True)

    def add(parts: Iterable[Document], name: str) -> Bag:
        return orders.total((Bag.read(one[name]) for one in parts), zero)

    rest, transactions = plan.worth.presentment, []
    for payment in orders.payments(order):
        left = orders.left_on(order, payment)
        part = min(rest, left.presentment)
        rest -= part
        if part > 0:
            transactions.append(
                {
                    "amountSet": orders.charged(order, part).graphql(),
                    "gateway": payment["gateway"],
                    "formattedGateway": payment["formattedGateway"],
                    "kind": "SUGGESTED_REFUND",
                    "maximumRefundableSet": left.graphql(),
                    "parentTransaction": {**payment, "_order": order},
                }
            )
    subtotal, shipping_tax = add(plan.lines, "subtotalSet"), add(plan.shipping, "taxSet")
    return {
        "amountSet": orders.charged(order, plan.worth.presentment - rest).graphql(),
        "maximumRefundableSet": (orders.received(order) - orders.refunded(order)).graphql(),
        "subtotalSet": subtotal.graphql(),
        "discountedSubtotalSet": subtotal.graphql(),
        "totalTaxSet": (add(plan.lines, "totalTaxSet") + shipping_tax).graphql(),
        "totalDutiesSet": add(plan.duties, "amountSet").graphql(),
        "totalCartDiscountAmountSet": zero.graphql(),
        "refundLineItems": [{**one, "_order": order} for one in plan.lines],
        "refundDuties": [{**one, "_order": order} for one in plan.duties],
        "shipping": {
            "amountSet": add(plan.shipping, "subtotalSet").graphql(),
            "maximumRefundableSet": (orders.shipping_total(order) - orders.shipping_refunded(order)).graphql(),
            "taxSet": shipping_tax.graphql(),
        },
        "suggestedTransactions": transactions,
    }
