"""Webhook deliveries: queued with the change that caused them, sent later, tried again, never in a promised order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from demo.background import Background
from demo.shopify.state import State, instant, stamp

RETRIES = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 1800, 3600, 7200))
"""Eight more tries within about four hours; the body stays as it was."""
TIMEOUT = httpx.Timeout(5.0, connect=1.0)


def signature(body: bytes, secret: str) -> str:
    """X-Shopify-Hmac-Sha256: base64 of the HMAC-SHA256 of the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt: which delivery, and the HTTP status (None when no answer came in time)."""

    delivery: int
    topic: str
    status: int | None


class Deliveries:
    """The queue. ``send`` makes one attempt per due delivery; a thread does so over time when started."""

    def __init__(
        self,
        state: State,
        now: Callable[[], datetime],
        *,
        shop: str,
        secret: str,
        version: str,
        http: httpx.Client,
    ) -> None:
        self._state = state
        self._now = now
        self._shop = shop
        self.secret = secret
        self._version = version
        self._http = http
        self.background = Background("shopify-webhooks", self.send)

    def queue(self, topic: str, uri: str, payload: dict[str, Any], *, event: str, delay: timedelta) -> int:
        """Put one delivery into the queue; deliveries of one event share ``event``."""
        now = self._now()
        return self._state.write(
            "INSERT INTO deliveries (topic, uri, webhook_id, event_id, triggered_at, body, attempts, next_at, status,"
            " answers) VALUES (?, ?, ?, ?, ?, ?, 0, ?, 'waiting', '[]')",
            *(topic, uri, str(uuid.uuid4()), event, now.isoformat().replace("+00:00", "Z")),
            *(json.dumps(payload, separators=(",", ":")).encode(), stamp(now + delay)),
        )

    def all(self) -> list[dict[str, Any]]:
        """Every delivery ever queued, oldest first."""
        return [dict(row) for row in self._state.rows("SELECT * FROM deliveries ORDER BY id")]

    def waiting(self) -> int:
        """How many are still to be delivered."""
        row = self._state.row("SELECT count(*) AS n FROM deliveries WHERE status = 'waiting'")
        return int(row["n"]) if row else 0

    def headers(self, row: dict[str, Any]) -> dict[str, str]:
        """What Shopify sends with a delivery."""
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": row["topic"],
            "X-Shopify-Hmac-Sha256": signature(row["body"], self.secret),
            "X-Shopify-Shop-Domain": self._shop,
            "X-Shopify-API-Version": self._version,
            "X-Shopify-Webhook-Id": row["webhook_id"],
            "X-Shopify-Event-Id": row["event_id"],
            "X-Shopify-Triggered-At": row["triggered_at"],
            "X-Shopify-Name": "helloword",
        }

    def send(self, *, due_only: bool = True, reverse: bool = False, times: int = 1) -> list[Sent]:
        """Try every waiting delivery once (``times`` for duplicates with the same id), newest first on request."""
        rows = self._state.rows(
            "SELECT * FROM deliveries WHERE status = 'waiting' AND (? OR next_at <= ?) ORDER BY id",
            *(not due_only, stamp(self._now())),
        )
        ordered = [dict(row) for row in (reversed(rows) if reverse else rows)]
        return [self._attempt(row) for row in ordered for _ in range(times)]

    def again(self, delivery: int) -> Sent:
        """Send one delivery once more, same id and body, whatever became of it."""
        row = self._state.row("SELECT * FROM deliveries WHERE id = ?", delivery)
        if row is None:
            raise LookupError(delivery)
        return self._attempt(dict(row))

    def _attempt(self, row: dict[str, Any]) -> Sent:
        status: int | None
        try:
            answer = self._http.post(row["uri"], content=row["body"], headers=self.headers(row), timeout=TIMEOUT)
            status = answer.status_code
        except (httpx.HTTPError, OSError):
            status = None
        self._record(row["id"], status)
        return Sent(row["id"], row["topic"], status)

    def _record(self, number: int, status: int | None) -> None:
        with self._state.transaction():
            row = self._state.row("SELECT * FROM deliveries WHERE id = ?", number)
            assert row is not None
            answers = [*json.loads(row["answers"]), status]
            attempts = row["attempts"] + 1
            good = status is not None and 200 <= status < 300  # noqa: PLR2004 - 3xx is a failure too
            if row["status"] == "delivered" or good:
                state, next_at = "delivered", None
            elif attempts > len(RETRIES):
                state, next_at = "given_up", None
            else:
                state, next_at = "waiting", stamp(self._now() + RETRIES[attempts - 1])
            self._state.write(
                "UPDATE deliveries SET attempts = ?, answers = ?, status = ?, next_at = ? WHERE id = ?",
                *(attempts, json.dumps(answers), state, next_at, number),
            )

    def next_due(self) -> datetime | None:
        """When the next waiting delivery is due."""
        row = self._state.row("SELECT min(next_at) AS at FROM deliveries WHERE status = 'waiting'")
        return instant(row["at"]) if row and row["at"] else None

    def start(self, every: float = 0.5) -> None:
        """Deliver in the background until ``stop``."""
        self.background.start(every)

    def stop(self) -> None:
        """End the background thread and wait for it."""
        self.background.stop()
