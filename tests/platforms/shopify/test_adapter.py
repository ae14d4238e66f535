from __future__ import annotations

from typing import Any

import pytest

from app.container import ConnectedStore, Platform
from app.core.kit.errors import ProviderError
from app.core.merchants.ports import StoreFacts
from app.platforms.shopify.adapter import ShopifyPlatform
from app.platforms.shopify.install import SCOPES
from tests.platforms.shopify import builders
from tests.platforms.shopify.builders import Wire, connected

Node = dict[str, Any]


def test_the_adapter_is_a_platform_with_connected_stores() -> None:
    platform: Platform = ShopifyPlatform("2026-10")
    store: ConnectedStore = platform.connect(builders.connection())
    assert store is not None


def test_connecting_sends_nothing_and_prints_no_secret() -> None:
    wire = Wire({})
    assert builders.TOKEN not in repr(connected(wire))
    assert wire.requests == []


def test_a_store_that_is_no_shopify_shop_is_refused_when_it_is_asked() -> None:
    wire = Wire({})
    platform = ShopifyPlatform("2026-10", transport=wire)
    with pytest.raises(ProviderError) as caught:
        platform.facts(builders.connection("https://acme.myshopify.com.evil.com"))
    assert caught.value.code == "shop_domain_invalid"
    assert wire.requests == []


def shop(**changes: Any) -> Node:
    return {
        "shop": {
            "name": "Acme",
            "contactEmail": "help@acme.example",
            "currencyCode": "CNY",
            "ianaTimezone": "Asia/Shanghai",
            "shopAddress": {"countryCodeV2": "CN"},
            "primaryDomain": {"localization": {"defaultLocale": "zh-CN"}},
        },
        "location": {"id": "gid://shopify/Location/9"},
        "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in (*SCOPES, "write_app_proxy")]},
        **changes,
    }


def test_a_store_says_what_it_is() -> None:
    facts = ShopifyPlatform("2026-10", transport=Wire({"Shop": shop()})).facts(builders.connection())
    assert facts == StoreFacts(
        name="Acme",
        currency="CNY",
        country="CN",
        timezone="Asia/Shanghai",
        locale="zh-CN",
        location_ref="gid://shopify/Location/9",
        support_email="help@acme.example",
    )


def test_a_store_may_have_no_location_and_a_domain_no_language() -> None:
    reply = shop(location=None)
    reply["shop"]["primaryDomain"]["localization"] = None
    facts = connected(Wire({"Shop": reply})).facts()
    assert (facts.location_ref, facts.locale) == (None, "en")


def test_a_missing_permission_is_named_before_the_connection_is_kept() -> None:
    reply = shop(currentAppInstallation={"accessScopes": [{"handle": "write_orders"}, {"handle": "read_products"}]})
    with pytest.raises(ProviderError) as caught:
        connected(Wire({"Shop": reply})).facts()
    assert caught.value.message.endswith("Grant these as well: read_customers, write_inventory.")
    assert not caught.value.retryable
