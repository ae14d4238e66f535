from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shopify_app.verify import verify_webhook_req
from werkzeug.datastructures import Headers

from app.core.messaging.ports import Delivery, ForgedDelivery, MalformedDelivery
from app.core.orders.ports import Command, Disconnected, Ignore, OrderDeleted, PullOrder
from app.platforms.shopify.webhooks import WebhookSignature, translate

SECRET = "hush"
BODY = b'{"id": 820982911946154508, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508"}'
ORDER = "gid://shopify/Order/820982911946154508"

gate = WebhookSignature()


def sign(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers(body: bytes = BODY, secret: str = SECRET, **changes: Any) -> dict[str, str]:
    """``changes`` by header name with underscores; None leaves the header out."""
    given: dict[str, str | None] = {
        "X-Shopify-Topic": "orders/updated",
        "X-Shopify-Hmac-Sha256": sign(body, secret),
        "X-Shopify-Shop-Domain": "acme.myshopify.com",
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Event-Id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "X-Shopify-Triggered-At": "2026-11-23T18:00:27.877041743Z",
    }
    given |= {f"X-Shopify-{name.replace('_', '-')}": value for name, value in changes.items()}
    return {name: value for name, value in given.items() if value is not None}


def test_a_genuine_delivery_tells_its_topic_keys_and_time() -> None:
    assert gate.open(headers(), BODY, [SECRET]) == Delivery(
        topic="orders/updated",
        dedup_key="b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        event_key="98880550-7158-44d4-b7cd-2c97c8a091b5",
        occurred_at=datetime(2026, 11, 23, 18, 0, 27, 877041, tzinfo=UTC),
    )


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
def test_header_names_are_read_in_any_case(spell: Any) -> None:
    delivery = gate.open({spell(name): value for name, value in headers().items()}, BODY, [SECRET])
    assert isinstance(delivery, Delivery)
    assert gate.open(cast("Any", Headers(list(headers().items()))), BODY, [SECRET]) == delivery


def test_a_delivery_signed_with_the_secret_before_the_last_change_still_passes() -> None:
    assert isinstance(gate.open(headers(secret="old"), BODY, ["new", "old"]), Delivery)


@pytest.mark.parametrize(
    ("given_headers", "body", "secrets"),
    [
        (headers(), BODY + b" ", [SECRET]),
        (headers(), BODY, ["other"]),
        (headers(), BODY, []),
        (headers(Hmac_Sha256=None), BODY, [SECRET]),
        (headers(Hmac_Sha256=""), BODY, [SECRET]),
        (headers(Hmac_Sha256=sign(BODY).lower()), BODY, [SECRET]),
        (headers(Hmac_Sha256=sign(BODY)[:-1]), BODY, [SECRET]),
        (headers(Hmac_Sha256="ünsigned"), BODY, [SECRET]),
        (headers(Hmac_Sha256="\udcff"), BODY, [SECRET]),
        (headers(secret=""), BODY, [""]),
        (headers(Hmac_Sha256=hmac.new(b"hush", BODY, hashlib.sha256).hexdigest()), BODY, [SECRET]),
    ],
)
def test_a_delivery_that_is_not_signed_with_our_secret_is_forged(
    given_headers: dict[str, str], body: bytes, secrets: list[str]
) -> None:
    with pytest.raises(ForgedDelivery):
        gate.open(given_headers, body, secrets)


@pytest.mark.parametrize(
    "changes",
    [
        {"Shop_Domain": None},
        {"Shop_Domain": "evil.com"},
        {"Topic": None},
        {"Topic": "orders"},
        {"Topic": "orders/updated\n"},
        {"Topic": "o" * 101 + "/x"},
        {"Webhook_Id": None},
        {"Webhook_Id": ""},
        {"Webhook_Id": "x" * 201},
        {"Webhook_Id": "ä"},
    ],
)
def test_a_signed_delivery_without_its_headers_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedDelivery):
        gate.open(headers(**changes), BODY, [SECRET])


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"1", b"{", b"\xff\xfe{}", b"[" * 100_000, b"1" * 5000])
def test_a_signed_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedDelivery):
        gate.open(headers(body), body, [SECRET])


