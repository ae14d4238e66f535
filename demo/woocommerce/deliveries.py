"""Webhook deliveries: made when they are sent, signed, tried once and never again.

Six failures in a row are counted, the seventh disables the webhook. The delivery id is a hash of the webhook and the
second, so all that leaves within one second bears the same one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from demo.background import Background
from demo.woocommerce.order_json import VERSION
from demo.woocommerce.orders import Document
from demo.woocommerce.setting_json import WORDPRESS
from demo.woocommerce.state import State, stamp
from demo.woocommerce.webhooks import Webhooks
from demo.woocommerce.wire import php_json

FAILURES_ALLOWED = 5
TIMEOUT = httpx.Timeout(5.0, connect=1.0)
_GOOD = {301, 302}
_SALT = b"demo store"


def signature(body: bytes, secret: str) -> str:
    """X-WC-Webhook-Signature: base64 of the HMAC-SHA256 of the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt: which delivery, and the HTTP status (None when no answer came in time)."""

    delivery: int
    topic: str
    status: int | None


class Deliveries:
    """The queue. ``send`` sends what waits; a thread does so over time when started.

    ``body_of`` (webhook, arg) gives the JSON of a delivery as of now.
    """

    def __init__(
        self,
        state: State,
        now: Callable[[], datetime],
        *,
        source: str,
        webhooks: Webhooks,
        body_of: Callable[[Document, int], Any],
        http: httpx.Client,
    ) -> None:
        self._state = state
        self._now = now
        self._source = source
        self._webhooks = webhooks
        self._body_of = body_of
        self._http = http
        self._sending = threading.Lock()
        self.background = Background("woocommerce-webhooks", self.send)

    def all(self) -> list[dict[str, Any]]:
        """Every delivery ever queued, oldest first."""
        return [dict(row) for row in self._state.rows("SELECT * FROM deliveries ORDER BY id")]

    def waiting(self) -> int:
        """How many are still to be sent."""
        return len(self._state.rows("SELECT 1 FROM deliveries WHERE status = 'waiting'"))

    def headers(self, webhook: Document, body: bytes, delivery_id: str) -> dict[str, str]:
        """What WooCommerce sends with a delivery."""
        resource, _, event = webhook["topic"].partition(".")
        return {
            **_AGENT,
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self._source}/",
            "X-WC-Webhook-Topic": webhook["topic"],
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature(body, webhook["secret"]),
            "X-WC-Webhook-ID": str(webhook["id"]),
            "X-WC-Webhook-Delivery-ID": delivery_id,
        }

    def send(self, *, reverse: bool = False, times: int = 1) -> list[Sent]:
        """Send everything that waits, each ``times`` (the same bytes again), newest first on request."""
        with self._sending:
            return self._send(reverse=reverse, times=times)

    def _send(self, *, reverse: bool, times: int) -> list[Sent]:
        rows = [dict(row) for row in self._state.rows("SELECT * FROM deliveries WHERE status = 'waiting' ORDER BY id")]
        sent: list[Sent] = []
        for row in reversed(rows) if reverse else rows:
            webhook = self._state.get("webhook", row["webhook"])
            if webhook is None or webhook["status"] != "active":
                self._state.write("UPDATE deliveries SET status = 'dropped' WHERE id = ?", row["id"])
                continue
            # Taken out of the queue before the body is read: what happens from now on queues a delivery of its own.
            self._state.write("UPDATE deliveries SET status = 'sending' WHERE id = ?", row["id"])
            body = php_json(self._body_of(webhook, row["arg"]))
            delivery_id = self._delivery_id(webhook["id"])
            self._state.write(
                "UPDATE deliveries SET body = ?, delivery_id = ? WHERE id = ?", body, delivery_id, row["id"]
            )
            fresh = {**row, "body": body, "delivery_id": delivery_id}
            sent += [self._attempt(fresh, webhook) for _ in range(times)]
        return sent

    def again(self, delivery: int) -> Sent:
        """Send one delivery once more, same id and body, whatever became of it.

        Raises LookupError when it was never sent, or its webhook is gone.
        """
        rows = self._state.rows("SELECT * FROM deliveries WHERE id = ? AND body IS NOT NULL", delivery)
        webhook = self._state.get("webhook", rows[0]["webhook"]) if rows else None
        if webhook is None:
            raise LookupError(delivery)
        return self._attempt(dict(rows[0]), webhook)

    def _delivery_id(self, webhook: int) -> str:
        return hmac.new(_SALT, f"{webhook}{int(self._now().timestamp())}".encode(), hashlib.md5).hexdigest()

    def _attempt(self, row: dict[str, Any], webhook: Document) -> Sent:
        headers = self.headers(webhook, row["body"], row["delivery_id"])
        status = self._post(webhook["delivery_url"], row["body"], headers)
        good = _is_good(status)
        with self._state.transaction():
            self._state.write(
                "UPDATE deliveries SET status = ?, sent = ?, answer = ? WHERE id = ?",
                *("delivered" if good else "failed", stamp(self._now()), status, row["id"]),
            )
            known = self._state.get("webhook", webhook["id"])
            if known is not None:
                known = _judged(known, good=good)
                self._webhooks.keep(known)
        if known is not None:
            self.ping(known)
        return Sent(row["id"], row["topic"], status)

    def ping(self, webhook: Document) -> None:
        """Announce an active webhook whose first ping has not been answered: a form, without signature or headers."""
        if not webhook["pending"] or webhook["status"] != "active":
            return
        headers = {**_AGENT, "Content-Type": "application/x-www-form-urlencoded"}
        if _is_good(self._post(webhook["delivery_url"], f"webhook_id={webhook['id']}".encode(), headers)):
            self._webhooks.keep(self._webhooks.get(webhook["id"]) | {"pending": False})

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int | None:
        try:
            answer = self._http.post(url, content=body, headers=headers, timeout=TIMEOUT, follow_redirects=False)
        except (httpx.HTTPError, OSError):
            return None
        return answer.status_code

    def start(self, every: float = 0.5) -> None:
        """Deliver in the background until ``stop``."""
        self.background.start(every)

    def stop(self) -> None:
        """End the background thread and wait for it."""
        self.background.stop()


_AGENT = {
    "User-Agent": f"WooCommerce/{VERSION} Hookshot (WordPress/{WORDPRESS})",
    "Accept": "*/*",
    "Connection": "close",
}


def _is_good(status: int | None) -> bool:
    return status is not None and (200 <= status < 300 or status in _GOOD)  # noqa: PLR2004 - the meaning of 2xx


def _judged(webhook: Document, *, good: bool) -> Document:
    """The webhook after one more delivery."""
    if good:
        return webhook | {"failures": 0}
    if webhook["failures"] > FAILURES_ALLOWED:
        return webhook | {"status": "disabled"}
    return webhook | {"failures": webhook["failures"] + 1}
