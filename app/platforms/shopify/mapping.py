"""Shopify's words into ours, once. Pure: a GraphQL order, read whole, becomes an OrderSnapshot.

Which of Shopify's many amounts are "as charged" (texts of the 2026-10 schema):

* ``LineItem.originalTotalSet - sum(discountAllocations)`` is the line after line-level, order-level and code
  discounts, "including refunded and removed units"; ``discountedTotalSet`` leaves the order-level ones out and every
  ``current*`` field shrinks with refunds, so neither is used.
* With ``taxesIncluded`` that amount holds the line's ``taxLines``, with ``dutiesIncluded`` its duties; both are taken
  out, so ``net`` is always net. A duty's own taxes are part of our ``duty``, as Shopify refunds them together.
* ``totalPriceSet`` ("before returns") is the total; the sum of all we map equals it, or a warning is logged.
* Units that an order edit took away (``quantity - currentQuantity - refunded units``) were never to be paid any more:
  the line is mapped for the remaining ones, with its share of each amount (``Money.share``, the first units), and is
  left out when none remain. Shopify does not say how it rounds that share, so a cent may differ from its total.
* Tips and fees (import fees, bag fees) are lines that need no shipping, ``product_type`` "tip" or "fee": so the sums
  tie, and nobody is offered to return them.

All amounts are presentment money. Shop money is read only for the exchange rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

import structlog

from app.core.kit.errors import DomainError, ProviderError
from app.core.kit.money import Money, total
from app.core.orders.ports import (
    Address,
    FulfillmentSnapshot,
    LineSnapshot,
    OrderSnapshot,
    RefundSnapshot,
    ShippingSnapshot,
    Tax,
)
from app.platforms.shopify.client import VENDOR
from app.platforms.shopify.payments import payments, refund, units
from app.platforms.shopify.wire import Node, instant, instant_or_none, money

_log = structlog.get_logger(__name__)

_RATE = Decimal("1e-12")
_GRAMS = {
    "GRAMS": Decimal(1),
    "KILOGRAMS": Decimal(1000),
    "OUNCES": Decimal("28.349523125"),
    "POUNDS": Decimal("453.59237"),
}
_LEFT = frozenset({"SUCCESS", "OPEN", "PENDING"})


def order(node: Node) -> OrderSnapshot:
    """The snapshot of a whole order. Raises ProviderError (retryable) when the reply lacks what an order must have."""
    try:
        return _order(node)
    except (ArithmeticError, AttributeError, DomainError, LookupError, TypeError, ValueError) as error:
        msg = f"Shopify's reply about an order is not complete ({type(error).__name__}: {error})."
        raise ProviderError(VENDOR, msg, code="order_incomplete", retryable=True) from error


def _order(node: Node) -> OrderSnapshot:
    currency, shop_currency = node["presentmentCurrencyCode"], node["currencyCode"]
    refunds = tuple(refund(one, currency) for one in node["refunds"])
    lines = _lines(node, refunds, currency)
    shipping = tuple(_shipping(one, node, currency) for one in node["shippingLines"]["nodes"])
    charged = money(node["totalPriceSet"], currency)
    lines += _fees(node, currency)
    lines += _tip(node, lines, shipping, charged)
    mapped = _sum(lines, shipping, currency)
    if mapped != charged:
        _log.warning("shopify_order_does_not_tie", order=node["id"], charged=str(charged), mapped=str(mapped))
    return OrderSnapshot(
        ref=node["id"],
        number=node["name"],
        email=node.get("email") or "",
        currency=currency,
        shop_currency=shop_currency,
        exchange_rate=exchange_rate(node),
        prices_include_tax=node["taxesIncluded"],
        placed_at=instant_or_none(node.get("processedAt")) or instant(node["createdAt"]),
        updated_at=instant(node["updatedAt"]),
        status=_status(node),
        lines=lines,
        shipping=shipping,
        payments=payments(node["transactions"], currency),
        fulfillments=tuple(_fulfillment(one) for one in node["fulfillments"] if one["status"] in _LEFT),
        refunds=refunds,
        total=charged,
        ship_to=_address(node.get("shippingAddress")),
        bill_to=_address(node.get("billingAddress")),
        customer_ref=(node.get("customer") or {}).get("id") or "",
        locale=node.get("customerLocale") or "",
        tags=tuple(tag.lower() for tag in node.get("tags") or ()),
        cancelled_at=instant_or_none(node.get("cancelledAt")),
        completed_at=instant_or_none(node.get("closedAt")),
    )


def exchange_rate(node: Node) -> Decimal:
    """Units of presentment currency for one of the shop's, when the order was placed.

    Shopify does not show the rate it used, only both sides of each amount, rounded to minor units: so the rate is
    the quotient of the largest pair (the total; the discounts of an order that was free), to 12 decimals. It is off
    by at most about one minor unit in that total, which is all the order itself could tell. 1 for equal currencies,
    and for an order in which nothing cost anything.
    """
    if node["presentmentCurrencyCode"] == node["currencyCode"]:
        return Decimal(1)
    for name in ("totalPriceSet", "totalDiscountsSet"):
        bag = node.get(name)
        if bag and bag.get("shopMoney"):
            shown, own = Decimal(bag["presentmentMoney"]["amount"]), Decimal(bag["shopMoney"]["amount"])
            if shown > 0 and own > 0:
                return (shown / own).quantize(_RATE, rounding=ROUND_HALF_EVEN)
    return Decimal(1)


def _status(node: Node) -> str:
    if node.get("cancelledAt"):
        return "cancelled"
    paid = (node.get("displayFinancialStatus") or "unknown").lower()
    return f"{paid}/{node['displayFulfillmentStatus'].lower()}"


# --- lines -----------------------------------------------------------------------------------------------------


def _lines(node: Node, refunds: Sequence[RefundSnapshot], currency: str) -> tuple[LineSnapshot, ...]:
    refunded: dict[str, int] = {}
    for one in refunds:
        for ref, quantity in one.lines:
            refunded[ref] = refunded.get(ref, 0) + quantity
    lines = []
    for item in node["lineItems"]["nodes"]:
        ordered = item["quantity"]
        removed = ordered - item["currentQuantity"] - refunded.get(item["id"], 0) if node.get("edited") else 0
        kept = ordered - max(0, removed)
        if kept > 0:
            lines.append(_line(item, node, kept, currency))
    return tuple(lines)


def _line(item: Node, node: Node, kept: int, currency: str) -> LineSnapshot:
    ordered = item["quantity"]

    def part(amount: Money) -> Money:
        return amount if kept == ordered else amount.share(before=0, units=kept, of=ordered)

    discount = total([money(one["allocatedAmountSet"], currency) for one in item["discountAllocations"]], currency)
    net = part(money(item["originalTotalSet"], currency) - discount)
    taxes = tuple(
        Tax(title=tax.title, amount=part(tax.amount), rate=tax.rate) for tax in _taxes(item["taxLines"], currency)
    )
    charged_duty = _duty(item["duties"], node, currency)
    duty = part(charged_duty) if charged_duty is not None else None
    if node["taxesIncluded"]:
        net -= total([tax.amount for tax in taxes], currency)
    if node["dutiesIncluded"] and duty is not None:
        net -= duty
    variant = item.get("variant") or {}
    stock = variant.get("inventoryItem") or {}
    product = item.get("product") or {}
    dutied: Node = item["duties"][0] if item["duties"] else {}
    return LineSnapshot(
        ref=item["id"],
        title=item["title"],
        quantity=kept,
        unit_price=money(item["originalUnitPriceSet"], currency),
        discount=part(discount),
        net=net,
        taxes=taxes,
        duty=duty,
        variant_title=item.get("variantTitle") or "",
        sku=item.get("sku") or "",
        product_ref=product.get("id") or "",
        variant_ref=variant.get("id") or "",
        stock_ref=stock.get("id") or "",
        options=tuple(
            (option["name"], option["value"])
            for option in variant.get("selectedOptions") or ()
            # a product without options has this one
            if (option["name"], option["value"]) != ("Title", "Default Title")
        ),
        image_url=(item.get("image") or {}).get("url") or "",
        tags=tuple(tag.lower() for tag in product.get("tags") or ()),
        vendor=item.get("vendor") or "",
        product_type=product.get("productType") or "",
        hs_code=dutied.get("harmonizedSystemCode") or stock.get("harmonizedSystemCode") or "",
        origin_country=dutied.get("countryCodeOfOrigin") or stock.get("countryCodeOfOrigin") or "",
        weight_g=grams((stock.get("measurement") or {}).get("weight")),
        requires_shipping=item["requiresShipping"],
        gift_card=item["isGiftCard"],
    )


def grams(weight: Node | None) -> int | None:
    """A weight in whole grams, half to even; None when it is unknown or nought (Shopify's way of not knowing)."""
    if not weight or weight["unit"] not in _GRAMS:
        return None
    exact = Decimal(weight["value"]) * _GRAMS[weight["unit"]]
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) or None