def test_a_forged_body_is_never_parsed() -> None:
    body = b"[" * 100_000
    with pytest.raises(ForgedDelivery):
        gate.open(headers(body, secret="other"), body, [SECRET])


@pytest.mark.parametrize("when", [None, "", "yesterday", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_cannot_be_read_is_not_known(when: str | None) -> None:
    delivery = gate.open(headers(Triggered_At=when), BODY, [SECRET])
    assert isinstance(delivery, Delivery)
    assert delivery.occurred_at is None


def test_a_delivery_without_an_event_id_has_no_event_key() -> None:
    delivery = gate.open(headers(Event_Id=None), BODY, [SECRET])
    assert isinstance(delivery, Delivery)
    assert delivery.event_key is None


HEADER_NAMES = st.sampled_from([name for one in headers() for name in (one, one.lower())]) | st.text(max_size=30)


@given(st.dictionaries(HEADER_NAMES, st.text(max_size=300), max_size=9), st.binary(max_size=200), st.booleans())
@example({}, b"", True)
def test_whatever_arrives_is_a_delivery_or_one_of_two_refusals(
    given_headers: dict[str, str],
    body: bytes,
    genuine: bool,
) -> None:
    if genuine:
        given_headers = {k: v for k, v in given_headers.items() if k.lower() != "x-shopify-hmac-sha256"}
        given_headers["X-Shopify-Hmac-Sha256"] = sign(body)
    try:
        result = gate.open(given_headers, body, [SECRET, ""])
    except ForgedDelivery:
        assert not genuine
    except MalformedDelivery:
        assert genuine
    else:
        assert isinstance(result, Delivery)
        assert isinstance(translate_or_none(result.topic, body), Command | None)


def translate_or_none(topic: str, body: bytes) -> Command | None:
    try:
        return translate(topic, body)
    except MalformedDelivery:
        return None


@given(st.binary(max_size=100).map(lambda b: json.dumps({"x": b.hex()}).encode()), st.sampled_from(["hush", "x", "y"]))
def test_the_official_library_comes_to_the_same_verdict(body: bytes, secret: str) -> None:
    official = verify_webhook_req(
        {"method": "POST", "headers": headers(body, secret), "url": "", "body": body.decode()},
        {"client_id": "id", "client_secret": "hush", "old_client_secret": "x"},
    )
    try:
        gate.open(headers(body, secret), body, ["hush", "x"])
    except ForgedDelivery:
        assert not official.ok
    else:
        assert official.ok


def test_the_official_library_still_has_the_traps_for_which_we_do_not_use_it() -> None:
    config: Any = {"client_id": "id", "client_secret": SECRET, "old_client_secret": None}

    def official(given_headers: dict[str, str], body: str) -> Any:
        return verify_webhook_req({"method": "POST", "headers": given_headers, "url": "", "body": body}, config)

    with pytest.raises(RecursionError):
        official(headers(secret="forged"), "[" * 100_000)
    with pytest.raises(ValueError, match="4300 digits"):
        official(headers(secret="forged"), "1" * 5000)
    with pytest.raises(TypeError):
        official(headers(Hmac_Sha256="ü"), "{}")
    assert official(headers(b"{}", Shop_Domain=None), "{}").ok


# --- what a delivery asks of us ----------------------------------------------------------------------------------

DAMAGED = "gid://shopify/Order/820982911946154500"  # the examples' numbers went through a float; their gids did not
RETURNED = "gid://shopify/Order/4783296544821"

EXPECTED: dict[str, Command] = {
    "app/scopes_update": Ignore("topic_not_used"),
    "app/uninstalled": Disconnected(),
    "app_subscriptions/approaching_capped_amount": Ignore("topic_not_used"),
    "app_subscriptions/update": Ignore("topic_not_used"),
    "bulk_operations/finish": Ignore("topic_not_used"),
    "customers/data_request": Ignore("compliance:customers/data_request"),
    "customers/redact": Ignore("compliance:customers/redact"),
    "customers/update": Ignore("topic_not_used"),
    "discounts/redeemcode_added": Ignore("topic_not_used"),
    "fulfillment_events/create": PullOrder(DAMAGED),
    "fulfillments/create": PullOrder(DAMAGED),
    "fulfillments/update": PullOrder(DAMAGED),
    "inventory_levels/update": Ignore("topic_not_used"),
    "order_transactions/create": PullOrder(DAMAGED),
    "orders/cancelled": PullOrder(ORDER),
    "orders/create": PullOrder(ORDER),
    "orders/delete": OrderDeleted(DAMAGED),
    "orders/edited": PullOrder(DAMAGED),
    "orders/fulfilled": PullOrder(ORDER),
    "orders/paid": PullOrder(ORDER),
    "orders/updated": PullOrder(ORDER),
    "products/create": Ignore("topic_not_used"),
    "products/delete": Ignore("topic_not_used"),
    "products/update": Ignore("topic_not_used"),
    "refunds/create": PullOrder(DAMAGED),
    "returns/approve": PullOrder(RETURNED),
    "returns/cancel": PullOrder(RETURNED),
    "returns/close": PullOrder(RETURNED),
    "returns/decline": PullOrder(RETURNED),
    "returns/process": Ignore("order_not_named"),
    "returns/reopen": PullOrder(RETURNED),
    "returns/request": PullOrder(RETURNED),
    "returns/update": Ignore("order_not_named"),
    "reverse_deliveries/attach_deliverable": Ignore("topic_not_used"),
    "reverse_fulfillment_orders/dispose": Ignore("topic_not_used"),
    "shop/redact": Ignore("compliance:shop/redact"),
    "shop/update": Ignore("topic_not_used"),
}


def test_every_example_of_shopify_has_its_expected_meaning(contracts_folder: Path) -> None:
    folder = contracts_folder / "webhooks" / "2026-07" / "metadatas"
    found = {}
    for path in folder.glob("*/*.json"):
        example_of = json.loads(path.read_text())
        body = json.dumps(example_of["response"]).encode()
        delivery = gate.open(headers(body, Topic=example_of["name"]), body, [SECRET])
        assert isinstance(delivery, Delivery)
        found[delivery.topic] = translate(delivery.topic, body)
    assert found == EXPECTED


@pytest.mark.parametrize("command", EXPECTED.values())
def test_a_reason_fits_the_inbox(command: Command) -> None:
    assert not isinstance(command, Ignore) or len(command.why) <= 40


def test_an_order_id_beyond_a_floats_digits_stays_exact() -> None:
    body = b'{"order_id": 9007199254740993}'
    assert translate("refunds/create", body) == PullOrder("gid://shopify/Order/9007199254740993")


def test_the_gid_is_preferred_to_a_number_that_lost_its_last_digits() -> None:
    body = b'{"id": 8.209829119461545e17, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508"}'
    assert translate("orders/updated", body) == PullOrder(ORDER)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"id": 8.209829119461545e17},
        {"id": True},
        {"id": 0},
        {"id": -5},
        {"id": "1001"},
        {"id": 2**63},
        {"admin_graphql_api_id": "gid://shopify/Refund/1"},
        {"admin_graphql_api_id": "gid://evil/Order/1"},
        {"order_edit": []},
    ],
)
def test_a_delivery_about_an_order_that_names_none_is_malformed(payload: dict[str, Any]) -> None:
    with pytest.raises(MalformedDelivery):
        translate("orders/updated", json.dumps(payload).encode())


def test_an_unknown_topic_is_ignored() -> None:
    assert translate("metaobjects/create", b"{}") == Ignore("topic_not_used")
