"""Fixtures of the small store: what each test says is all that is in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient

from demo.shopify.app import DemoShop, make_shopify
from demo.shopify.checkout import (
    Discounted,
    DutyCharged,
    LineCharged,
    Paid,
    Purchase,
    ShippingCharged,
    TaxCharged,
    document,
)
from demo.shopify.store import ShopifyStore
from tests.demo.shopify.small_shop import SECRET, SHOP, TOKEN, VARIANT, Send, address, furnish
from tests.demo.standins import START, App, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def product() -> App:
    return App()


@pytest.fixture
def shop(clock: Clock, product: App) -> Iterator[DemoShop]:
    with httpx.Client(transport=httpx.MockTransport(product)) as http:
        app = make_shopify(
            ":memory:",
            clock,
            shop=SHOP,
            client_secret=SECRET,
            access_token=TOKEN,
            helloword_url="http://app.test",
            http=http,
            seed=furnish,
        )
        yield app
        app.store.close()


@pytest.fixture
def store(shop: DemoShop) -> ShopifyStore:
    return shop.store


@pytest.fixture
def web(shop: DemoShop) -> FlaskClient:
    return shop.test_client()


@pytest.fixture
def send(web: FlaskClient) -> Send:
    """Run one document; gives the whole JSON answer (status 200 is checked)."""

    def run(
        query: str, *, token: str = TOKEN, version: str = "2026-10", headers: Any = None, **variables: Any
    ) -> dict[str, Any]:
        answer = web.post(
            f"/admin/api/{version}/graphql.json",
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": token, **(headers or {})},
        )
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return dict(answer.json)

    return run


@pytest.fixture
def yen_order(store: ShopifyStore) -> dict[str, Any]:
    """Three dresses at 3001 yen less a code of 500, 800 shipping: 9303 yen paid by card, in a shop of dollars."""
    return store.add_order(
        document(
            store,
            Purchase(
                number=1001,
                placed_at=START - timedelta(days=10),
                email="hana@example.jp",
                currency="JPY",
                shop_currency="USD",
                rate=Decimal(150),
                taxes_included=True,
                ship_to=address("JP"),
                lines=(
                    LineCharged(
                        VARIANT, 3, 3001, (Discounted(500, "HELLO"),), (TaxCharged("Consumption tax", "0.1", 773),)
                    ),
                ),
                shipping=(ShippingCharged("EMS", 800),),
                payments=(Paid("shopify_payments", 9303),),
                locale="ja",
            ),
        ),
        announce=False,
    )


@pytest.fixture
def dollar_order(store: ShopifyStore) -> dict[str, Any]:
    """Two dresses at 20.01, 10.00 shipping, 3.21 tax on top and 4.44 duty: 57.67, paid by card and bank deposit."""
    return store.add_order(
        document(
            store,
            Purchase(
                number=1002,
                placed_at=START - timedelta(days=3),
                email="joe@example.com",
                currency="USD",
                shop_currency="USD",
                rate=Decimal(1),
                taxes_included=False,
                ship_to=address("US", "Joe Miller"),
                lines=(
                    LineCharged(
                        VARIANT,
                        2,
                        2001,
                        taxes=(TaxCharged("State tax", "0.08", 321),),
                        duty=DutyCharged(444, "620443", "CN"),
                    ),
                ),
                shipping=(ShippingCharged("Standard", 1000),),
                payments=(Paid("shopify_payments", 5000), Paid("Bank Deposit", 767, manual=True)),
            ),
        ),
        announce=False,
    )
