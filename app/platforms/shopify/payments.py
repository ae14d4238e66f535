"""Money in and money back: transactions and refunds of an order, and the input that makes a refund."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.core.kit.errors import ProviderError
from app.core.kit.money import Money, total
from app.core.orders.ports import PaymentSnapshot, RefundSnapshot
from app.core.returns.ports import IssuedRefund, RefundOrder
from app.platforms.shopify.client import VENDOR
from app.platforms.shopify.wire import Node, instant, instant_or_none, is_gid, money

_MARK = re.compile(r"\bhelloword:([0-9A-Za-z_-]{1,64})(?![0-9A-Za-z_-])")
_WAITING = frozenset({"PENDING", "AWAITING_RESPONSE", "UNKNOWN"})
_CARDS = frozenset({"shopify_payments", "stripe", "authorize_net", "bogus", "cybersource", "worldpay", "adyen"})


def mark(key: str, rma: str, note: str = "") -> str:
    """The note that makes a refund ours; ``key_in`` reads it back."""
    return " ".join(part for part in (f"helloword:{key}", f"RMA {rma}" if rma else "", note.strip()) if part)


def key_in(note: str | None) -> str | None:
    """Our key in a refund's note, if it is one of ours."""
    found = _MARK.search(note or "")
    return found[1] if found else None


def payments(transactions: Sequence[Node], currency: str) -> tuple[PaymentSnapshot, ...]:
    """Money really captured: successful sales and captures, less the change given at a till."""
    change: dict[str, Money] = {}
    for one in transactions:
        if one["kind"] == "CHANGE" and one["status"] == "SUCCESS":
            parent = (one.get("parentTransaction") or {}).get("id") or one.get("gateway") or ""
            change[parent] = change.get(parent, Money.zero(currency)) + money(one["amountSet"], currency)
    result = []
    for one in transactions:
        if one["kind"] not in {"SALE", "CAPTURE"} or one["status"] != "SUCCESS":
            continue
        gateway = one.get("gateway") or ""
        nothing = Money.zero(currency)
        back = change.pop(one["id"], nothing) + change.pop(gateway, nothing)
        result.append(
            PaymentSnapshot(
                ref=one["id"],
                gateway=gateway,
                instrument=instrument(one),
                amount=money(one["amountSet"], currency) - back,
                title=one.get("formattedGateway") or gateway,
                refundable_by_gateway=not _by_hand(one),
            )
        )
    return tuple(result)


def instrument(transaction: Node) -> str:
    """card, paypal, cod, bank, gift_card, store_credit or other. Manual gateways have the merchant's own names."""
    gateway = (transaction.get("gateway") or "").lower()
    name = f"{gateway} {transaction.get('formattedGateway') or ''}".lower()
    kind = (transaction.get("paymentDetails") or {}).get("__typename")
    if gateway in {"gift_card", "shopify_store_credit"}:
        return gateway.removeprefix("shopify_")
    if transaction["manualPaymentGateway"]:
        if "cash on delivery" in name or "cash_on_delivery" in name or re.search(r"\bcod\b", name):
            return "cod"
        return "bank" if re.search(r"bank|wire|transfer|iban|sepa|deposit", name) else "other"
    if kind == "PaypalWalletPaymentDetails" or "paypal" in gateway:
        return "paypal"
    if kind == "LocalPaymentMethodsPaymentDetails":
        return "other"
    return "card" if kind == "CardPaymentDetails" or gateway in _CARDS else "other"


def units(nodes: Sequence[Node]) -> tuple[tuple[str, int], ...]:
    """(line gid, quantity) of a parcel's or a refund's lines."""
    return tuple((one["lineItem"]["id"], one["quantity"] or 0) for one in nodes)


def refund(node: Node, currency: str) -> RefundSnapshot:
    """A refund as the order tells it. ``shipping`` holds its tax where the order's prices do."""
    shipping = [money(one["subtotalAmountSet"], currency) for one in node["refundShippingLines"]["nodes"]]
    return RefundSnapshot(
        ref=node["id"],
        amount=_sent(node, currency),
        created_at=_booked_at(node),
        lines=units(node["refundLineItems"]["nodes"]),
        our_key=key_in(node.get("note")),
        shipping=total(shipping, currency) if shipping else None,
    )


