from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.kit.money import Money
from app.core.messaging.ports import Delivery, ForgedDelivery, MalformedDelivery, Ping
from app.core.orders.ports import Ignore, OrderDeleted, PullOrder, RecordOrder
from app.platforms.woocommerce.webhooks import WooCommerceWebhooks, translate
from tests.platforms.woocommerce.builders import an_order
from tests.platforms.woocommerce.loopback import CONTRACTS, recording

RECORDED_SECRET = "whsec_test_123"
GATE = WooCommerceWebhooks()


def deliveries() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for path in sorted(CONTRACTS.glob("webhook_delivery_*.json")):
        value = json.loads(path.read_text())
        found += [(path.stem, one) for one in (value if isinstance(value, list) else [value])]
    return found


def signed(body: bytes, topic: str = "order.updated", *, by: str = "s", delivery: str = "d1") -> dict[str, str]:
    signature = base64.b64encode(hmac.new(by.encode(), body, hashlib.sha256).digest()).decode()
    return {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Signature": signature, "X-WC-Webhook-Delivery-ID": delivery}


def opened(body: bytes, topic: str = "order.updated", **how: str) -> Delivery:
    delivery = GATE.open(signed(body, topic, **how), body, ["s"])
    assert isinstance(delivery, Delivery)
    return delivery


def test_every_recorded_delivery_verifies_and_translates() -> None:
    recording("webhook_delivery_order_updated")  # skips where there are none
    expected: dict[str, Any] = {
        "webhook_delivery_action_order_refunded": PullOrder("24"),
        "webhook_delivery_action_refund_created": Ignore("refund_id_only"),
        "webhook_delivery_coupon_created": Ignore("not_used_yet:coupon.created"),
        "webhook_delivery_error_payload": Ignore("store_error_shop_order_invalid_id"),
        "webhook_delivery_order_deleted": OrderDeleted("38"),
        "webhook_delivery_product_updated": Ignore("not_used_yet:product.updated"),
    }
    seen = set()
    for name, one in deliveries():
        body = one["body"].encode()
        delivery = GATE.open(one["headers"], body, [RECORDED_SECRET])
        assert isinstance(delivery, Delivery), name
        assert delivery.topic == one["headers"]["X-WC-Webhook-Topic"]
        assert len(delivery.dedup_key) <= 200
        command = translate(delivery.topic, body)
        if name in expected:
            assert command == expected[name]
        else:
            assert isinstance(command, RecordOrder)
        seen.add(name)
    assert seen == set(expected) | {
        "webhook_delivery_order_created",
        "webhook_delivery_order_updated",
        "webhook_delivery_order_updated_full_refund",
    }


def test_a_recorded_order_without_refunds_is_recorded_as_the_whole_truth() -> None:
    one = recording("webhook_delivery_order_updated")
    command = translate("order.updated", one["body"].encode())
    assert isinstance(command, RecordOrder)
    assert (command.pull, command.snapshot.refunds, command.snapshot.total) == (False, (), Money(20475, "EUR"))
    assert command.snapshot.updated_at == datetime(2026, 11, 23, 6, 12, 42, tzinfo=UTC)


def test_an_order_with_refunds_is_recorded_without_them_and_pulled() -> None:
    one = recording("webhook_delivery_order_updated_full_refund")
    command = translate("order.updated", one["body"].encode())
    assert isinstance(command, RecordOrder)
    assert (command.pull, command.snapshot.refunds, command.snapshot.status) == (True, None, "refunded")


def test_one_flipped_bit_anywhere_is_a_forgery() -> None:
    body = json.dumps(an_order()).encode()
    headers = signed(body)
    for position in range(0, len(body), 17):
        changed = bytearray(body)
        changed[position] ^= 1
        with pytest.raises(ForgedDelivery):
            GATE.open(headers, bytes(changed), ["s"])


def test_the_previous_secret_is_still_good_and_a_third_is_not() -> None:
    body = b'{"id":1,"date_modified_gmt":"2026-11-23T06:12:42"}'
    headers = signed(body, by="old")
    assert GATE.open(headers, body, ["new", "old"]) == GATE.open(headers, body, ["old"])
    assert GATE.open(headers, body, ["old", "new"]) == GATE.open(headers, body, ["old"])
    with pytest.raises(ForgedDelivery):
        GATE.open(headers, body, ["new"])
    with pytest.raises(ForgedDelivery):
        GATE.open(headers, body, [])


@pytest.mark.parametrize("signature", ["", "ü", "\ud800", "=", "A" * 44, "g2kdwC4M D+AU"])
def test_a_strange_signature_is_only_a_forgery(signature: str) -> None:
    with pytest.raises(ForgedDelivery):
        GATE.open({"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Signature": signature}, b"{}", ["s"])


def test_header_names_are_looked_up_without_regard_to_case() -> None:
    body = b'{"id":1}'
    headers = {name.lower(): value for name, value in signed(body).items()}
    assert GATE.open(headers, body, ["s"]) == opened(body)


def test_the_recorded_unsigned_ping_is_a_ping() -> None:
    for one in recording("webhook_ping"):
        assert GATE.open(one["headers"], one["body"].encode(), [RECORDED_SECRET]) == Ping()


def test_a_form_that_only_looks_like_a_ping_is_a_forgery() -> None:
    for body in (b"webhook_id=1&x=2", b"webhook_id=", b"webhook_id=abc", b""):
        with pytest.raises(ForgedDelivery):
            GATE.open({}, body, ["s"])
    with pytest.raises(ForgedDelivery):
        GATE.open({"X-WC-Webhook-Topic": "order.updated"}, b"webhook_id=1", ["s"])


def test_the_same_state_of_an_order_is_one_event_whatever_its_delivery_id() -> None:
    body = b'{"id":23,"date_modified_gmt":"2026-11-23T06:12:42"}'
    assert opened(body, delivery="d1").dedup_key == opened(body, delivery="d2").dedup_key
    assert opened(body).occurred_at == datetime(2026, 11, 23, 6, 12, 42, tzinfo=UTC)


def test_two_changes_of_an_order_within_one_second_are_two_events() -> None:
    first = b'{"id":23,"status":"processing","date_modified_gmt":"2026-11-23T06:12:42"}'
    second = b'{"id":23,"status":"completed","date_modified_gmt":"2026-11-23T06:12:42"}'
    assert opened(first).dedup_key != opened(second).dedup_key


def test_two_orders_with_one_delivery_id_are_two_events() -> None:
    one, two = b'{"action":"woocommerce_order_refunded","arg":23}', b'{"action":"woocommerce_order_refunded","arg":24}'
    topic = "action.woocommerce_order_refunded"
    assert opened(one, topic).dedup_key != opened(two, topic).dedup_key


def test_a_second_refund_of_an_order_is_not_taken_for_the_first_one_s_repetition() -> None:
    body, topic = b'{"action":"woocommerce_order_refunded","arg":23}', "action.woocommerce_order_refunded"
    assert opened(body, topic, delivery="aa").dedup_key != opened(body, topic, delivery="bb").dedup_key
    assert opened(body, topic, delivery="aa").dedup_key == opened(body, topic, delivery="aa").dedup_key


def test_the_longest_topic_still_fits_the_key() -> None:
    topic = "action." + "x" * 75
    assert len(opened(b"{}", topic, delivery="e" * 64).dedup_key) <= 200


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"{", b"\xff", b"[" * 100_000, b'{"a":' * 50_000, b"1" * 5000]
)
def test_a_signed_body_that_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedDelivery):
        GATE.open(signed(body), body, ["s"])
    with pytest.raises(MalformedDelivery):
        translate("order.updated", body)


