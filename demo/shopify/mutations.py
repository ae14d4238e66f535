"""The mutations, and Shopify's rule for repeating them: ``@idempotent(key:)``.

From 2026-04 refundCreate and the inventory mutations refuse to run without a key. The same key with the same
parameters within 24 hours gives the first answer again (read anew from the store) and does nothing; with other
parameters it is refused; after 24 hours it is a new operation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, get_directive_values

from demo.shopify.gids import gid, number_of
from demo.shopify.orders import Document
from demo.shopify.refunds import Refused
from demo.shopify.resolvers import Info, Resolver, find_node
from demo.shopify.state import instant, stamp

if TYPE_CHECKING:
    from demo.shopify.store import ShopifyStore

KEPT = timedelta(hours=24)
MANDATORY_FROM = "2026-04"
MISMATCH = "The same idempotency key cannot be used with different operation parameters."


def _refusal(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def idempotency_key(info: Info) -> str | None:
    """The key given for this field. Raises GraphQLError when it is missing and must not be."""
    directive = info.schema.get_directive("idempotent")
    assert directive is not None
    given = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    if given is None:
        if info.context["version"] < MANDATORY_FROM:
            return None
        message = "The @idempotent directive is required for this mutation but was not provided."
        raise _refusal(message, "BAD_REQUEST")
    key: str = given["key"]
    if not key.strip():
        message = "The idempotency key must not be blank."
        raise _refusal(message, "BAD_REQUEST")
    return key


def once(
    info: Info,
    arguments: Document,
    perform: Callable[[], Document],
    mismatch: Callable[[], Any],
) -> Document:
    """Do ``perform`` once per key and parameters; it gives a small JSON record of what came out of it."""
    store: ShopifyStore = info.context["store"]
    key = idempotency_key(info)
    fingerprint = hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()
    with store.state.transaction():
        now = store.now()
        if key is not None:
            row = store.state.row("SELECT * FROM attempts WHERE field = ? AND key = ?", info.field_name, key)
            if row and now - instant(row["at"]) < KEPT:
                if row["fingerprint"] != fingerprint:
                    return {"refused": mismatch()}
                return dict(json.loads(row["outcome"]))
        outcome = perform()
        if key is not None:
            store.state.write(
                "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?)",
                *(info.field_name, key, fingerprint, json.dumps(outcome), stamp(now)),
            )
        return outcome


def refund_create(_root: Any, info: Info, input: Document) -> Document:  # noqa: A002 - GraphQL's name
    """RefundCreate."""
    store: ShopifyStore = info.context["store"]

    def perform() -> Document:
        number = number_of(input["orderId"], "Order")
        order = store.state.order(number) if number else None
        if order is None:
            return {"refused": [Refused("Order does not exist", "orderId").error]}
        try:
            return {"refund": store.refund(order, input)}
        except Refused as refused:
            return {"refused": [refused.error]}

    def mismatch() -> list[Document]:
        # UserError has no code: the words are all that refundCreate can give
        return [{"field": None, "message": f"IDEMPOTENCY_KEY_PARAMETER_MISMATCH: {MISMATCH}"}]

    outcome = once(info, {"input": input}, perform, mismatch)
    if "refused" in outcome:
        return {"order": None, "refund": None, "userErrors": outcome["refused"]}
    refund = find_node(store, "Refund", outcome["refund"])
    assert refund is not None
    return {"order": refund["_order"], "refund": refund, "userErrors": []}


def inventory_adjust(_root: Any, info: Info, input: Document) -> Document:  # noqa: A002 - GraphQL's name
    """InventoryAdjustQuantities."""
    store: ShopifyStore = info.context["store"]
    if any("changeFromQuantity" not in change for change in input["changes"]):
        message = "InventoryChangeInput must include the following argument: changeFromQuantity."
        raise _refusal(message, "INVALID_FIELD_ARGUMENTS")

    def perform() -> Document:
        found = store.stock.check(input, lambda item: store.variant_of_item(item) is not None)
        if found:
            return {"refused": [one.as_error() for one in found]}
        number = store.state.number("InventoryAdjustmentGroup", 7001)
        for change in input["changes"]:
            item, location = (
                number_of(change["inventoryItemId"], "InventoryItem"),
                number_of(change["locationId"], "Location"),
            )
            assert item is not None and location is not None  # noqa: PT018 - checked above
            store.stock.move(
                item,
                location,
                change["delta"],
                reason=input["reason"],
                document=input.get("referenceDocumentUri") or "",
                adjustment=number,
                at=stamp(store.now()),
            )
        return {"group": number}

    def mismatch() -> list[Document]:
        return [{"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "field": None, "message": MISMATCH}]

    outcome = once(info, {"input": input}, perform, mismatch)
    if "refused" in outcome:
        return {"inventoryAdjustmentGroup": None, "userErrors": outcome["refused"]}
    rows = store.state.rows("SELECT * FROM moves WHERE adjustment = ? ORDER BY id", outcome["group"])
    changes = [
        {
            "name": "available",
            "delta": row["delta"],
            "quantityAfterChange": row["after"],
            "item": row["item"],
            "location": row["location"],
        }
        for row in rows
    ]
    group = {
        "id": outcome["group"],
        "createdAt": rows[0]["at"],
        "reason": rows[0]["reason"],
        "referenceDocumentUri": rows[0]["document"] or None,
        "changes": changes,
    }
    return {"inventoryAdjustmentGroup": group, "userErrors": []}


def _subscribe(
    _root: Any,
    info: Info,
    topic: str,
    webhookSubscription: Document,  # noqa: N803 - GraphQL's name
) -> Document:
    store: ShopifyStore = info.context["store"]
    uri = webhookSubscription.get("uri") or ""
    if not uri.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        return {
            "webhookSubscription": None,
            "userErrors": [{"field": ["webhookSubscription", "uri"], "message": "Address is not allowed"}],
        }
    if any(one["topic"] == topic and one["uri"] == uri for one in store.subscriptions()):
        message = "Address for this topic has already been taken"
        return {
            "webhookSubscription": None,
            "userErrors": [{"field": ["webhookSubscription", "uri"], "message": message}],
        }
    return {"webhookSubscription": store.subscribe(topic, uri), "userErrors": []}


def _unsubscribe(_root: Any, info: Info, id: str) -> Document:  # noqa: A002 - GraphQL's name
    store: ShopifyStore = info.context["store"]
    number = number_of(id, "WebhookSubscription")
    if number is None or not store.unsubscribe(number):
        message = "Webhook subscription does not exist"
        return {"deletedWebhookSubscriptionId": None, "userErrors": [{"field": ["id"], "message": message}]}
    return {"deletedWebhookSubscriptionId": gid("WebhookSubscription", number), "userErrors": []}


def _uninstall(_root: Any, info: Info) -> Document:
    info.context["store"].uninstall()
    return {"app": {"id": gid("App", 1), "title": "Helloword"}, "userErrors": []}


MUTATIONS: dict[str, Resolver] = {
    "refundCreate": refund_create,
    "inventoryAdjustQuantities": inventory_adjust,
    "webhookSubscriptionCreate": _subscribe,
    "webhookSubscriptionDelete": _unsubscribe,
    "appUninstall": _uninstall,
}
