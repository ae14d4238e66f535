"""The schema, with what answers each of its fields. Fields not named here are simply in the document."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    is_abstract_type,
)

from demo.shopify import orders
from demo.shopify import resolvers as r
from demo.shopify.gids import gid
from demo.shopify.money import Bag, rest_amount
from demo.shopify.mutations import MUTATIONS
from demo.shopify.paging import page
from demo.shopify.resolvers import Resolver, bag, identity, legacy, money, parts_list, parts_page, sum_of, thing
from demo.shopify.scopes import guard

_DECIMAL = re.compile(r"^-?\d+(\.\d+)?$")

FIELDS: dict[str, dict[str, Resolver]] = {
    "QueryRoot": {
        "shop": lambda _root, info: r.store_of(info).shop_facts(),
        "order": thing("Order"),
        "orders": r.order_page,
        "orderByIdentifier": r.order_by_identifier,
        "location": lambda root, info, id=None: (  # noqa: A006 - GraphQL's name
            thing("Location")(root, info, id) if id else r.primary_location(info)
        ),
        "locations": r.locations,
        "inventoryItem": thing("InventoryItem"),
        "productVariant": thing("ProductVariant"),
        "product": thing("Product"),
        "customer": thing("Customer"),
        "refund": thing("Refund"),
        "fulfillment": thing("Fulfillment"),
        "node": r.node,
        "nodes": r.nodes,
        "currentAppInstallation": r.installation,
        "webhookSubscriptions": r.subscriptions,
    },
    "Order": {
        "id": identity("Order"),
        "legacyResourceId": legacy,
        "displayFinancialStatus": lambda order, _info: orders.financial_status(order),
        "displayFulfillmentStatus": lambda order, _info: orders.fulfillment_status(order),
        "closed": lambda order, _info: order["closedAt"] is not None,
        "fullyPaid": lambda order, _info: orders.received(order).presentment >= orders.order_total(order).presentment,
        "refundable": lambda order, _info: (orders.received(order) - orders.refunded(order)).presentment > 0,
        "paymentGatewayNames": lambda order, _info: list(dict.fromkeys(t["gateway"] for t in order["transactions"])),
        "statusPageUrl": lambda order, info, **_: f"{r.store_of(info).url}/orders/{order['id']}",
        "customer": r.customer_of,
        "shippingLine": lambda order, _info: next(iter(order["shippingLines"]), None),
        "shippingLines": parts_page("shippingLines"),
        "lineItems": parts_page("lineItems"),
        "taxLines": lambda order, _info: orders.tax_summary(order),
        "transactions": parts_list("transactions"),
        "fulfillments": parts_list("fulfillments"),
        "refunds": parts_list("refunds"),
        "totalPriceSet": sum_of(orders.order_total),
        "originalTotalPriceSet": sum_of(orders.order_total),
        "currentTotalPriceSet": sum_of(lambda order: orders.order_total(order) - orders.refunded(order)),
        "subtotalPriceSet": sum_of(orders.subtotal),
        "currentSubtotalPriceSet": sum_of(orders.current_subtotal),
        "totalTaxSet": sum_of(orders.tax_total),
        "currentTotalTaxSet": sum_of(orders.current_tax),
        "totalDiscountsSet": sum_of(orders.discounts_total),
        "totalShippingPriceSet": sum_of(orders.shipping_total),
        "totalRefundedSet": sum_of(orders.refunded),
        "totalRefundedShippingSet": sum_of(orders.shipping_refunded),
        "totalReceivedSet": sum_of(orders.received),
        "netPaymentSet": sum_of(lambda order: orders.received(order) - orders.refunded(order)),
        "totalOutstandingSet": sum_of(lambda order: orders.order_total(order) - orders.received(order)),
        "originalTotalDutiesSet": lambda order, _info: (
            money(orders.duties_total(order)) if orders.has_duties(order) else None
        ),
        "currentTotalDutiesSet": lambda order, _info: (
            money(orders.duties_total(order)) if orders.has_duties(order) else None
        ),
        "totalTipReceivedSet": sum_of(orders.nothing),
        "transactionsCount": r.count_of("transactions"),
        "fulfillmentsCount": r.count_of("fulfillments"),
        "subtotalLineItemsQuantity": lambda order, _info: sum(line["quantity"] for line in order["lineItems"]),
        "currentSubtotalLineItemsQuantity": lambda order, _info: sum(
            orders.refundable_quantity(order, line) for line in order["lineItems"]
        ),
        "suggestedRefund": r.suggested_refund,
    },
    "LineItem": {
        "id": identity("LineItem"),
        "currentQuantity": lambda line, _info: orders.refundable_quantity(line["_order"], line),
        "refundableQuantity": lambda line, _info: orders.refundable_quantity(line["_order"], line),
        "unfulfilledQuantity": lambda line, _info: (
            line["quantity"] - orders.fulfilled_quantity(line["_order"], line["id"])
        ),
        "restockable": lambda line, _info: line.get("variantId") is not None,
        "product": r.product_of,
        "variant": r.variant_of,
        "image": r.image_of,
        "originalUnitPriceSet": bag("originalUnitPriceSet"),
        "originalTotalSet": lambda line, _info: money(orders.line_original(line)),
        "discountedUnitPriceSet": r.unit_discounted,
        "discountedUnitPriceAfterAllDiscountsSet": r.unit_after_discounts,
        "discountedTotalSet": r.line_discounted,
        "totalDiscountSet": lambda line, _info: money(orders.discount(line, orders.line_original(line))),
        "priceAfterAllDiscountsBeforeTaxesSet": r.price_before_taxes,
        "taxLines": lambda line, _info, first=None: line["taxLines"][:first],
    },
    "DiscountAllocation": {"allocatedAmountSet": bag("allocatedAmountSet")},
    "TaxLine": {"rate": r.tax_rate, "ratePercentage": r.tax_percentage, "priceSet": bag("priceSet")},
    "Duty": {"id": identity("Duty"), "price": bag("price")},
    "ShippingLine": {
        "id": identity("ShippingLine"),
        "originalPriceSet": bag("originalPriceSet"),
        "discountedPriceSet": lambda one, _info: money(orders.shipping_price(one)),
        "currentDiscountedPriceSet": lambda one, _info: money(orders.shipping_price(one)),
    },
    "OrderTransaction": {
        "id": identity("OrderTransaction"),
        "amountSet": bag("amountSet"),
        "totalUnsettledSet": lambda one, _info: money(Bag.read(one["amountSet"]).zero()),
        "parentTransaction": r.parent_of,
        "order": lambda one, _info: one["_order"],
    },
    "Fulfillment": {
        "id": identity("Fulfillment"),
        "legacyResourceId": legacy,
        "fulfillmentLineItems": r.fulfilled_lines,
        "events": lambda one, _info, **arguments: page(one["events"], arguments),
        "totalQuantity": lambda one, _info: sum(part["quantity"] for part in one["lines"]),
        "trackingInfo": lambda one, _info, first=None: one["trackingInfo"][:first],
        "location": r.location_of,
        "order": lambda one, _info: one["_order"],
    },
    "FulfillmentLineItem": {
        "id": identity("FulfillmentLineItem"),
        "lineItem": r.line_of,
        "originalTotalSet": r.share_of_line(orders.line_original),
        "discountedTotalSet": r.share_of_line(orders.line_price),
    },
    "FulfillmentEvent": {"id": identity("FulfillmentEvent")},
    "Refund": {
        "id": identity("Refund"),
        "legacyResourceId": legacy,
        "order": lambda refund, _info: refund["_order"],
        "totalRefundedSet": lambda refund, _info: money(orders.refund_total(refund["_order"], refund)),
        "refundLineItems": r.refund_page("lines"),
        "refundShippingLines": r.refund_page("shipping"),
        "orderAdjustments": r.refund_page("adjustments"),
        "transactions": r.refund_transactions,
        "duties": r.refund_duties,
    },
    "RefundLineItem": {
        # a suggested line has no id yet
        "id": lambda one, _info: gid("RefundLineItem", one["id"]) if "id" in one else None,
        "lineItem": r.line_of,
        "location": r.location_of,
        "priceSet": bag("priceSet"),
        "subtotalSet": bag("subtotalSet"),
        "totalTaxSet": bag("totalTaxSet"),
    },
    "RefundShippingLine": {
        "id": identity("RefundShippingLine"),
        "shippingLine": r.shipping_line_of,
        "subtotalAmountSet": bag("subtotalSet"),
        "taxAmountSet": bag("taxSet"),
    },
    "RefundDuty": {"amountSet": bag("amountSet"), "originalDuty": r.original_duty},
    "OrderAdjustment": {
        "id": identity("OrderAdjustment"),
        "amountSet": bag("amountSet"),
        "taxAmountSet": bag("taxAmountSet"),
    },
    "Customer": {
        "id": identity("Customer"),
        "legacyResourceId": legacy,
        "displayName": lambda one, _info: f"{one['firstName']} {one['lastName']}".strip(),
        "defaultEmailAddress": lambda one, _info: {"emailAddress": one["email"]},
        "numberOfOrders": lambda one, info: str(r.store_of(info).orders_of(one["email"])),
    },
    "MailingAddress": {"id": r.address_id, "formatted": r.formatted},
    "LocationAddress": {"formatted": r.formatted},
    "Product": {
        "id": identity("Product"),
        "legacyResourceId": legacy,
        "featuredMedia": r.featured_media,
        "onlineStoreUrl": lambda one, info: f"{r.store_of(info).url}/products/{one['handle']}",
        "options": lambda one, _info, first=None: one["options"][:first],
        "variants": r.variants_of,
    },
    "ProductOption": {"id": identity("ProductOption")},
    "ProductVariant": {
        "id": identity("ProductVariant"),
        "legacyResourceId": legacy,
        "displayName": lambda one, info: f"{r.product_of(one, info)['title']} - {one['title']}",  # type: ignore[index]
        "price": lambda one, info: rest_amount(one["price"], r.store_of(info).currency),
        "inventoryQuantity": lambda one, info: r.store_of(info).stock.everywhere(one["inventoryItem"]["id"]),
        "availableForSale": lambda one, info: r.store_of(info).stock.everywhere(one["inventoryItem"]["id"]) > 0,
        "inventoryItem": r.item_of,
        "product": r.product_of,
        "image": r.image_of,
    },
    "InventoryItem": {
        "id": identity("InventoryItem"),
        "legacyResourceId": legacy,
        "inventoryLevel": r.level_at,
        "inventoryLevels": r.levels_of,
        "measurement": lambda item, _info: {
            "id": gid("InventoryItemMeasurement", item["id"]),
            "weight": item.get("weight"),
        },
        "createdAt": lambda item, _info: item["_variant"]["createdAt"],
        "updatedAt": lambda item, _info: item["_variant"]["updatedAt"],
    },
    "InventoryLevel": {
        "id": lambda one, _info: gid("InventoryLevel", f"{one['location']}?inventory_item_id={one['item']}"),
        "item": lambda one, info: r.find_node(r.store_of(info), "InventoryItem", one["item"]),
        "location": lambda one, info: r.store_of(info).state.thing("Location", one["location"]),
        "quantities": r.quantities,
        "isActive": lambda _one, _info: True,
        "createdAt": lambda _one, info: r.store_of(info).opened_at,
        "updatedAt": lambda _one, info: r.store_of(info).opened_at,
    },
    "Location": {"id": identity("Location"), "legacyResourceId": legacy, "inventoryLevel": r.location_level},
    "InventoryAdjustmentGroup": {"id": identity("InventoryAdjustmentGroup")},
    "InventoryChange": {
        "item": lambda one, info: r.find_node(r.store_of(info), "InventoryItem", one["item"]),
        "location": lambda one, info: r.store_of(info).state.thing("Location", one["location"]),
    },
    "WebhookSubscription": {"id": identity("WebhookSubscription")},
}


def _decimal(value: Any) -> str:
    text = str(value)
    if isinstance(value, bool) or not _DECIMAL.match(text):
        message = f"invalid decimal '{value}'"
        raise GraphQLError(message)
    return text


def _moment(value: Any) -> str:
    try:
        datetime.fromisoformat(str(value))
    except ValueError as error:
        message = f"invalid DateTime '{value}'"
        raise GraphQLError(message) from error
    return str(value)


@cache
def schema() -> GraphQLSchema:
    """The schema with everything that answers it."""
    built = build_schema(resources.files("demo.shopify").joinpath("schema.graphql").read_text(encoding="utf-8"))
    for name, fields in {**FIELDS, "Mutation": MUTATIONS}.items():
        kind = built.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        for field, resolver in fields.items():
            kind.fields[field].resolve = resolver
    for name in ("Decimal", "Money"):
        scalar = built.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.parse_value = _decimal  # type: ignore[method-assign]
    moment = built.type_map["DateTime"]
    assert isinstance(moment, GraphQLScalarType)
    moment.parse_value = _moment  # type: ignore[method-assign]
    for one in built.type_map.values():
        if is_abstract_type(one) and one.name in {"Node", "LegacyInteroperability", "Media", "PaymentDetails"}:
            one.resolve_type = lambda value, *_: value["__typename"]
    guard(built)
    return built