@pytest.mark.parametrize("topic", ["", "order", "order.", "order updated", "order.\nupdated", "o" * 120 + ".x"])
def test_a_signed_delivery_without_a_topic_is_malformed(topic: str) -> None:
    with pytest.raises(MalformedDelivery):
        GATE.open(signed(b"{}", topic), b"{}", ["s"])


def test_a_signed_error_object_is_an_event_that_asks_for_nothing() -> None:
    body = b'{"code":"woocommerce_rest_cannot_view","message":"Sorry","data":{"status":403}}'
    assert opened(body, "order.created").topic == "order.created"
    assert translate("order.created", body) == Ignore("store_error_cannot_view")


@pytest.mark.parametrize(
    ("topic", "body", "command"),
    [
        ("action.woocommerce_order_fully_refunded", b'{"arg":23}', PullOrder("23")),
        ("action.woocommerce_something", b'{"arg":23}', Ignore("unknown_topic:action.woocommerce_somethi")),
        ("customer.updated", b'{"id":2}', Ignore("not_used_yet:customer.updated")),
        ("subscription.created", b'{"id":2}', Ignore("unknown_topic:subscription.created")),
        ("order.updated", json.dumps(an_order(status="checkout-draft")).encode(), Ignore("order_draft")),
    ],
)
def test_topics_that_ask_for_little(topic: str, body: bytes, command: Any) -> None:
    assert translate(topic, body) == command


