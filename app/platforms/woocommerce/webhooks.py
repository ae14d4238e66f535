"""What WooCommerce delivers: is it genuine, which event is it, and what does it ask of us.

Traps that shape this module (all seen on real stores): a delivery id repeats within a second; nothing in the signature
is a time, so a replay must be recognised by content; the body can be a signed error object; a new webhook is
announced by an unsigned form post; no delivery is ever repeated by the store.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from app.core.kit.currency import UnknownCurrency, exponent
from app.core.messaging.ports import Delivery, ForgedDelivery, MalformedDelivery, Ping
from app.core.orders.ports import Command, Ignore, OrderDeleted, PullOrder, RecordOrder
from app.platforms.woocommerce.mapping import DRAFTS, order_snapshot
from app.platforms.woocommerce.values import Unreadable, instant, text

_PREFIX: Final = "x-wc-webhook-"
_PING = re.compile(rb"webhook_id=\d{1,19}")
_TOPIC = re.compile(r"[A-Za-z0-9_]{1,24}\.[A-Za-z0-9_.\-]{1,75}")
_DELIVERY_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_WHY_LENGTH = 40  # the inbox keeps no more of it

_ORDER_STATE = frozenset({"order.created", "order.updated", "order.restored"})
# Hooks whose first argument, the only one a webhook carries, is the order's id.
_ORDER_HOOKS = frozenset(
    {
        "woocommerce_order_refunded",
        "woocommerce_order_partially_refunded",
        "woocommerce_order_fully_refunded",
        "woocommerce_order_status_changed",
        "woocommerce_order_status_completed",
        "woocommerce_order_status_cancelled",
        "woocommerce_payment_complete",
        "woocommerce_update_order",
        "woocommerce_new_order",
    }
)
# Their argument is the refund's id, and wc/v3 has no way from a refund to its order. Nothing is lost: the same moment
# of the store sends order.updated and action.woocommerce_order_refunded, which name the order.
_REFUND_HOOKS = frozenset({"woocommerce_refund_created", "woocommerce_refund_deleted", "woocommerce_create_refund"})


class WooCommerceWebhooks:
    """Judges raw deliveries. Nothing but ForgedDelivery and MalformedDelivery is ever raised."""

    def open(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Delivery | Ping:
        """Verify base64(HMAC-SHA256(body, secret)) against each secret, then name the event.

        The deduplication key holds what tells one event from another: topic and the body's digest, and, where the
        body carries no time of change (two refunds of one order send the same bytes), the delivery id as well.
        Raises ForgedDelivery, MalformedDelivery.
        """
        named = {str(name).lower(): str(value).strip() for name, value in headers.items()}
        signature = named.get(_PREFIX + "signature", "")
        if not signature and _PREFIX + "topic" not in named and _PING.fullmatch(body.strip()):
            return Ping()
        if not _genuine(body, signature, secrets):
            raise ForgedDelivery
        topic = named.get(_PREFIX + "topic", "")
        if not _TOPIC.fullmatch(topic):
            raise MalformedDelivery(reason="topic")
        changed = text(_object(body).get("date_modified_gmt"))
        key = f"{topic}:{hashlib.sha256(body).hexdigest()[:32]}"
        if not changed and _DELIVERY_ID.fullmatch(named.get(_PREFIX + "delivery-id", "")):
            key += ":" + named[_PREFIX + "delivery-id"]
        try:
            occurred_at = instant(changed)
        except (ValueError, OverflowError):
            raise MalformedDelivery(reason="date_modified_gmt") from None
        return Delivery(topic=topic, dedup_key=key, occurred_at=occurred_at)


def _genuine(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    given = signature.encode(errors="surrogatepass")
    found = False
    for secret in secrets:  # all of them, so that the time tells nothing
        digest = hmac.new(secret.encode(errors="surrogatepass"), body, hashlib.sha256).digest()
        found |= hmac.compare_digest(base64.b64encode(digest), given)
    return found


def _object(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecursionError):
        raise MalformedDelivery(reason="json") from None
    if not isinstance(decoded, dict):
        raise MalformedDelivery(reason="not an object")
    return decoded


def translate(topic: str, body: bytes) -> Command:
    """What a stored delivery asks of us; an unknown topic is ``Ignore``. Raises MalformedDelivery."""
    value = _object(body)
    if "id" not in value and isinstance(value.get("code"), str):
        return _ignore("store_error_" + value["code"].removeprefix("woocommerce_rest_"))
    resource, _, event = topic.partition(".")
    if topic in _ORDER_STATE:
        return _order(value)
    if topic == "order.deleted":
        return OrderDeleted(_id(value.get("id")))
    if resource == "action":
        return _action(topic, event, value)
    if resource in {"product", "coupon", "customer"}:
        return _ignore(f"not_used_yet:{topic}")
    return _ignore(f"unknown_topic:{topic}")


def _action(topic: str, hook: str, value: Mapping[str, Any]) -> Command:
    if hook in _ORDER_HOOKS:
        return PullOrder(_id(value.get("arg")))
    return Ignore("refund_id_only") if hook in _REFUND_HOOKS else _ignore(f"unknown_topic:{topic}")


def _order(value: Mapping[str, Any]) -> Command:
    """The whole order is in the body, except the lines of its refunds: those need a read of their own."""
    if text(value.get("status")) in DRAFTS:
        return Ignore("order_draft")
    refunded = bool(value.get("refunds"))
    try:
        snapshot = order_snapshot(value, None if refunded else ())
        blurred = _decimals(value.get("total")) < exponent(snapshot.currency)
    except (Unreadable, UnknownCurrency) as error:
        raise MalformedDelivery(reason=str(error)) from error
    # A body is printed with the store's own decimals: a KWD order of a store that shows two is read again with more.
    return RecordOrder(snapshot, pull=refunded or blurred)


def _decimals(amount: Any) -> int:
    return len(text(amount).partition(".")[2])


def _id(value: Any) -> str:
    digits = text(value)
    if not (digits.isascii() and digits.isdecimal() and 0 < len(digits) < 20):  # noqa: PLR2004 (64 bits)
        raise MalformedDelivery(reason="id")
    return digits


def _ignore(why: str) -> Ignore:
    return Ignore(why[:_WHY_LENGTH])
