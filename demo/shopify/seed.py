"""Furnishes a new store from the demo world: shop, locations, products, stock, customers' orders, old refunds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from babel import Locale

from demo import world
from demo.shopify import orders
from demo.shopify.checkout import (
    Discounted,
    DutyCharged,
    LineCharged,
    Paid,
    Parcel,
    Purchase,
    ShippingCharged,
    TaxCharged,
    document,
)
from demo.shopify.gids import gid
from demo.shopify.money import graphql_amount
from demo.shopify.orders import Document
from demo.shopify.state import instant, stamp

if TYPE_CHECKING:
    from demo.shopify.store import ShopifyStore

WAREHOUSE, RETURNS_DESK = 71_001, 71_002
COUNTRIES = Locale("en").territories
_OPEN_FOR = timedelta(days=400)
_DETAILS = {
    "card": "CardPaymentDetails",
    "paypal": "PaypalWalletPaymentDetails",
}
_EVERY = 17
"""Of the delivered orders every so many has a refund that the merchant made by hand before the app came."""


def furnish(store: ShopifyStore) -> None:
    """Fill an empty store."""
    source = world.make_world(store.now()).shopify
    opened = stamp(store.now() - _OPEN_FOR)
    _shop(store, source, opened)
    _locations(store, source, opened)
    for product in source.products:
        _product(store, product, opened)
    for order in source.orders:
        store.add_order(document(store, purchase(store, order)), announce=False)
    store.state.set_meta("next:order", max(order.number for order in source.orders) + 1)
    for number in _refunded(source):
        _refund_by_hand(store, number)


def _shop(store: ShopifyStore, source: world.Store, opened: str) -> None:
    place = address(source.address)
    currencies = sorted({source.currency, *(order.currency for order in source.orders)})
    domain = {"id": gid("Domain", 1), "host": store.shop, "url": store.url}
    language: Document = {"defaultLocale": "en", "alternateLocales": [], "country": None}
    store.state.set_meta("opened_at", opened)
    store.state.set_meta(
        "shop",
        {
            "id": 60_001,
            "name": source.name,
            "email": source.support_email,
            "contactEmail": source.support_email,
            "myshopifyDomain": store.shop,
            "currencyCode": source.currency,
            "enabledPresentmentCurrencies": currencies,
            "ianaTimezone": source.timezone,
            "url": store.url,
            "primaryDomain": {**domain, "localization": language},
            "shopAddress": {**place, "id": gid("ShopAddress", 1)},
            "taxesIncluded": True,
            "plan": {"publicDisplayName": "Shopify Plus", "shopifyPlus": True, "partnerDevelopment": False},
            "weightUnit": "KILOGRAMS",
            "primaryLocationId": WAREHOUSE,
        },
    )


def _locations(store: ShopifyStore, source: world.Store, opened: str) -> None:
    place = address(source.address)
    for number, name, ships in ((WAREHOUSE, "Warehouse", True), (RETURNS_DESK, "Returns desk", False)):
        store.state.put_thing(
            "Location",
            {
                "id": number,
                "name": name,
                "isActive": True,
                "fulfillsOnlineOrders": ships,
                "shipsInventory": ships,
                "address": {**place, "countryCode": place["countryCodeV2"]},
                "createdAt": opened,
                "updatedAt": opened,
            },
        )


def _product(store: ShopifyStore, product: world.Product, opened: str) -> None:
    dates = {"createdAt": opened, "updatedAt": opened}
    number = store.state.number("Product", 300_001)
    images = {one.name: _image(one) for one in product.images}
    store.state.put_thing(
        "Product",
        {
            "id": number,
            "title": product.title,
            "handle": product.key,
            "vendor": product.vendor,
            "productType": product.type,
            "tags": list(product.tags),
            "status": "ACTIVE",
            "image": images[product.images[0].name] if product.images else None,
            "options": [
                {"id": number * 10 + index, "name": name, "position": index, "values": list(values)}
                for index, (name, values) in enumerate(product.options, start=1)
            ],
            **dates,
        },
    )
    for position, variant in enumerate(product.variants, start=1):
        _variant(store, variant, {"productId": number, "position": position, **dates}, images.get(variant.image))


def _variant(store: ShopifyStore, variant: world.Variant, common: Document, image: Document | None) -> None:
    number, item = store.state.number("ProductVariant", 410_001), store.state.number("InventoryItem", 520_001)
    store.state.put_thing(
        "ProductVariant",
        {
            "id": number,
            "title": variant.title or "Default Title",
            "sku": variant.sku,
            "barcode": variant.barcode,
            "price": variant.price,
            "selectedOptions": [{"name": name, "value": value} for name, value in variant.options]
            or [{"name": "Title", "value": "Default Title"}],
            "image": image,
            "inventoryItem": {
                "id": item,
                "sku": variant.sku,
                "tracked": True,
                "requiresShipping": True,
                "harmonizedSystemCode": variant.hs_code,
                "countryCodeOfOrigin": variant.origin,
                "provinceCodeOfOrigin": None,
                "weight": {"value": variant.weight_g, "unit": "GRAMS"},
            },
            **common,
        },
    )
    store.state.put_thing("InventoryItem", {"id": item, "variantId": number})
    store.state.set_meta(f"sku:{variant.sku}", number)
    store.stock.set(item, WAREHOUSE, variant.stock)
    store.stock.set(item, RETURNS_DESK, 0)


def _image(image: world.Image) -> Document:
    return {"path": f"/images/{image.name}", "altText": image.alt, "width": 600, "height": 600}


def address(one: world.Address) -> Document:
    """A MailingAddress (its id is given when an order is written)."""
    return {
        "firstName": one.first_name,
        "lastName": one.last_name,
        "name": f"{one.first_name} {one.last_name}".strip(),
        "company": one.company or None,
        "address1": one.line1,
        "address2": one.line2 or None,
        "city": one.city,
        "province": one.region_name or one.region or None,
        "provinceCode": one.region or None,
        "country": COUNTRIES[one.country],
        "countryCodeV2": one.country,
        "zip": one.postcode,
        "phone": one.phone or None,
    }


def _taxes(taxes: tuple[world.Tax, ...]) -> tuple[TaxCharged, ...]:
    return tuple(TaxCharged(one.title, one.rate, one.amount) for one in taxes)


def purchase(store: ShopifyStore, order: world.Order) -> Purchase:
    """An order of the demo world as it came out of Shopify's checkout."""

    def line(one: world.Line) -> LineCharged:
        # a code takes off the whole order; without one it was the shop's own automatic discount on the line
        level = "order" if order.discount_code else "line"
        taken = (Discounted(one.discount, order.discount_code, level),) if one.discount else ()
        duty = DutyCharged(one.duty.amount, one.duty.hs_code, one.duty.origin) if one.duty else None
        number = store.variant_by_sku(one.variant.sku)["id"]
        return LineCharged(number, one.quantity, one.unit_price, taken, _taxes(one.taxes), duty)

    return Purchase(
        number=order.number,
        placed_at=order.placed_at,
        email=order.email,
        currency=order.currency,
        shop_currency=order.shop_currency,
        rate=order.rate,
        taxes_included=order.prices_include_tax,
        ship_to=address(order.ship_to),
        phone=order.ship_to.phone or None,
        lines=tuple(line(one) for one in order.lines),
        shipping=(ShippingCharged(order.shipping.title, order.shipping.price, taxes=_taxes(order.shipping.taxes)),),
        payments=tuple(
            Paid(one.gateway, one.amount, one.title, manual=one.manual, details=_DETAILS.get(one.instrument))
            for one in order.payments
        ),
        parcels=tuple(
            Parcel(one.lines, one.shipped_at, one.delivered_at, one.carrier, one.tracking) for one in order.parcels
        ),
        locale=order.locale,
        note=order.note or None,
        tags=order.tags,
        cancelled_at=order.cancelled_at,
    )


