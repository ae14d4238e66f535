"""The intake in front of nothing, over real gates and a real database; a store on each platform."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.container import Container
from app.core.kit.db import Database
from app.core.merchants import service as merchants
from app.core.merchants.rules import PlatformName
from app.core.messaging.models import InboxEvent
from app.platforms.shopify.adapter import ShopifyPlatform
from app.platforms.woocommerce.adapter import WooCommercePlatform
from app.web.webhooks import WebhookIntake
from tests.builders import NOW, make_store
from tests.databases import database, database_url, postgres

__all__ = ["database", "database_url", "postgres"]

WOO, SHOP = "/webhooks/woocommerce/acme", "/webhooks/shopify"
SECRETS = {"woocommerce": "woo secret", "shopify": "app secret"}
ORDER = json.dumps({"id": 727, "date_modified_gmt": "2026-11-20T10:00:00"}).encode()


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def woo(body: bytes = ORDER, secret: str = SECRETS["woocommerce"], topic: str = "order.updated") -> dict[str, str]:
    """The headers of a WooCommerce delivery."""
    return {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Delivery-ID": "d1",
        "X-WC-Webhook-Signature": signature(body, secret),
    }


def shopify(body: bytes = ORDER, secret: str = SECRETS["shopify"], **changes: str) -> dict[str, str]:
    """The headers of a Shopify delivery; ``changes``: topic, id, event, shop, at."""
    said = {"topic": "orders/updated", "id": "w1", "event": "e1", "shop": "acme.myshopify.com", "at": ""} | changes
    return {
        "X-Shopify-Topic": said["topic"],
        "X-Shopify-Webhook-Id": said["id"],
        "X-Shopify-Event-Id": said["event"],
        "X-Shopify-Shop-Domain": said["shop"],
        "X-Shopify-Triggered-At": said["at"] or "2026-11-20T10:00:00.123456789Z",
        "X-Shopify-Hmac-Sha256": signature(body, secret),
    }


class CountingBell:
    """Rings, and looks what is on the disk at that moment."""

    def __init__(self, look: Callable[[], int]) -> None:
        self._look = look
        self.seen: list[int] = []

    def ring(self) -> None:
        self.seen.append(self._look())


@dataclass
class Door:
    """The intake, and ways to send something to it."""

    container: Container
    intake: WebhookIntake
    bell: CountingBell
    store_ids: Mapping[str, UUID]
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, path: str, headers: Mapping[str, str], body: bytes = ORDER, method: str = "POST") -> int:
        """The status of the answer to a delivery with its length."""
        return self.parts(path, dict(headers) | {"Content-Length": str(len(body))}, [body], method)

    def send_at_once(self, path: str, deliveries: Sequence[tuple[Mapping[str, str], bytes]]) -> list[int]:
        """The statuses of the answers to deliveries that come all at the same moment."""

        async def all_of_them() -> list[int]:
            return await asyncio.gather(*(self._answer(path, headers, [body], "POST") for headers, body in deliveries))

        return asyncio.run(all_of_them())

    def parts(self, path: str, headers: Mapping[str, str], body: Iterable[bytes | None], method: str = "POST") -> int:
        """The status of the answer to a body that comes in parts; None: the sender hangs up there."""
        return asyncio.run(self._answer(path, headers, body, method))

    async def _answer(self, path: str, headers: Mapping[str, str], body: Iterable[bytes | None], method: str) -> int:
        names = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": names}
        coming = iter(body)
        following = [next(coming, b"")]
        told: list[Any] = []

        async def receive() -> Any:
            part = following.pop()
            if part is None:
                return {"type": "http.disconnect"}
            following.append(next(coming, b""))
            return {"type": "http.request", "body": part, "more_body": following[0] != b""}

        async def send(message: Any) -> None:
            told.append(message)

        await self.intake(scope, receive, send)
        self.headers = {name.decode().title(): value.decode() for name, value in told[0]["headers"]}
        assert told[1]["body"] in {b"", b"a page"}
        return int(told[0]["status"])

    def rows(self) -> Sequence[InboxEvent]:
        with self.container.database.read() as session:
            query = select(InboxEvent).where(InboxEvent.store_id.in_(self.store_ids.values()))
            return session.scalars(query.order_by(InboxEvent.dedup_key)).all()


async def pages(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"a page"})


@pytest.fixture
def door(container: Container, database: Database) -> Iterator[Door]:
    store_ids = {}
    with database.write() as session:
        for platform, name in (("woocommerce", "webhook_secret"), ("shopify", "client_secret")):
            url = "https://acme.myshopify.com" if platform == "shopify" else "https://acme.example"
            slug = "acme" if platform == "woocommerce" else "acme-shop"
            store = make_store(session, slug=slug, platform=PlatformName(platform), url=url)
            merchants.keep_credential(session, container.vault, store.id, name, SECRETS[platform], now=NOW)
            store_ids[platform] = store.id

    def count() -> int:
        with database.engine.connect() as another:
            return len(another.execute(select(InboxEvent.dedup_key)).all())

    bell = CountingBell(count)
    real: Any = {"woocommerce": WooCommercePlatform(), "shopify": ShopifyPlatform("2026-10", None)}
    product = replace(container, database=database, bell=bell, platforms=real)
    made = Door(product, WebhookIntake(product, pages), bell, store_ids)
    yield made
    made.intake._writer._keeper.close()  # type: ignore[attr-defined]


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
