"""Fixtures of the small store and of the furnished one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from demo.woocommerce import WooApp, make_woocommerce
from demo.woocommerce.store import WooStore
from tests.demo.standins import START, Clock
from tests.demo.woocommerce.small_shop import CREDENTIALS, HTTPS, KEY, SECRET, URL, App, Call, furnish


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def product() -> App:
    return App()


@pytest.fixture
def shop(clock: Clock, product: App) -> Iterator[WooApp]:
    with httpx.Client(transport=httpx.MockTransport(product)) as http:
        app = make_woocommerce(
            ":memory:",
            clock,
            credentials=CREDENTIALS,
            url=URL,
            helloword_url="http://app.test",
            http=http,
            seed=furnish,
        )
        yield app
        app.store.close()


@pytest.fixture
def store(shop: WooApp) -> WooStore:
    return shop.store


@pytest.fixture
def web(shop: WooApp) -> FlaskClient:
    return shop.test_client()


@pytest.fixture
def call(web: FlaskClient) -> Call:
    """One call with the key, over https."""

    def run(method: str, path: str, json: Any = None, **query: Any) -> TestResponse:
        return web.open(
            f"/wp-json/wc/v3/{path}",
            method=method,
            json=json,
            query_string=query,
            auth=(KEY, SECRET),
            base_url=HTTPS,
        )

    return run


@pytest.fixture(scope="session")
def furnished() -> Iterator[WooStore]:
    """The demo world's store; tests only look at it."""
    with httpx.Client() as http:
        app = make_woocommerce(
            ":memory:", lambda: START, credentials=CREDENTIALS, url=URL, helloword_url="http://app.test", http=http
        )
        yield app.store
        app.store.close()
