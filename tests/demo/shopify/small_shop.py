"""A very small store, made by hand, and what stands around it in the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from demo.shopify.store import ShopifyStore

TOKEN = "shpat_for_tests"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
SHOP = "acme.myshopify.com"
OPENED = "2026-01-05T08:00:00Z"
ITEM, VARIANT, LOCATION, SECOND_LOCATION = 21, 11, 71, 72

Send = Callable[..., dict[str, Any]]


def address(country: str = "JP", name: str = "Hana Sato") -> dict[str, Any]:
    first, _, last = name.partition(" ")
    names = {"JP": "Japan", "DE": "Germany", "US": "United States", "KW": "Kuwait"}
    return {
        "firstName": first,
        "lastName": last,
        "name": name,
        "company": None,
        "address1": "1-2-3 Somewhere",
        "address2": None,
        "city": "Townsville",
        "province": None,
        "provinceCode": None,
        "country": names[country],
        "countryCodeV2": country,
        "zip": "10115",
        "phone": None,
    }


def furnish(store: ShopifyStore) -> None:
    """One product with one variant, two locations, ten pieces on the shelf."""
    place = {**address("US"), "id": "gid://shopify/ShopAddress/1"}
    store.state.set_meta(
        "shop",
        {
            "id": 1,
            "name": "Acme",
            "email": "owner@acme.example",
            "contactEmail": "owner@acme.example",
            "myshopifyDomain": SHOP,
            "currencyCode": "USD",
            "enabledPresentmentCurrencies": ["USD", "JPY", "KWD"],
            "ianaTimezone": "Asia/Shanghai",
            "url": f"https://{SHOP}",
            "primaryDomain": {
                "id": "gid://shopify/Domain/1",
                "host": SHOP,
                "url": f"https://{SHOP}",
                "localization": {"defaultLocale": "en", "alternateLocales": [], "country": None},
            },
            "shopAddress": place,
            "taxesIncluded": True,
            "plan": {"publicDisplayName": "Plus", "shopifyPlus": True, "partnerDevelopment": False},
            "weightUnit": "KILOGRAMS",
            "primaryLocationId": LOCATION,
        },
    )
    store.state.set_meta("opened_at", OPENED)
    dates = {"createdAt": OPENED, "updatedAt": OPENED}
    for number, name in ((LOCATION, "Warehouse"), (SECOND_LOCATION, "Outlet")):
        facts = {"isActive": True, "fulfillsOnlineOrders": True, "shipsInventory": True}
        here = {**address("US"), "countryCode": "US"}
        store.state.put_thing("Location", {"id": number, "name": name, **facts, "address": here, **dates})
    store.state.put_thing(
        "Product",
        {
            "id": 1,
            "title": "Linen Dress",
            "handle": "linen-dress",
            "vendor": "Acme",
            "productType": "Dress",
            "tags": ["summer"],
            "status": "ACTIVE",
            "image": None,
            "options": [{"id": 1, "name": "Size", "position": 1, "values": ["M"]}],
            **dates,
        },
    )
    item = {"id": ITEM, "sku": "DRESS-M", "tracked": True, "requiresShipping": True}
    customs = {"harmonizedSystemCode": "620443", "countryCodeOfOrigin": "CN", "provinceCodeOfOrigin": None}
    store.state.put_thing(
        "ProductVariant",
        {
            "id": VARIANT,
            "productId": 1,
            "title": "M",
            "sku": "DRESS-M",
            "barcode": None,
            "price": 2001,
            "selectedOptions": [{"name": "Size", "value": "M"}],
            "position": 1,
            "image": None,
            "inventoryItem": {**item, **customs, "weight": {"value": 300, "unit": "GRAMS"}},
            **dates,
        },
    )
    store.state.put_thing("InventoryItem", {"id": ITEM, "variantId": VARIANT})
    store.stock.set(ITEM, LOCATION, 10)


def refund_input_of(order: dict[str, Any], *, units: int, amount: int) -> dict[str, Any]:
    """A RefundInput for units of the first line and whole units of money on the first payment."""
    parent = order["transactions"][0]
    gid = f"gid://shopify/Order/{order['id']}"
    back = {"orderId": gid, "parentId": f"gid://shopify/OrderTransaction/{parent['id']}", "kind": "REFUND"}
    return {
        "orderId": gid,
        "currency": order["presentmentCurrencyCode"],
        "note": "Helloword",
        "refundLineItems": [{"lineItemId": f"gid://shopify/LineItem/{order['lineItems'][0]['id']}", "quantity": units}],
        "transactions": [{**back, "gateway": parent["gateway"], "amount": str(amount)}],
    }
