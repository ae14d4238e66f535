"""Webhooks: what is told, signed, when, and what is never told."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from app.core.messaging.ports import Delivery, ForgedDelivery, Ping
from app.core.orders.ports import Ignore, OrderDeleted, PullOrder, RecordOrder
from app.platforms.woocommerce.webhooks import WooCommerceWebhooks, translate
from demo.woocommerce.store import WooStore
from tests.demo.standins import Clock
from tests.demo.woocommerce.small_shop import CREDENTIALS, URL, App, Call, one_sweater, recording

SECRETS = [CREDENTIALS.webhook_secret]
JUDGE = WooCommerceWebhooks()


def judged(request: httpx.Request) -> Delivery | Ping:
    return JUDGE.open(dict(request.headers), request.content, SECRETS)


def topics(product: App) -> list[str]:
    return [request.headers.get("X-WC-Webhook-Topic", "ping") for request in product.requests]


def failing(product: App, times: int) -> None:
    product.answers = [httpx.Response(500) for _ in range(times)]


# --- what is told ----------------------------------------------------------------------------------------------------


def test_a_new_order_is_delivered_and_the_product_takes_it(store: WooStore, product: App) -> None:
    order = store.place_order(like=23)
    assert product.requests == []
    (sent,) = store.deliver_pending()
    assert (sent.topic, sent.status) == ("order.created", 200)
    (request,) = product.requests
    delivery = judged(request)
    assert isinstance(delivery, Delivery)
    assert delivery.topic == "order.created"
    command = translate("order.created", request.content)
    assert isinstance(command, RecordOrder)
    assert (command.snapshot.ref, command.snapshot.number) == (str(order["id"]), order["number"])
    assert str(command.snapshot.total) == "204.75"


def test_the_headers_are_the_recorded_ones(store: WooStore, product: App) -> None:
    store.place_order(like=23)
    store.deliver_pending()
    headers, seen = product.requests[0].headers, recording("webhook_delivery_order_created")["headers"]
    for name in ("User-Agent", "Accept", "Content-Type", "Connection", "X-WC-Webhook-Source", "X-WC-Webhook-Topic"):
        assert headers[name] == seen[name]
    assert [name for name in seen if name.startswith("X-") and name not in headers] == []
    assert len(headers["X-WC-Webhook-Delivery-ID"]) == len(seen["X-WC-Webhook-Delivery-ID"])
    assert headers["X-WC-Webhook-Source"] == f"{URL}/"


def test_the_body_is_written_as_php_writes_it(store: WooStore, product: App) -> None:
    store.place_order(like=45)
    store.deliver_pending()
    body = product.requests[0].content
    assert b"http:\\/\\/127.0.0.1:8081\\/wp-json" in body
    assert b"\\u4f1f" in body
    assert json.loads(body)["billing"]["first_name"] == "伟"


def test_a_signature_with_another_secret_is_forged(store: WooStore, product: App) -> None:
    store.place_order(like=23)
    store.deliver_pending()
    request = product.requests[0]
    with pytest.raises(ForgedDelivery):
        JUDGE.open(dict(request.headers), request.content + b" ", SECRETS)


def test_a_refund_is_told_as_an_update_and_by_its_hook(store: WooStore, product: App) -> None:
    store.refund(23, one_sweater())
    store.deliver_pending()
    assert sorted(topics(product)) == ["action.woocommerce_order_refunded", "order.updated"]
    (order,) = product.bodies("order.updated")
    assert order["refunds"][0]["total"] == "-79.90"
    (action,) = product.bodies("action.woocommerce_order_refunded")
    assert action == {"action": "woocommerce_order_refunded", "arg": 23}
    hooked = next(one for one in product.requests if one.headers["X-WC-Webhook-Resource"] == "action")
    assert translate("action.woocommerce_order_refunded", hooked.content) == PullOrder("23")


def test_other_hooks_can_be_topics_and_carry_the_refunds_id(store: WooStore, product: App, call: Call) -> None:
    for hook in ("woocommerce_refund_created", "woocommerce_order_fully_refunded"):
        call("POST", "webhooks", {"topic": f"action.{hook}", "delivery_url": "http://app.test/more"})
    refund = store.refund(25, {"amount": "26.43", "api_refund": False})
    store.deliver_pending()
    assert product.bodies("action.woocommerce_refund_created")[0]["arg"] == refund["id"]
    assert product.bodies("action.woocommerce_order_fully_refunded")[0]["arg"] == 25


def test_deleting_a_refund_tells_nobody(store: WooStore, product: App) -> None:
    refund = store.refund(23, one_sweater())
    store.deliver_pending()
    product.requests.clear()
    store.delete_refund(23, refund["id"])
    assert store.deliver_pending() == []


def test_the_trash_is_told_and_deletion_for_good_is_not(store: WooStore, product: App) -> None:
    store.trash(25)
    store.deliver_pending()
    assert product.bodies("order.deleted") == [{"id": 25}]
    assert translate("order.deleted", product.requests[0].content) == OrderDeleted("25")
    store.delete(25)
    assert store.deliver_pending() == []


def test_a_change_through_the_api_is_told_too(call: Call, store: WooStore, product: App) -> None:
    call("PUT", "orders/23", {"meta_data": [{"key": "_mark", "value": "1"}]})
    store.deliver_pending()
    assert topics(product) == ["order.updated"]


def test_stock_is_told_to_who_asks_for_products(call: Call, store: WooStore, product: App) -> None:
    call("POST", "webhooks", {"topic": "product.updated", "delivery_url": "http://app.test/more", "secret": "s"})
    call("PUT", "products/22", {"inventory_delta": 1})
    store.deliver_pending()
    (body,) = product.bodies("product.updated")
    assert (body["id"], body["stock_quantity"]) == (22, 16)


# --- when and how often ----------------------------------------------------------------------------------------------


def test_changes_of_one_order_melt_together_while_they_wait(store: WooStore, product: App) -> None:
    for text in ("first", "second", "third"):
        store.update(23, lambda order, text=text: order.update(customer_note=text))  # type: ignore[misc]
    store.update(24, lambda order: order.update(customer_note="other"))
    store.deliver_pending()
    assert [(body["id"], body["customer_note"]) for body in product.bodies("order.updated")] == [
        (23, "third"),
        (24, "other"),
    ]


def test_what_changes_after_a_delivery_left_is_told_again(store: WooStore, product: App) -> None:
    store.update(23, lambda order: order.update(customer_note="first"))
    store.deliver_pending()
    store.update(23, lambda order: order.update(customer_note="second"))
    store.deliver_pending()
    assert [body["customer_note"] for body in product.bodies("order.updated")] == ["first", "second"]


def test_the_delivery_id_repeats_within_a_second_but_the_product_tells_them_apart(
    store: WooStore, product: App, clock: Clock
) -> None:
    for _ in range(3):
        store.place_order(like=24)
    store.deliver_pending()
    assert len({request.headers["X-WC-Webhook-Delivery-ID"] for request in product.requests}) == 1
    keys = {one.dedup_key for request in product.requests if isinstance(one := judged(request), Delivery)}
    assert len(keys) == 3
    clock.forward(seconds=1)
    store.place_order(like=24)
    store.deliver_pending()
    assert len({request.headers["X-WC-Webhook-Delivery-ID"] for request in product.requests}) == 2


def test_deliveries_can_come_twice_and_backwards(store: WooStore, product: App) -> None:
    first, second = (store.place_order(like=24)["id"] for _ in range(2))
    store.deliver_pending(reverse=True, times=2)
    assert [body["id"] for body in product.bodies("order.created")] == [second, second, first, first]
    assert len({one.content for one in product.requests}) == 2


def test_a_delivery_can_be_sent_again_as_it_was(store: WooStore, product: App) -> None:
    store.place_order(like=24)
    (sent,) = store.deliver_pending()
    store.update(46, lambda order: order.update(customer_note="later"))
    assert store.deliveries.again(sent.delivery).status == 200
    assert product.requests[0].content == product.requests[1].content
    with pytest.raises(LookupError):
        store.deliveries.again(999)


def test_a_delivery_that_fails_is_never_tried_again(store: WooStore, product: App) -> None:
    failing(product, 1)
    store.place_order(like=24)
    assert [sent.status for sent in store.deliver_pending()] == [500]
    assert store.deliver_pending() == []
    assert store.deliveries.waiting() == 0


def fail_seven_times(store: WooStore, product: App) -> list[str]:
    """The webhook's status after each failed delivery."""
    failing(product, 7)
    seen = []
    for _ in range(7):
        store.place_order(like=24)
        store.deliver_pending()
        seen.append(store.webhooks.get(1)["status"])
    return seen


