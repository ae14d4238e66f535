"""How fields of the schema are answered from the store's documents.

A document is a dict with GraphQL's own field names where the value is simply there; a field that needs more has a
function here, put in its place by ``fields``. Parts of an order carry their order as ``_order`` while being answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLResolveInfo

from demo.shopify import orders
from demo.shopify.gids import gid, kind_of, number_of
from demo.shopify.money import Bag
from demo.shopify.orders import Document
from demo.shopify.paging import page
from demo.shopify.refunds import Refused
from demo.shopify.suggestions import suggest

if TYPE_CHECKING:
    from demo.shopify.store import ShopifyStore

Resolver = Callable[..., Any]
Info = GraphQLResolveInfo[Any]


def store_of(info: Info) -> ShopifyStore:
    """The store that is being asked."""
    store: ShopifyStore = info.context["store"]
    return store


def money(value: Document | Bag) -> dict[str, Any]:
    """A stored bag as GraphQL prints it."""
    return (value if isinstance(value, Bag) else Bag.read(value)).graphql()


def bag(name: str) -> Resolver:
    """The stored bag of that name; None when there is none."""
    return lambda one, _info: money(one[name]) if one.get(name) is not None else None


def sum_of(compute: Callable[[Document], Bag]) -> Resolver:
    """A sum over the order."""
    return lambda order, _info: money(compute(order))


def identity(kind: str) -> Resolver:
    """The global id."""
    return lambda one, _info: gid(kind, one["id"])


def legacy(one: Document, _info: Info) -> str:
    """The bare number, as text."""
    return str(one["id"])


def within(order: Document, parts: list[Document]) -> list[Document]:
    """Parts of an order that know their order."""
    return [{**part, "_order": order} for part in parts]


def parts_page(name: str) -> Resolver:
    """A connection over parts of the order."""
    return lambda order, _info, **arguments: page(within(order, order[name]), arguments)


def parts_list(name: str) -> Resolver:
    """A plain list over parts of the order, cut by ``first``."""

    def answer(order: Document, _info: Info, first: int | None = None, **_rest: Any) -> list[Document]:
        return within(order, order[name])[:first]

    return answer


def count_of(name: str) -> Resolver:
    """How many parts of that name the order has."""
    return lambda order, _info: {"count": len(order[name]), "precision": "EXACT"}


def wanted_id(value: str, kind: str) -> int | None:
    """The number of a global id; another kind finds nothing. Raises GraphQLError for what is no global id."""
    if kind_of(value) is None:
        message = f"Invalid global id '{value}'"
        raise GraphQLError(message, extensions={"code": "INVALID_GLOBAL_ID"})
    return number_of(value, kind)


def thing(kind: str) -> Resolver:
    """A root field that finds one document."""

    def answer(_root: Any, info: Info, id: str) -> Document | None:  # noqa: A002 - GraphQL's name
        number = wanted_id(id, kind)
        return None if number is None else find_node(store_of(info), kind, number)

    return answer


def find_node(store: ShopifyStore, kind: str, number: int) -> Document | None:
    """The thing with this id, with its ``__typename``."""
    if kind == "Order":
        found = store.state.order(number)
    elif kind in {"Refund", "Fulfillment", "OrderTransaction", "LineItem"}:
        names = {"Refund": "refunds", "Fulfillment": "fulfillments", "OrderTransaction": "transactions"}
        order = store.state.owner(kind, number)
        part = orders.find(order[names.get(kind, "lineItems")], number) if order else None
        found = {**part, "_order": order} if part else None
    elif kind == "InventoryItem":
        variant = store.variant_of_item(number)
        found = {**variant["inventoryItem"], "_variant": variant} if variant else None
    else:
        found = store.state.thing(kind, number)
    return {**found, "__typename": kind} if found else None


def node(_root: Any, info: Info, id: str) -> Document | None:  # noqa: A002 - GraphQL's name
    """QueryRoot.node."""
    kind = kind_of(id)
    number = wanted_id(id, kind or "")
    return None if kind is None or number is None else find_node(store_of(info), kind, number)


def nodes(root: Any, info: Info, ids: list[str]) -> list[Document | None]:
    """QueryRoot.nodes."""
    return [node(root, info, one) for one in ids]


# --- orders --------------------------------------------------------------------------------------------------------


def customer_of(order: Document, info: Info) -> Document | None:
    """Order.customer."""
    number = order.get("customerId")
    return store_of(info).state.thing("Customer", number) if number else None


def line_discounted(line: Document, _info: Info, *, withCodeDiscounts: bool = False) -> dict[str, Any]:  # noqa: N803
    """Shopify's own trap: discounts of the whole order are never in it, code discounts only when asked for."""
    price = orders.line_original(line)
    for one in line["discountAllocations"]:
        if one["level"] == "line" and (withCodeDiscounts or not one["code"]):
            price = price - Bag.read(one["allocatedAmountSet"])
    return money(price)