def _refunded(source: world.Store) -> Iterator[int]:
    guided = {one.number for one in world.GUIDED}
    delivered = [one for one in source.orders if one.delivered_at and one.number not in guided and not one.cancelled_at]
    yield from (one.number for one in delivered[::_EVERY])


def _refund_by_hand(store: ShopifyStore, number: int) -> None:
    """One unit of the first line, back to the first payment that holds enough; restocked where goods come back."""
    order = store.order(f"#{number}")
    line = order["lineItems"][0]
    worth = orders.on_top(order, line, orders.line_price(line)).units(before=0, units=1, of=line["quantity"])
    payment = next(
        (one for one in orders.payments(order) if orders.left_on(order, one).presentment >= worth.presentment), None
    )
    if payment is None:
        return
    wanted: dict[str, Any] = {
        "orderId": gid("Order", order["id"]),
        "currency": order["presentmentCurrencyCode"],
        "note": "Changed her mind",
        "refundLineItems": [
            {
                "lineItemId": gid("LineItem", line["id"]),
                "quantity": 1,
                "restockType": "RETURN",
                "locationId": gid("Location", RETURNS_DESK),
            }
        ],
        "transactions": [
            {
                "orderId": gid("Order", order["id"]),
                "parentId": gid("OrderTransaction", payment["id"]),
                "gateway": payment["gateway"],
                "kind": "REFUND",
                "amount": graphql_amount(worth.presentment, worth.presentment_currency),
            }
        ],
    }
    delivered = max(instant(one["deliveredAt"]) for one in order["fulfillments"])
    store.refund(order, wanted, at=min(store.now(), delivered + timedelta(days=9)))
