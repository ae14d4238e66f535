"""The store's webhooks: which hook of WordPress each topic hangs on, and what is queued when a hook is run."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from demo.woocommerce.errors import WpError, invalid_id, refuse
from demo.woocommerce.orders import Document
from demo.woocommerce.state import State, stamp

TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "coupon.created": ("woocommerce_process_shop_coupon_meta", "woocommerce_new_coupon"),
    "coupon.updated": ("woocommerce_process_shop_coupon_meta", "woocommerce_update_coupon"),
    "coupon.deleted": ("wp_trash_post",),
    "coupon.restored": ("untrashed_post",),
    "customer.created": ("user_register", "woocommerce_created_customer", "woocommerce_new_customer"),
    "customer.updated": ("profile_update", "woocommerce_update_customer"),
    "customer.deleted": ("delete_user",),
    "order.created": ("woocommerce_new_order",),
    "order.updated": ("woocommerce_update_order", "woocommerce_order_refunded"),
    "order.deleted": ("wp_trash_post",),
    "order.restored": ("untrashed_post",),
    "product.created": ("woocommerce_process_product_meta", "woocommerce_new_product"),
    "product.updated": ("woocommerce_process_product_meta", "woocommerce_update_product"),
    "product.deleted": ("wp_trash_post",),
    "product.restored": ("untrashed_post",),
    "product.published": ("transition_post_status",),
}
"""Topics of core and their hooks. There is none for refunds: they come as ``order.updated``."""

_ACTION = re.compile(r"action\.(woocommerce|wc)_[a-z0-9_]+")


def hooks_of(topic: str) -> tuple[str, ...]:
    """The hooks of a topic, empty when there is no such topic. ``action.<hook>`` is one for any of WooCommerce's."""
    if _ACTION.fullmatch(topic):
        return (topic.partition(".")[2],)
    return TOPICS.get(topic, ())


class Webhooks:
    """Made by API or by the seed; kept as documents. Changes here send nothing, ``Deliveries`` does."""

    def __init__(self, state: State, now: Callable[[], datetime]) -> None:
        self._state = state
        self._now = now

    def all(self) -> list[Document]:
        """Every webhook, oldest first."""
        return self._state.all("webhook")

    def get(self, number: int) -> Document:
        """One webhook. Raises WpError (404)."""
        found = self._state.get("webhook", number)
        if found is None:
            refuse(invalid_id("shop_webhook"))
        return found

    def create(
        self, topic: str, url: str, *, secret: str = "", name: str = "", status: str = "active", pending: bool = True
    ) -> Document:
        """A new webhook. ``pending``: its first ping is still to be sent. Raises WpError (400)."""
        self._check(topic, url)
        now = self._now()
        webhook: Document = {
            "id": self._state.number("webhook"),
            "name": name or now.strftime("Webhook created on %b %d, %Y @ %I:%M %p"),
            "status": status,
            "topic": topic,
            "delivery_url": url,
            "secret": secret or secrets.token_hex(25),
            "created": stamp(now),
            "modified": stamp(now),
            "failures": 0,
            "pending": pending,
        }
        self.keep(webhook)
        return webhook

    def subscribe(self, topics: Sequence[str], url: str, secret: str) -> None:
        """One webhook a topic to a caller whose pings were answered long ago."""
        for topic in topics:
            self.create(topic, url, secret=secret, name=f"Helloword {topic}", pending=False)
        self._state.set_meta("subscriber", url)

    def follow(self, url: str, secret: str) -> None:
        """That caller is to be reached at ``url`` now."""
        before = self._state.get_meta("subscriber")
        for webhook in self.all():
            if webhook["delivery_url"] == before:
                self.keep(webhook | {"delivery_url": url, "secret": secret})
        self._state.set_meta("subscriber", url)

    def update(self, number: int, wanted: Mapping[str, Any]) -> Document:
        """Change some of name, status, topic, delivery_url, secret. A new address or a revival pings again."""
        webhook = self.get(number)
        changes = {
            key: str(wanted[key])
            for key in ("name", "status", "topic", "delivery_url", "secret")
            if wanted.get(key) is not None
        }
        self._check(str((webhook | changes)["topic"]), str((webhook | changes)["delivery_url"]))
        revived = changes.get("status") == "active" and webhook["status"] != "active"
        if revived:
            webhook["failures"] = 0
        if revived or (webhook | changes)["delivery_url"] != webhook["delivery_url"]:
            webhook["pending"] = True
        self.keep(webhook | changes | {"modified": stamp(self._now())})
        return self.get(number)

    @staticmethod
    def _check(topic: str, url: str) -> None:
        if not hooks_of(topic):
            message = "Webhook topic is required and must be valid."
            refuse(WpError("woocommerce_rest_shop_webhook_invalid_topic", message, 400))
        if not re.match(r"https?://[^/\s]+", url):
            message = "Webhook delivery URL must be a valid URL starting with http:// or https://."
            refuse(WpError("woocommerce_rest_shop_webhook_invalid_delivery_url", message, 400))

    def keep(self, webhook: Document) -> None:
        """Save one."""
        self._state.put("webhook", webhook, words=webhook["name"])

    def delete(self, number: int) -> Document:
        """Remove one for good; gives it."""
        webhook = self.get(number)
        self._state.delete("webhook", number)
        return webhook

    def do_action(self, hook: str, arg: int, resource: str) -> None:
        """A hook of WordPress runs: every active webhook that hangs on it gets a delivery, unless one about the same
        thing still waits. Bodies are made when they are sent, so a waiting one carries the newest state anyway.
        """
        for webhook in self.all():
            about = webhook["topic"].partition(".")[0]
            if webhook["status"] != "active" or about not in {resource, "action"}:
                continue
            if hook not in hooks_of(webhook["topic"]):
                continue
            waiting = self._state.rows(
                "SELECT 1 FROM deliveries WHERE status = 'waiting' AND webhook = ? AND arg = ?", webhook["id"], arg
            )
            if not waiting:
                self._state.write(
                    "INSERT INTO deliveries (webhook, topic, arg, queued, status) VALUES (?, ?, ?, ?, 'waiting')",
                    *(webhook["id"], webhook["topic"], arg, stamp(self._now())),
                )