def unit_after_discounts(line: Document, _info: Info) -> dict[str, Any]:
    """LineItem.discountedUnitPriceAfterAllDiscountsSet."""
    return money(orders.line_price(line).units(before=0, units=1, of=line["quantity"]))


def unit_discounted(line: Document, _info: Info) -> dict[str, Any]:
    """LineItem.discountedUnitPriceSet."""
    price = orders.line_original(line)
    for one in line["discountAllocations"]:
        if one["level"] == "line" and not one["code"]:
            price = price - Bag.read(one["allocatedAmountSet"])
    return money(price.units(before=0, units=1, of=line["quantity"]))


def price_before_taxes(line: Document, _info: Info) -> dict[str, Any]:
    """LineItem.priceAfterAllDiscountsBeforeTaxesSet."""
    order, price = line["_order"], orders.line_price(line)
    if order["taxesIncluded"]:
        price = price - orders.taxes(line, price)
    gone = orders.refunded_quantity(order, line["id"])
    return money(price - price.units(before=0, units=gone, of=line["quantity"]))


def variant_of(line: Document, info: Info) -> Document | None:
    """LineItem.variant."""
    return store_of(info).state.thing("ProductVariant", line["variantId"]) if line.get("variantId") else None


def product_of(one: Document, info: Info) -> Document | None:
    """LineItem.product, ProductVariant.product."""
    return store_of(info).state.thing("Product", one["productId"]) if one.get("productId") else None


def tax_rate(tax: Document, _info: Info) -> float | None:
    """TaxLine.rate."""
    return float(tax["rate"]) if tax.get("rate") is not None else None


def tax_percentage(tax: Document, _info: Info) -> float | None:
    """TaxLine.ratePercentage."""
    return round(float(tax["rate"]) * 100, 6) if tax.get("rate") is not None else None


def parent_of(transaction: Document, _info: Info) -> Document | None:
    """OrderTransaction.parentTransaction."""
    order = transaction["_order"]
    found = orders.find(order["transactions"], transaction.get("parentId"))
    return {**found, "_order": order} if found else None


def fulfilled_lines(fulfillment: Document, _info: Info, **arguments: Any) -> dict[str, Any]:
    """Fulfillment.fulfillmentLineItems."""
    return page(within(fulfillment["_order"], fulfillment["lines"]), arguments)


def line_of(part: Document, _info: Info) -> Document:
    """FulfillmentLineItem.lineItem, RefundLineItem.lineItem."""
    order = part["_order"]
    found = orders.find(order["lineItems"], part["lineItemId"])
    assert found is not None
    return {**found, "_order": order}


def share_of_line(compute: Callable[[Document], Bag]) -> Resolver:
    """What the part's units are of a sum over its line."""

    def answer(part: Document, info: Info) -> dict[str, Any]:
        line = line_of(part, info)
        return money(compute(line).units(before=0, units=part["quantity"], of=line["quantity"]))

    return answer


def location_of(part: Document, info: Info) -> Document | None:
    """Fulfillment.location, RefundLineItem.location."""
    number = part.get("locationId")
    return store_of(info).state.thing("Location", number) if number else None


def refund_page(name: str) -> Resolver:
    """A connection over parts of the refund."""
    return lambda refund, _info, **arguments: page(within(refund["_order"], refund[name]), arguments)


def refund_transactions(refund: Document, _info: Info, **arguments: Any) -> dict[str, Any]:
    """Refund.transactions."""
    order = refund["_order"]
    own = [one for one in order["transactions"] if one["id"] in refund["transactionIds"]]
    return page(within(order, own), arguments)


def refund_duties(refund: Document, _info: Info) -> list[Document]:
    """Refund.duties."""
    return within(refund["_order"], refund["duties"])


def original_duty(part: Document, _info: Info) -> Document | None:
    """RefundDuty.originalDuty."""
    every = [duty for line in part["_order"]["lineItems"] for duty in line["duties"]]
    return orders.find(every, part["dutyId"])


def shipping_line_of(part: Document, _info: Info) -> Document | None:
    """RefundShippingLine.shippingLine."""
    return orders.find(part["_order"]["shippingLines"], part["shippingLineId"])