def test_the_seventh_failure_in_a_row_disables_a_webhook(store: WooStore, product: App) -> None:
    assert fail_seven_times(store, product) == ["active"] * 6 + ["disabled"]
    store.place_order(like=24)
    assert store.deliver_pending() == []
    assert len(product.requests) == 7


def test_a_success_between_failures_counts_from_the_beginning(store: WooStore, product: App) -> None:
    product.answers = [httpx.Response(status) for status in [500] * 6 + [302] + [500] * 6]
    for _ in range(13):
        store.place_order(like=24)
        store.deliver_pending()
    assert store.webhooks.get(1)["status"] == "active"


def test_a_disabled_webhook_is_revived_by_api_and_pinged(call: Call, store: WooStore, product: App) -> None:
    fail_seven_times(store, product)
    product.requests.clear()
    assert call("PUT", "webhooks/1", {"status": "active"}).json["status"] == "active"
    store.place_order(like=24)
    store.deliver_pending()
    assert topics(product) == ["ping", "order.created"]


def test_what_waits_for_a_webhook_that_was_paused_is_dropped(call: Call, store: WooStore, product: App) -> None:
    store.place_order(like=24)
    call("PUT", "webhooks/1", {"status": "paused"})
    assert store.deliver_pending() == []
    assert [one["status"] for one in store.deliveries.all()] == ["dropped"]


