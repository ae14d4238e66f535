"""The two stand-in stores as the walk sees them: bought in, refunded by, and the same questions answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
from flask import Flask

from app.core.kit.clock import Clock
from app.core.merchants.rules import PlatformName
from demo.shopify.app import DemoShop, make_shopify
from demo.storefront.shop import Shop
from demo.woocommerce.app import Credentials, WooApp, make_woocommerce

HELLOWORD = "https://app.helloword.example"
SHOP = "oak-and-tern.myshopify.com"
KEY, SECRET = "ck_" + "1a" * 20, "cs_" + "2b" * 20


class Side(Protocol):
    """One stand-in, open. ``app`` is what is served, ``front`` its storefront."""

    @property
    def app(self) -> Flask: ...

    @property
    def front(self) -> Shop: ...

    @property
    def credentials(self) -> Mapping[str, str]: ...

    def url(self, served_at: str) -> str:
        """What the product knows the store by."""
        ...

    def sell(self, number: str) -> str:
        """Somebody buys again what a guided order holds; gives the new number (delivered at once)."""
        ...

    def refunds(self, number: str) -> int:
        """How many refunds the store has booked on an order."""
        ...

    def movements(self, sku: str) -> list[int]:
        """The differences by which an article's stock was moved, oldest first."""
        ...

    def deliver(self) -> list[int | None]:
        """Send all webhooks that wait; the answers."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Bought:
    """What the walk returns: all ``units`` of ``sku`` in a copy of the guided order ``number``.

    ``charged`` for them with all taxes, in minor units: what must come back.
    """

    number: int
    sku: str
    units: int
    charged: int
    email: str


BOUGHT = {
    PlatformName.SHOPIFY: Bought(2112, "OT-SM12-SAN", 3, 10860, "sato.haruka@example.test"),
    PlatformName.WOOCOMMERCE: Bought(1112, "LN-MS10-M-BLA", 2, 15980, "karla.kunde@example.test"),
}


class ShopifySide:
    """The Shopify stand-in."""

    def __init__(self, path: Path, clock: Clock, served_at: str, http: httpx.Client) -> None:
        self.app: DemoShop = make_shopify(
            path,
            clock.now,
            shop=SHOP,
            client_secret=SECRET,
            access_token="shpat_walk",
            helloword_url=HELLOWORD,
            public_url=served_at,
            http=http,
        )
        self.front: Shop = self.app.front

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"access_token": "shpat_walk", "client_secret": SECRET}

    def url(self, served_at: str) -> str:
        return f"https://{SHOP}"

    def sell(self, number: str) -> str:
        order = self.app.store.place_order(f"#{number}")
        self.app.store.fulfil(order)
        self.app.store.mark_delivered(order)
        return str(order["number"])

    def refunds(self, number: str) -> int:
        return len(self.app.store.order(f"#{number}")["refunds"])

    def movements(self, sku: str) -> list[int]:
        item = self.app.store.variant_by_sku(sku)["inventoryItem"]["id"]
        return [move["delta"] for move in self.app.store.stock.moves(item)]

    def deliver(self) -> list[int | None]:
        return [sent.status for sent in self.app.store.deliver_pending()]

    def close(self) -> None:
        self.app.store.close()


class WooCommerceSide:
    """The WooCommerce stand-in."""

    def __init__(self, path: Path, clock: Clock, served_at: str, http: httpx.Client) -> None:
        self._clock = clock
        self.app: WooApp = make_woocommerce(
            path,
            clock.now,
            credentials=Credentials(KEY, SECRET, webhook_secret="whsec_walk", storefront_secret="page_walk"),
            url=served_at,
            helloword_url=HELLOWORD,
            http=http,
        )
        self.front: Shop = self.app.front

    @property
    def credentials(self) -> Mapping[str, str]:
        return {
            "consumer_key": KEY,
            "consumer_secret": SECRET,
            "webhook_secret": "whsec_walk",
            "storefront_secret": "page_walk",
        }

    def url(self, served_at: str) -> str:
        return served_at

    def sell(self, number: str) -> str:
        order = self.app.store.place_order(number)
        self.app.store.complete(order)
        self.app.store.deliver(order, self._clock.now())
        return str(order["number"])

    def refunds(self, number: str) -> int:
        return len(self.app.store.refunds_of(number))

    def movements(self, sku: str) -> list[int]:
        article = self.app.store.stock.article(sku)["id"]
        return [move["delta"] for move in self.app.store.stock.moves(article)]

    def deliver(self) -> list[int | None]:
        return [sent.status for sent in self.app.store.deliver_pending()]

    def close(self) -> None:
        self.app.store.close()


SIDES: dict[PlatformName, Callable[[Path, Clock, str, httpx.Client], Side]] = {
    PlatformName.SHOPIFY: ShopifySide,
    PlatformName.WOOCOMMERCE: WooCommerceSide,
}
