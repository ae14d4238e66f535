"""A connection to a loopback store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest

from app.core.merchants.ports import StoreConnection
from app.platforms.woocommerce.adapter import WooCommercePlatform, WooCommerceStore
from tests.platforms.woocommerce.loopback import KEY, NOW, SECRET, Loopback


class FixedClock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    store = Loopback()
    yield store
    store.close()


@pytest.fixture
def naps() -> list[float]:
    """How long the client would have waited between tries."""
    return []


@pytest.fixture
def platform(naps: list[float]) -> Iterator[WooCommercePlatform]:
    platform = WooCommercePlatform(clock=FixedClock(), sleep=naps.append)
    yield platform
    platform.close()


@pytest.fixture
def connection(loopback: Loopback) -> StoreConnection:
    return StoreConnection(UUID(int=1), loopback.url, {"consumer_key": KEY, "consumer_secret": SECRET})


@pytest.fixture
def store(platform: WooCommercePlatform, connection: StoreConnection) -> WooCommerceStore:
    return platform.connect(connection)