def test_they_go_out_by_themselves_when_started(store: WooStore, product: App) -> None:
    store.deliveries.start(every=0.01)
    store.deliveries.start()
    store.place_order(like=24)
    for _ in range(200):
        if product.requests:
            break
        time.sleep(0.01)
    store.deliveries.stop()
    assert topics(product) == ["order.created"]


# --- pings and error bodies ------------------------------------------------------------------------------------------


def test_a_new_webhook_is_pinged_unsigned_and_the_product_knows_it(call: Call, product: App) -> None:
    body = {"topic": "order.created", "delivery_url": "http://app.test/hook", "secret": "s"}
    number = call("POST", "webhooks", body).json["id"]
    (request,) = product.requests
    assert request.content == f"webhook_id={number}".encode()
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not any(name.startswith("x-wc") for name in request.headers)
    assert isinstance(judged(request), Ping)


def test_a_ping_that_fails_is_sent_again_after_each_delivery(call: Call, store: WooStore, product: App) -> None:
    product.answers = [httpx.Response(500), httpx.Response(200), httpx.Response(500)]
    body = {"topic": "order.created", "delivery_url": "http://app.test/second"}
    assert call("POST", "webhooks", body).status_code == 201
    call("PUT", "webhooks/1", {"status": "paused"})
    store.place_order(like=24)
    store.deliver_pending()
    store.place_order(like=24)
    store.deliver_pending()
    store.place_order(like=24)
    store.deliver_pending()
    assert topics(product) == ["ping", "order.created", "ping", "order.created", "ping", "order.created"]


def test_an_order_that_is_gone_is_a_signed_error_object(store: WooStore, product: App) -> None:
    order = store.place_order(like=24)
    store.delete(order)
    store.deliver_pending()
    (request,) = product.requests
    assert isinstance(judged(request), Delivery)
    assert json.loads(request.content) == json.loads(recording("webhook_delivery_error_payload")[0]["body"])
    assert isinstance(translate("order.created", request.content), Ignore)


def test_an_owner_who_lost_his_rights_sends_a_signed_error_object(store: WooStore, product: App) -> None:
    store.faults.owner_lost_rights = 1
    store.place_order(like=24)
    store.deliver_pending()
    assert product.bodies("order.created")[0]["data"] == {"status": 403}
    assert isinstance(judged(product.requests[0]), Delivery)


# --- by API ----------------------------------------------------------------------------------------------------------


def test_webhooks_are_listed_by_status_and_deleted_with_force(call: Call, store: WooStore) -> None:
    call("PUT", "webhooks/2", {"status": "paused", "name": "Sleeping"})
    assert [one["id"] for one in call("GET", "webhooks").json] == [4, 3, 2, 1]
    (paused,) = call("GET", "webhooks", status="paused").json
    assert (paused["name"], "secret" in paused) == ("Sleeping", False)
    assert call("DELETE", "webhooks/2").status_code == 501
    assert call("DELETE", "webhooks/2", force=1).json["id"] == 2
    assert call("GET", "webhooks/2").json["code"] == "woocommerce_rest_shop_webhook_invalid_id"


def test_helloword_is_found_again_where_it_listens_now(store: WooStore, product: App, call: Call) -> None:
    call("POST", "webhooks", {"topic": "order.created", "delivery_url": "http://other.test/hook"})
    product.requests.clear()
    store.webhook_url = "http://app.test:9000/webhooks/woocommerce/lintang-co"
    store.find_helloword_again()
    store.place_order(like=24)
    store.deliver_pending()
    hosts: set[Any] = {(request.url.host, request.url.port) for request in product.requests}
    assert hosts == {("app.test", 9000), ("other.test", None)}