@pytest.mark.parametrize("why", ["store_error_", "not_used_yet:", "unknown_topic:"])
def test_the_reason_kept_with_the_inbox_row_fits_its_column(why: str) -> None:
    bodies = {"store_error_": json.dumps({"code": "c" * 500}).encode()}
    topics = {"not_used_yet:": "product." + "x" * 75}
    command = translate(topics.get(why, "zzz." + "y" * 75), bodies.get(why, b"{}"))
    assert isinstance(command, Ignore)
    assert command.why.startswith(why)
    assert len(command.why) == 40


@pytest.mark.parametrize(
    "body", [b"{}", b'{"id":null}', b'{"id":true}', b'{"id":"../1"}', b'{"id":-1}', b'{"id":1.5}', b'{"id":[]}']
)
def test_a_deletion_of_nothing_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedDelivery):
        translate("order.deleted", body)


def test_an_order_that_cannot_be_read_is_malformed() -> None:
    with pytest.raises(MalformedDelivery):
        translate("order.updated", json.dumps(an_order(total="many")).encode())


def test_an_order_printed_with_too_few_decimals_is_read_again() -> None:
    command = translate("order.updated", json.dumps(an_order(currency="KWD")).encode())
    assert isinstance(command, RecordOrder)
    assert command.pull
    euro = translate("order.updated", json.dumps(an_order()).encode())
    assert isinstance(euro, RecordOrder)
    assert not euro.pull


@given(
    headers=st.dictionaries(
        st.sampled_from(["X-WC-Webhook-Topic", "x-wc-webhook-signature", "X-WC-Webhook-Delivery-ID"])
        | st.text(max_size=20),
        st.text(max_size=60),
        max_size=6,
    ),
    body=st.binary(max_size=200),
    secrets=st.lists(st.text(max_size=20), max_size=3),
)
def test_nothing_sent_makes_the_gate_raise_anything_but_its_two_errors(
    headers: dict[str, str], body: bytes, secrets: list[str]
) -> None:
    try:
        answer = GATE.open(headers, body, secrets)
    except (ForgedDelivery, MalformedDelivery):
        return
    assert answer == Ping()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=10,
)


@given(
    changes=st.dictionaries(st.sampled_from(sorted(an_order())), json_values, max_size=4),
    topic=st.sampled_from(
        ["order.created", "order.updated", "order.deleted", "action.woocommerce_order_refunded", "x.y"]
    ),
)
def test_nothing_signed_makes_opening_or_translating_raise_anything_but_malformed(
    changes: dict[str, Any], topic: str
) -> None:
    body = json.dumps(an_order() | changes).encode()
    try:
        opened(body, topic)
        command = translate(topic, body)
    except MalformedDelivery:
        return
    assert isinstance(command, RecordOrder | OrderDeleted | PullOrder | Ignore)
