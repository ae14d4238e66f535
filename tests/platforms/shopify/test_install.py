from __future__ import annotations

import pytest

from app.platforms.shopify.adapter import ShopifyPlatform
from app.platforms.shopify.install import SCOPES, missing_scopes, shop_domain


@pytest.mark.parametrize(
    "typed",
    [
        "acme",
        " Acme.myshopify.com ",
        "https://acme.myshopify.com/admin/orders",
        "https://admin.shopify.com/store/acme",
        "https://admin.shopify.com/store/acme/settings?x=1",
    ],
)
def test_what_a_merchant_pastes_becomes_the_shops_domain(typed: str) -> None:
    assert shop_domain(typed) == "acme.myshopify.com"


@pytest.mark.parametrize(
    "typed", ["", "acme.com", "acme.myshopify.com.evil.com", "http://[x", "user@acme.myshopify.com"]
)
def test_what_is_no_shop_becomes_nothing(typed: str) -> None:
    assert shop_domain(typed) == ""


def test_a_read_scope_does_not_stand_in_for_its_write_scope() -> None:
    assert missing_scopes(SCOPES) == ()
    assert missing_scopes(["read_orders", "write_inventory", "read_customers"]) == ("read_products", "write_orders")


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("acme", "https://acme.myshopify.com"),
        ("https://admin.shopify.com/store/acme/orders", "https://acme.myshopify.com"),
        ("acme.example", ""),
        ("", ""),
    ],
)
def test_a_shop_is_found_by_whatever_a_merchant_pastes(typed: str, root: str) -> None:
    assert ShopifyPlatform("2026-10").root(typed) == root