def issued(node: Node, currency: str) -> IssuedRefund:
    """A refund of ours as the core wants to know it. Raises ProviderError when the payment provider declined."""
    moves = node["transactions"]["nodes"]
    if any(one["status"] in {"FAILURE", "ERROR"} for one in moves):
        msg = (
            "Shopify booked the refund, but the payment provider would not send all of the money. "
            "Open the order in your Shopify admin and pay the rest out from there."
        )
        raise ProviderError(VENDOR, msg, code="refund_declined_by_gateway")
    return IssuedRefund(
        ref=node["id"],
        amount=_sent(node, currency),
        at=_booked_at(node),
        pending=any(one["status"] in _WAITING for one in moves),
        by_hand=any(_by_hand(one) for one in moves),
    )


def _sent(node: Node, currency: str) -> Money:
    """What went back or is on its way. Shopify's total may count only what has arrived, so the moves are added up;
    its total stands where there are none to add (or more than one page of them).
    """
    moves = node["transactions"]
    if moves["pageInfo"]["hasNextPage"] or not moves["nodes"]:
        return money(node["totalRefundedSet"], currency)
    counted = [
        money(one["amountSet"], currency)
        for one in moves["nodes"]
        if one["kind"] == "REFUND" and (one["status"] == "SUCCESS" or one["status"] in _WAITING)
    ]
    return total(counted, currency)


def _by_hand(transaction: Node) -> bool:
    """Whether a person must hand the money out: bank transfers, cash on delivery, the till's cash."""
    return bool(transaction["manualPaymentGateway"]) or transaction.get("gateway") == "cash"


def _booked_at(node: Node) -> datetime:
    return instant_or_none(node.get("createdAt")) or instant(node["processedAt"])


# --- money back, out ---------------------------------------------------------------------------------------------


def refund_input(order: RefundOrder, terms: Node | None) -> dict[str, Any]:
    """The RefundInput for one refund; the same for every try, because Shopify compares it with the key's first one.

    The transactions alone decide how much money moves. Lines, shipping and duties say what it is for; where the
    two differ (a fee kept) Shopify books the difference as an adjustment, which ``discrepancyReason`` explains.
    ``terms`` is the reply of ``refund_terms``, needed when shipping or duty goes back. Stock is never moved here.
    """
    quantities: dict[str, int] = {}
    for line in order.lines:
        if line.quantity > 0 and is_gid("LineItem", line.line_ref):  # tips and fees are no lines to Shopify
            quantities[line.line_ref] = quantities.get(line.line_ref, 0) + line.quantity
    result: dict[str, Any] = {
        "orderId": order.order_ref,
        "currency": order.amount.currency,
        "note": mark(order.key, order.rma, order.note),
        "notify": False,
        "refundLineItems": [
            {"lineItemId": ref, "quantity": quantity, "restockType": "NO_RESTOCK"}
            for ref, quantity in quantities.items()
        ],
        "transactions": [
            {
                "orderId": order.order_ref,
                "parentId": part.payment_ref,
                "gateway": part.gateway,
                "kind": "REFUND",
                "amount": str(part.amount),
            }
            for part in order.parts
            if part.amount
        ],
    }
    if terms is not None:
        result["refundDuties"] = _duties(order, terms, quantities)
        shipping = _shipping_back(order, terms)
        if shipping:
            result["shipping"] = {"amount": str(shipping)}
    if _worth(order) != order.amount:
        result["discrepancyReason"] = "RESTOCK" if order.fee else "OTHER"
    return result


def needs_terms(order: RefundOrder) -> bool:
    """Whether the order must be asked for duty ids or for how its shipping is priced."""
    return bool(order.shipping) or any(line.duty for line in order.lines)


def _duties(order: RefundOrder, terms: Node, quantities: Mapping[str, int]) -> list[dict[str, str]]:
    """Every duty of a line whose duty goes back: in full when the whole line does, else by its units."""
    dutied = {line.line_ref for line in order.lines if line.duty}
    return [
        {
            "dutyId": duty["id"],
            "refundType": "FULL" if quantities.get(line["id"], 0) >= line["quantity"] else "PROPORTIONAL",
        }
        for line in terms["nodes"]
        if line and line.get("id") in dutied
        for duty in line["duties"]
    ]


def _shipping_back(order: RefundOrder, terms: Node) -> Money:
    """In the order's own price terms: with the tax where its prices hold the tax, without it where they do not."""
    amounts = [one.net for one in order.shipping]
    if terms["order"]["taxesIncluded"]:
        amounts += [tax.amount for one in order.shipping for tax in one.taxes]
    return total(amounts, order.amount.currency)


def _worth(order: RefundOrder) -> Money:
    amounts = [line.net for line in order.lines] + [line.duty for line in order.lines if line.duty is not None]
    amounts += [one.net for one in order.shipping]
    amounts += [tax.amount for line in order.lines for tax in line.taxes]
    amounts += [tax.amount for one in order.shipping for tax in one.taxes]
    return total(amounts, order.amount.currency)