# --- products, stock -----------------------------------------------------------------------------------------------


def variants_of(product: Document, info: Info, **arguments: Any) -> dict[str, Any]:
    """Product.variants."""
    return page(store_of(info).variants_of(product["id"]), arguments)


def item_of(variant: Document, _info: Info) -> Document:
    """ProductVariant.inventoryItem."""
    return {**variant["inventoryItem"], "_variant": variant}


def level_at(item: Document, info: Info, locationId: str, **_rest: Any) -> Document | None:  # noqa: N803
    """InventoryItem.inventoryLevel."""
    number = wanted_id(locationId, "Location")
    return store_of(info).stock.level(item["id"], number) if number else None


def levels_of(item: Document, info: Info, **arguments: Any) -> dict[str, Any]:
    """InventoryItem.inventoryLevels."""
    return page(store_of(info).stock.levels(item["id"]), arguments, lambda one: one["location"])


def location_level(location: Document, info: Info, inventoryItemId: str, **_rest: Any) -> Any:  # noqa: N803
    """Location.inventoryLevel."""
    number = wanted_id(inventoryItemId, "InventoryItem")
    return store_of(info).stock.level(number, location["id"]) if number else None


def quantities(level: Document, _info: Info, names: list[str]) -> list[Document]:
    """InventoryLevel.quantities."""
    known = {
        "available": level["available"],
        "on_hand": level["available"],
        "committed": 0,
        "incoming": 0,
        "reserved": 0,
    }
    for name in names:
        if name not in known:
            message = f"The quantity name {name} is not valid"
            raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    number = f"{level['location']}?inventory_item_id={level['item']}&name="
    return [
        {"id": gid("InventoryQuantity", number + name), "name": name, "quantity": known[name], "updatedAt": None}
        for name in names
    ]


def image_of(one: Document, info: Info) -> Document | None:
    """LineItem.image, ProductVariant.image."""
    image = one.get("image")
    if not image:
        return None
    return {"id": None, **image, "url": store_of(info).url + image["path"]}


def featured_media(product: Document, info: Info) -> Document | None:
    """Product.featuredMedia."""
    image = image_of(product, info)
    if image is None:
        return None
    identifier = gid("MediaImage", product["id"])
    return {"__typename": "MediaImage", "id": identifier, "image": image, "preview": {"image": image}}


def formatted(address: Document, _info: Info, **_rest: Any) -> list[str]:
    """MailingAddress.formatted, LocationAddress.formatted."""
    city = " ".join(part for part in (address.get("zip"), address.get("city")) if part)
    parts = [address.get("address1"), address.get("address2"), city, address.get("province"), address.get("country")]
    return [part for part in parts if part]


def address_id(address: Document, _info: Info) -> str:
    """MailingAddress.id."""
    return f"gid://shopify/MailingAddress/{address['id']}?model_name=Address"


def order_page(_root: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    """QueryRoot.orders."""
    connection, warnings = store_of(info).search_orders(arguments)
    if warnings:
        info.context["search"].append({"path": ["orders"], "query": arguments.get("query"), "warnings": warnings})
    return connection


def order_by_identifier(_root: Any, info: Info, identifier: Document) -> Document | None:
    """QueryRoot.orderByIdentifier."""
    number = wanted_id(identifier["id"], "Order") if identifier.get("id") else None
    return find_node(store_of(info), "Order", number) if number else None


def locations(_root: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    """QueryRoot.locations."""
    return page(store_of(info).state.things("Location"), arguments)


def subscriptions(_root: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    """QueryRoot.webhookSubscriptions."""
    topics = arguments.get("topics")
    every = [one for one in store_of(info).subscriptions() if not topics or one["topic"] in topics]
    return page(every, arguments)


def installation(_root: Any, info: Info) -> Document:
    """QueryRoot.currentAppInstallation."""
    scopes = info.context["scopes"]
    return {
        "id": gid("AppInstallation", 1),
        "accessScopes": [{"handle": scope, "description": scope.replace("_", " ")} for scope in scopes],
        "app": {"id": gid("App", 1), "title": "Helloword"},
    }


def suggested_refund(order: Document, _info: Info, **arguments: Any) -> Document:
    """Order.suggestedRefund."""
    try:
        return suggest(order, arguments)
    except Refused as refused:
        raise GraphQLError(str(refused), extensions={"code": "BAD_REQUEST"}) from refused


def primary_location(info: Info) -> Document | None:
    """QueryRoot.location without an id."""
    store = store_of(info)
    return store.state.thing("Location", store.primary_location())
