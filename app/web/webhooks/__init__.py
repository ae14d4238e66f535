"""Deliveries from the stores: judged, kept, acknowledged. No domain work happens here.

This is plain ASGI in front of Flask: a store's sale sends hundreds of deliveries a second. Sessions, languages and
forms, which the pages need, would cost several times what judging and keeping one does, and so would a thread each.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any

import structlog

from app.container import Container
from app.core.merchants.directory import WebhookTarget, webhook_target
from app.core.messaging import inbox
from app.core.messaging.ports import ForgedDelivery, MalformedDelivery, Ping
from app.web.webhooks.group_commit import GroupCommit

log = structlog.get_logger()

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/webhooks/"
MAX_DELIVERY = 1024 * 1024
"""Far above any order; of a larger body the rest stays unread."""
MAX_TARGETS = 10_000
MAX_NAME = 255
TARGET_LIFE_S = 5.0
"""A store's secrets are read again after so many seconds: a rotation is in force that soon."""
SHOPIFY_SHOP = "X-Shopify-Shop-Domain"

Target = asyncio.Future[WebhookTarget | None]


class WebhookIntake:
    """``POST /webhooks/<platform>/<store slug>``, and ``POST /webhooks/shopify`` for all of an app's shops.

    Answers 202 once the delivery is durable, 200 to a ping, 400 malformed, 401 forged, 404 unknown store, 413 by size,
    503 when it could not be kept (the platform sends it again, or the reconcile finds it). All other paths go to
    ``pages``.
    """

    def __init__(self, container: Container, pages: ASGIApplication) -> None:
        self._container = container
        self._pages = pages
        self._writer = GroupCommit(inbox.Writer(container.database.engine))
        self._targets: dict[tuple[str, str], tuple[float, Target]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._pages(scope, receive, send)
            return
        status = await self._answer(scope, receive)
        headers = [(b"content-length", b"0"), (b"content-type", b"text/plain")]
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append((b"allow", b"POST"))
        await send({"type": "http.response.start", "status": status.value, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _answer(self, scope: Scope, receive: Receive) -> HTTPStatus:
        platform, _, name = scope["path"].removeprefix(PREFIX).partition("/")
        headers = _own_headers(scope["headers"])
        if platform == "shopify" and not name:
            name = headers.get(SHOPIFY_SHOP, "").strip().lower()
        if platform not in self._container.platforms or not 0 < len(name) <= MAX_NAME or "/" in name:
            return HTTPStatus.NOT_FOUND
        if scope["method"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        try:
            body = await _body(scope["headers"], receive)
            return await self._take(platform, name, body, headers) if isinstance(body, bytes) else body
        except ForgedDelivery:
            return HTTPStatus.UNAUTHORIZED
        except MalformedDelivery:
            return HTTPStatus.BAD_REQUEST
        except Exception as error:  # noqa: BLE001 (whatever it was: not durable, so not acknowledged)
            # By its class only: a database's own words can repeat the row, and with it a shopper's address.
            log.warning("delivery_not_kept", platform=platform, name=name, error=type(error).__name__)
            return HTTPStatus.SERVICE_UNAVAILABLE

    async def _take(self, platform: str, name: str, body: bytes, headers: dict[str, str]) -> HTTPStatus:
        target = await self._target(platform, name)
        if target is None or not target.secrets:
            hmac.digest(b"nobody", body, "sha256")  # as much work as for a store that exists
            return HTTPStatus.NOT_FOUND
        gate = self._container.platforms[platform].webhooks
        delivery = gate.open(headers, body, target.secrets)
        if isinstance(delivery, Ping):
            return HTTPStatus.OK
        row = inbox.row(
            target.store_id,
            delivery.topic,
            delivery.dedup_key,
            body,
            received_at=self._container.clock.now(),
            event_key=delivery.event_key,
            occurred_at=delivery.occurred_at,
        )
        await self._writer.write(row)
        self._container.bell.ring()
        return HTTPStatus.ACCEPTED

    async def _target(self, platform: str, name: str) -> WebhookTarget | None:
        """Read once for all that ask at the same time; what failed is not remembered."""
        known = self._targets.get((platform, name))
        if known is not None and known[0] > time.monotonic():
            found = known[1]
        else:
            if len(self._targets) >= MAX_TARGETS:  # made-up names must not fill the memory
                self._targets.clear()
            found = asyncio.ensure_future(asyncio.to_thread(self._look_up, platform, name))
            self._targets[(platform, name)] = (time.monotonic() + TARGET_LIFE_S, found)
        if found.done():
            return found.result()
        try:
            return await asyncio.shield(found)  # who hangs up must not stop the others' look-up
        except Exception:
            self._targets.pop((platform, name), None)
            raise

    def _look_up(self, platform: str, name: str) -> WebhookTarget | None:
        with self._container.database.read() as session:
            return webhook_target(session, self._container.vault, platform, name)


async def _body(headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> bytes | HTTPStatus:
    """The raw body, or why it is not read to its end."""
    claimed = next((value for name, value in headers if name == b"content-length"), b"0")
    if not claimed.isdigit():
        return HTTPStatus.BAD_REQUEST
    if int(claimed[:20]) > MAX_DELIVERY:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    parts: list[bytes] = []
    length = 0
    while length <= MAX_DELIVERY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return HTTPStatus.BAD_REQUEST
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if not message.get("more_body", False):
            whole = length <= MAX_DELIVERY and length >= int(claimed)
            return b"".join(parts) if whole else HTTPStatus.BAD_REQUEST
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def _own_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The platforms' own headers (all begin with ``X-``), by their names."""
    return {name.decode("latin-1").title(): value.decode("latin-1") for name, value in headers if name[:2] == b"x-"}