def _duty(duties: Sequence[Node], node: Node, currency: str) -> Money | None:
    if not duties:
        return None
    amounts = [money(one["price"], currency) for one in duties]
    if not node["taxesIncluded"]:
        amounts += [money(tax["priceSet"], currency) for one in duties for tax in one["taxLines"]]
    return total(amounts, currency)


def _taxes(tax_lines: Sequence[Node], currency: str) -> tuple[Tax, ...]:
    return tuple(
        Tax(
            title=one["title"],
            amount=money(one["priceSet"], currency),
            rate=f"{Decimal(one['rate']).normalize():f}" if one.get("rate") is not None else None,
        )
        for one in tax_lines
    )


def _shipping(line: Node, node: Node, currency: str) -> ShippingSnapshot:
    taxes = _taxes(line["taxLines"], currency)
    net = money(line["discountedPriceSet"], currency)
    if node["taxesIncluded"]:
        net -= total([tax.amount for tax in taxes], currency)
    return ShippingSnapshot(ref=line.get("id") or "", title=line["title"], net=net, taxes=taxes)


def _extra(ref: str, title: str, kind: str, net: Money, taxes: tuple[Tax, ...] = ()) -> LineSnapshot:
    return LineSnapshot(
        ref=ref,
        title=title,
        quantity=1,
        unit_price=net,
        discount=Money.zero(net.currency),
        net=net,
        taxes=taxes,
        product_type=kind,
        requires_shipping=False,
    )


