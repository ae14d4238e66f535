"""Shopify's webhooks: is this delivery genuine, and which order should be read again?

A delivery is a hint. Its body is older than it looks (retries carry the first one for four hours) and in shop money,
so nothing is taken from it but the order's id; the order is then read by GraphQL: one mapping, always the newest state.

The signature is checked here and not by shopifyapp's ``verify_webhook_req``: that parses the body before it has
checked it (a forged body nested deeply enough, or with a number of 5000 digits, raises out of it), wants the body as
text, answers a header that is not ASCII with a TypeError, and passes a delivery without a shop. The tests hold the
two to the same verdict on every delivery that is not one of these.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.core.messaging.ports import Delivery, ForgedDelivery, MalformedDelivery, Ping
from app.core.orders.ports import Command, Disconnected, Ignore, OrderDeleted, PullOrder
from app.platforms.shopify.client import is_shop
from app.platforms.shopify.wire import gid, instant, is_gid

_TOPIC = re.compile(r"[a-z0-9_]{1,50}/[a-z0-9_]{1,49}", re.ASCII)
_ID = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)

_COMPLIANCE = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
_ABOUT_AN_ORDER = ("orders/", "fulfillments/", "fulfillment_events/", "refunds/", "returns/", "order_transactions/")


class WebhookSignature:
    """The gate (``WebhookGate``) for deliveries signed with the app's client secret."""

    def open(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Delivery | Ping:
        """The delivery, judged on its raw bytes; each of ``secrets`` is tried (old ones sign for up to an hour after
        a rotation). ``dedup_key`` is X-Shopify-Webhook-Id, ``event_key`` X-Shopify-Event-Id.
        """
        given = {name.lower(): value for name, value in headers.items()}
        _verify(given.get("x-shopify-hmac-sha256", ""), body, secrets)
        shop, topic = given.get("x-shopify-shop-domain", ""), given.get("x-shopify-topic", "")
        webhook_id, event_id = given.get("x-shopify-webhook-id", ""), given.get("x-shopify-event-id", "")
        if not is_shop(shop):
            raise MalformedDelivery(header="X-Shopify-Shop-Domain")
        if _TOPIC.fullmatch(topic) is None:
            raise MalformedDelivery(header="X-Shopify-Topic")
        if _ID.fullmatch(webhook_id) is None:
            raise MalformedDelivery(header="X-Shopify-Webhook-Id")
        _object(body)
        return Delivery(
            topic=topic,
            dedup_key=webhook_id,
            event_key=event_id if _ID.fullmatch(event_id) else None,
            occurred_at=_moment(given.get("x-shopify-triggered-at", "")),
        )


def _verify(signature: str, body: bytes, secrets: Sequence[str]) -> None:
    claimed = signature.encode("utf-8", "surrogatepass")  # compare_digest takes text only if it is ASCII
    genuine = False
    for secret in secrets:
        if secret:  # an empty secret would be a key that everybody knows
            digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
            genuine |= hmac.compare_digest(base64.b64encode(digest), claimed)
    if not genuine:
        raise ForgedDelivery


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedDelivery(body="no JSON") from error
    if not isinstance(value, dict):
        raise MalformedDelivery(body="no JSON object")
    return value


def _moment(text: str) -> datetime | None:
    """X-Shopify-Triggered-At has nanoseconds, of which six digits are kept; what cannot be read is not known."""
    try:
        return instant(text)
    except (ValueError, OverflowError):
        return None


def translate(topic: str, body: bytes) -> Command:
    """What a stored delivery asks of us. Raises MalformedDelivery.

    Compliance topics are ``Ignore("compliance:...")``: the row stays in the inbox under that code for whoever
    answers them (30 days). ``returns/update`` and the reverse topics do not name their order: reconciling finds them.
    """
    payload = _object(body)
    if topic == "app/uninstalled":
        return Disconnected()
    if topic in _COMPLIANCE:
        return Ignore(f"compliance:{topic}")
    if not topic.startswith(_ABOUT_AN_ORDER):
        return Ignore("topic_not_used")
    order_ref = _order_ref(topic, payload)
    if order_ref is None:
        if topic.startswith("returns/"):
            return Ignore("order_not_named")
        raise MalformedDelivery(topic=topic, body="no order id")
    return OrderDeleted(order_ref) if topic == "orders/delete" else PullOrder(order_ref)


def _order_ref(topic: str, payload: Mapping[str, Any]) -> str | None:
    """The order's gid. A gid in the payload is preferred to a number: some senders print numbers as floats."""
    nested, edit = payload.get("order"), payload.get("order_edit")
    places = [payload] if topic.startswith("orders/") else []
    places += [nested] if isinstance(nested, dict) else []
    for place in places:
        named = place.get("admin_graphql_api_id")
        if isinstance(named, str) and is_gid("Order", named):
            return named
    numbers = [payload.get("order_id"), *(place.get("id") for place in places)]
    if isinstance(edit, dict):
        numbers.insert(0, edit.get("order_id"))
    for number in numbers:
        if type(number) is int and 0 < number < 2**63:  # a float has lost digits, a bool is no id
            return gid("Order", number)
    return None
