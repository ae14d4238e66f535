"""Webhooks: true signatures, Shopify's shapes, retries, duplicates, any order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from shopify_app import ShopifyApp

from demo.shopify.app import CLIENT_ID
from demo.shopify.refunds import Refused
from demo.shopify.store import ShopifyStore
from tests.demo.shopify.small_shop import ITEM, SECRET, SHOP, TOKEN, Send, refund_input_of
from tests.demo.standins import App, Clock

ROOT = Path(__file__).parents[3]
EXAMPLES = Path(os.environ.get("CONTRACTS_DIR", ROOT.parent / "shared" / "contracts")) / "shopify/webhooks/2026-07"
needs_contracts = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="Shopify's examples are not here (set CONTRACTS_DIR)"
)


def topics(product: App) -> list[str]:
    return [one.headers["X-Shopify-Topic"] for one in product.requests]


def body(product: App, topic: str) -> dict[str, Any]:
    """The last body sent with this topic."""
    found = [one for one in product.requests if one.headers["X-Shopify-Topic"] == topic]
    return dict(json.loads(found[-1].content))


def everything_happens(store: ShopifyStore, order: dict[str, Any]) -> None:
    """An order lives a whole life, and then the app is removed."""
    store.add_order({**order, "id": 900, "number": 900, "name": "#900"})
    store.fulfil(order)
    store.mark_delivered(order)
    store.refund(order, refund_input_of(order, units=1, amount=1))
    store.uninstall()
    store.deliver_pending()


def test_a_delivery_is_signed_over_its_raw_body(store: ShopifyStore, product: App, yen_order: dict[str, Any]) -> None:
    store.fulfil(yen_order)
    store.deliver_pending()
    request = product.requests[0]
    assert str(request.url) == "http://app.test/webhooks/shopify"
    wanted = base64.b64encode(hmac.new(SECRET.encode(), request.content, hashlib.sha256).digest()).decode()
    assert request.headers["X-Shopify-Hmac-Sha256"] == wanted
    assert request.headers["X-Shopify-Shop-Domain"] == SHOP
    assert request.headers["X-Shopify-API-Version"] == "2026-10"
    assert request.headers["X-Shopify-Triggered-At"].startswith("2026-11-24T09:00:00")
    assert request.headers["X-Shopify-Name"]
    assert len(request.headers["X-Shopify-Webhook-Id"]) == 36
    assert len(request.headers["X-Shopify-Event-Id"]) == 36


def test_shopifys_own_library_accepts_the_delivery_and_no_changed_one(
    store: ShopifyStore, product: App, yen_order: dict[str, Any]
) -> None:
    store.fulfil(yen_order)
    store.deliver_pending()
    request = product.requests[0]
    app = ShopifyApp(client_id=CLIENT_ID, client_secret=SECRET)
    text = request.content.decode()
    whole: Any = {"method": "POST", "url": str(request.url), "headers": dict(request.headers), "body": text}
    assert app.verify_webhook_req(whole).ok
    whole["body"] += " "
    assert not app.verify_webhook_req(whole).ok


def test_what_happens_in_the_store_is_told_in_order(
    store: ShopifyStore, product: App, yen_order: dict[str, Any]
) -> None:
    everything_happens(store, yen_order)
    assert topics(product) == [
        "orders/create",
        "orders/updated",
        "fulfillments/create",
        "orders/updated",
        "fulfillments/update",
        "orders/updated",
        "refunds/create",
        "app/uninstalled",
    ]


def test_the_body_is_as_it_was_when_it_happened(store: ShopifyStore, product: App, yen_order: dict[str, Any]) -> None:
    store.fulfil(yen_order)
    store.mark_delivered(yen_order)
    store.deliver_pending()
    created = body(product, "fulfillments/create")
    assert (created["shipment_status"], body(product, "fulfillments/update")["shipment_status"]) == (
        "in_transit",
        "delivered",
    )


def test_amounts_are_in_the_shops_currency_beside_sets_in_both(
    store: ShopifyStore, product: App, yen_order: dict[str, Any]
) -> None:
    everything_happens(store, yen_order)
    order = body(product, "orders/updated")
    assert (order["currency"], order["presentment_currency"]) == ("USD", "JPY")
    assert order["total_price_set"]["presentment_money"] == {"amount": "9303", "currency_code": "JPY"}
    assert order["total_price"] == order["total_price_set"]["shop_money"]["amount"] == "62.03"
    assert order["line_items"][0]["discount_allocations"][0]["amount_set"]["presentment_money"]["amount"] == "500"
    assert order["created_at"] == "2026-11-14T17:00:00+08:00"
    refund = body(product, "refunds/create")
    assert (refund["transactions"][0]["amount"], refund["transactions"][0]["currency"]) == ("1", "JPY")
    assert refund["refund_line_items"][0]["restock_type"] == "no_restock"


# --- shapes --------------------------------------------------------------------------------------------------------

TOPICS = [
    "orders/create",
    "orders/updated",
    "refunds/create",
    "fulfillments/create",
    "fulfillments/update",
    "app/uninstalled",
]


def lenient(schema: Any) -> Any:
    """The schema without what its one example could not know: a value that was null there may be anything, a value
    may be null everywhere, a rate need not be whole, and a list that was empty there says nothing of its elements.
    """
    if isinstance(schema, list):
        return [lenient(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "null" or (schema.get("type") == "array" and not schema.get("items")):
        return {}
    kept = {
        name: {key: lenient(one) for key, one in value.items()} if name == "properties" else lenient(value)
        for name, value in schema.items()
    }
    if isinstance(kept.get("type"), str):
        kept["type"] = ["number" if kept["type"] == "integer" else kept["type"], "null"]
    return kept


def check(schema: dict[str, Any], value: dict[str, Any]) -> list[str]:
    """What a JSON schema (draft 2020-12) has against a value; without a validator at hand, missing keys only."""
    for name in ("jsonschema", "jsonschema_rs"):
        try:
            library = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        kind: Callable[[Any], Any] = library.Draft202012Validator
        return [f"{error.schema_path}: {error.message}" for error in kind(lenient(schema)).iter_errors(value)]
    return [name for name in schema["required"] if name not in value]


@needs_contracts
@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("which", ["yen_order", "dollar_order"])
def test_bodies_have_the_documented_shape(
    request: pytest.FixtureRequest, store: ShopifyStore, product: App, topic: str, which: str
) -> None:
    everything_happens(store, request.getfixturevalue(which))
    schema = json.loads((EXAMPLES / "schemas" / f"{topic}.json").read_text(encoding="utf-8"))
    sent = body(product, topic)
    assert check(schema, sent) == []
    example = json.loads((EXAMPLES / "metadatas" / f"{topic}.json").read_text(encoding="utf-8"))["response"]
    assert set(sent) == set(example)


# --- delivery ------------------------------------------------------------------------------------------------------


def test_what_was_delivered_is_not_sent_again(store: ShopifyStore, product: App, yen_order: dict[str, Any]) -> None:
    store.cancel(yen_order)
    assert [one.status for one in store.deliver_pending()] == [200]
    assert store.deliver_pending() == []
    assert len(product.requests) == 1


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(302), httpx.Response(404)])
def test_only_a_2xx_counts_and_the_next_try_has_the_same_id_and_body(
    store: ShopifyStore, product: App, clock: Clock, yen_order: dict[str, Any], answer: httpx.Response
) -> None:
    product.answers = [answer]
    store.cancel(yen_order)
    store.deliveries.send()
    assert store.deliveries.waiting() == 1
    assert store.deliveries.send() == []
    clock.forward(seconds=10)
    store.deliveries.send()
    first, second = product.requests
    assert first.content == second.content
    assert first.headers["X-Shopify-Webhook-Id"] == second.headers["X-Shopify-Webhook-Id"]
    assert store.deliveries.waiting() == 0


def test_after_eight_more_tries_in_four_hours_it_gives_up(
    store: ShopifyStore, product: App, clock: Clock, yen_order: dict[str, Any]
) -> None:
    product.answers = [httpx.Response(500) for _ in range(20)]
    store.cancel(yen_order)
    for _ in range(4 * 60 * 6 + 1):
        store.deliveries.send()
        clock.forward(seconds=10)
    assert len(product.requests) == 9
    assert [one["status"] for one in store.deliveries.all()] == ["given_up"]


def test_an_app_that_cannot_be_reached_is_tried_again(
    store: ShopifyStore, clock: Clock, yen_order: dict[str, Any]
) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        message = "refused"
        raise httpx.ConnectError(message, request=request)

    with httpx.Client(transport=httpx.MockTransport(nobody)) as http:
        store.deliveries._http = http
        store.cancel(yen_order)
        assert [one.status for one in store.deliver_pending()] == [None]
    assert store.deliveries.waiting() == 1


def test_duplicates_and_any_order_come_on_request(store: ShopifyStore, product: App, yen_order: dict[str, Any]) -> None:
    store.fulfil(yen_order)
    store.mark_delivered(yen_order)
    sent = store.deliver_pending(reverse=True, times=2)
    assert topics(product) == [
        "fulfillments/update",
        "fulfillments/update",
        "orders/updated",
        "orders/updated",
        "fulfillments/create",
        "fulfillments/create",
        "orders/updated",
        "orders/updated",
    ]
    ids = [one.headers["X-Shopify-Webhook-Id"] for one in product.requests]
    assert ids[0] == ids[1] != ids[2]
    store.deliveries.again(sent[0].delivery)
    assert product.requests[-1].headers["X-Shopify-Webhook-Id"] == ids[0]


def test_a_subscription_by_api_gets_its_own_delivery_of_the_same_event(
    store: ShopifyStore, product: App, send: Send, yen_order: dict[str, Any]
) -> None:
    mutation = (
        "mutation ($uri: String!) { webhookSubscriptionCreate(topic: ORDERS_CANCELLED,"
        " webhookSubscription: {uri: $uri}) { webhookSubscription { id topic uri } userErrors { field message } } }"
    )
    made = send(mutation, uri="https://other.example/hook")["data"]["webhookSubscriptionCreate"]
    assert made["userErrors"] == []
    again = send(mutation, uri="https://other.example/hook")["data"]["webhookSubscriptionCreate"]
    assert "taken" in again["userErrors"][0]["message"]
    assert send(mutation, uri="http://other.example/hook")["data"]["webhookSubscriptionCreate"]["userErrors"]
    store.cancel(yen_order)
    store.deliver_pending()
    one, two = product.requests
    assert {str(one.url), str(two.url)} == {"http://app.test/webhooks/shopify", "https://other.example/hook"}
    assert one.headers["X-Shopify-Event-Id"] == two.headers["X-Shopify-Event-Id"]
    assert one.headers["X-Shopify-Webhook-Id"] != two.headers["X-Shopify-Webhook-Id"]


def test_after_the_app_is_removed_the_store_is_silent(
    store: ShopifyStore, product: App, yen_order: dict[str, Any]
) -> None:
    store.uninstall()
    store.cancel(yen_order)
    store.deliver_pending()
    assert topics(product) == ["app/uninstalled"]
    assert body(product, "app/uninstalled")["myshopify_domain"] == SHOP
    assert store.oauth.scopes_of(TOKEN) is None


def test_a_refusal_tells_nobody(store: ShopifyStore, yen_order: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        store.refund(yen_order, refund_input_of(yen_order, units=9, amount=1))
    assert store.deliveries.all() == []


def test_the_background_thread_delivers_and_ends(store: ShopifyStore, product: App, yen_order: dict[str, Any]) -> None:
    store.cancel(yen_order)
    store.deliveries.start(every=0.01)
    assert store.deliveries.background.is_alive
    for _ in range(500):
        if store.deliveries.waiting() == 0:
            break
        time.sleep(0.01)
    store.deliveries.stop()
    assert topics(product) == ["orders/cancelled"]
    assert not store.deliveries.background.is_alive


def test_somebody_buys_again(store: ShopifyStore, product: App, clock: Clock, yen_order: dict[str, Any]) -> None:
    store.state.set_meta("next:order", 1003)
    store.fulfil(yen_order)
    store.refund(yen_order, refund_input_of(yen_order, units=1, amount=2834))
    store.deliver_pending()
    clock.forward(days=1)
    fresh = store.place_order(like="#1001")
    store.deliver_pending()
    assert (fresh["name"], fresh["createdAt"]) == ("#1003", "2026-11-25T09:00:00Z")
    assert topics(product)[-1] == "orders/create"
    sent = body(product, "orders/create")
    assert (sent["name"], sent["total_price_set"]["presentment_money"]["amount"]) == ("#1003", "9303")
    assert (sent["fulfillments"], sent["refunds"], sent["fulfillment_status"]) == ([], [], None)
    assert store.stock.everywhere(ITEM) == 7
    assert {one["id"] for one in fresh["lineItems"]}.isdisjoint(one["id"] for one in yen_order["lineItems"])
    assert len(store.order("#1001")["refunds"]) == 1