def _fees(node: Node, currency: str) -> tuple[LineSnapshot, ...]:
    lines = []
    for fee in node["additionalFees"]:
        taxes = _taxes(fee["taxLines"], currency)
        net = money(fee["price"], currency)
        if node["taxesIncluded"]:
            net -= total([tax.amount for tax in taxes], currency)
        lines.append(_extra(fee["id"], fee["name"], "fee", net, taxes))
    return tuple(lines)


def _tip(
    node: Node, lines: tuple[LineSnapshot, ...], shipping: tuple[ShippingSnapshot, ...], charged: Money
) -> tuple[LineSnapshot, ...]:
    """A tip given at the till is one of the order's lines, one given at the checkout need not be: it is added only
    when the total says that it is missing.
    """
    tip = money(node["totalTipReceivedSet"], charged.currency)
    if not tip or _sum(lines, shipping, charged.currency) + tip != charged:
        return ()
    return (_extra(f"{node['id']}#tip", "Tip", "tip", tip),)


def _sum(lines: Sequence[LineSnapshot], shipping: Sequence[ShippingSnapshot], currency: str) -> Money:
    amounts = [line.net for line in lines] + [line.duty for line in lines if line.duty is not None]
    amounts += [one.net for one in shipping]
    amounts += [tax.amount for line in lines for tax in line.taxes]
    amounts += [tax.amount for one in shipping for tax in one.taxes]
    return total(amounts, currency)


# --- parcels and addresses --------------------------------------------------------------------------------------------


def _fulfillment(node: Node) -> FulfillmentSnapshot:
    tracking = node["trackingInfo"][0] if node["trackingInfo"] else {}
    return FulfillmentSnapshot(
        ref=node["id"],
        lines=units(node["fulfillmentLineItems"]["nodes"]),
        # the parcel is booked when it is packed; in transit is when the carrier has it
        shipped_at=instant_or_none(node.get("inTransitAt")) or instant(node["createdAt"]),
        delivered_at=instant_or_none(node.get("deliveredAt")),
        carrier=tracking.get("company") or "",
        tracking_number=tracking.get("number") or "",
    )


def _address(node: Node | None) -> Address:
    if not node:
        return Address()
    return Address(
        name=node.get("name") or "",
        company=node.get("company") or "",
        line1=node.get("address1") or "",
        line2=node.get("address2") or "",
        city=node.get("city") or "",
        region=node.get("provinceCode") or "",
        postcode=node.get("zip") or "",
        country=node.get("countryCodeV2") or "",
        phone=node.get("phone") or "",
    )
