"""Furnishes a new store: the demo world's, and beside it a few orders with the figures of a real one (``recorded``)."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from demo import world
from demo.woocommerce import orders, recorded
from demo.woocommerce.checkout import (
    Coupon,
    LineCharged,
    Purchase,
    ShippingCharged,
    TaxCharged,
    document,
    shipment,
)
from demo.woocommerce.orders import Document
from demo.woocommerce.setting_json import GATEWAYS, new_coupon
from demo.woocommerce.state import instant, stamp
from demo.woocommerce.stock import REDUCED
from demo.world_catalogue import slug
from demo.world_money import decimals, spread, tax_on, without_tax

if TYPE_CHECKING:
    from demo.woocommerce.store import WooStore

TOPICS: Final = ("order.created", "order.updated", "order.deleted", "action.woocommerce_order_refunded")
"""What Helloword is told of."""
COUPONS: Final = (("welcome10", "percent", "10"), ("autumn15", "percent", "15"), ("thankyou", "fixed_cart", "12"))
_OPEN_FOR = timedelta(days=400)
_EVERY = 17
"""Of the delivered orders every so many has a refund that the merchant made by hand before the app came."""
_CHINA = {"SH": "CN10", "ZJ": "CN12"}
_STATES = {"US": "{}", "CA": "{}", "AU": "{}", "DE": "DE-{}", "JP": "JP{}"}
"""How WooCommerce writes a region; it has none for the other countries."""


@functools.lru_cache(maxsize=2)
def source_at(now: datetime) -> world.Store:
    """The demo world's store as of ``now``."""
    return world.make_world(now).woocommerce


def furnish(store: WooStore) -> None:
    """Fill an empty store."""
    source = source_at(store.now())
    open_shop(store, source)
    recorded.furnish(store)
    opened = stamp(store.now() - _OPEN_FOR)
    store.state.set_meta("sequence:post", 100)
    for product in source.products:
        _product(store, product, opened)
    for code, kind, amount in COUPONS:
        coupon = new_coupon(store.next_post(), code, opened) | {"discount_type": kind, "amount": amount}
        store.state.put("coupon", coupon, words=code)
    for order in source.orders:
        store.add_order(document(store, purchase(store, order)), announce=False)
    store.state.set_meta("sequence:post", max(order.number for order in source.orders))
    for number, whole in _refunded(source):
        _refund_by_hand(store, number, whole=whole)
    store.subscribe(TOPICS)


def open_shop(store: WooStore, source: world.Store) -> None:
    """Name, address and currency of a store without goods."""
    place = source.address
    store.state.set_meta(
        "shop",
        {
            "store_id": hashlib.sha256(source.key.encode()).hexdigest()[:32],
            "name": source.name,
            "tagline": source.tagline,
            "colour": source.colour,
            "currency": source.currency,
            "timezone": source.timezone,
            "email": source.support_email,
            "locale": "en_US",
            "address": {
                "line1": place.line1,
                "city": place.city,
                "postcode": place.postcode,
                "country_state": f"{place.country}:{state_of(place)}",
            },
        },
    )


# --- goods -----------------------------------------------------------------------------------------------------------


def _product(store: WooStore, product: world.Product, opened: str) -> None:
    number = store.next_post()
    images = {
        one.name: {"id": store.next_post(), "path": f"/images/{one.name}", "alt": one.alt} for one in product.images
    }
    first = product.variants[0]
    variable = bool(product.options)
    variations = [store.next_post() for _ in product.variants] if variable else []
    common: Document = {"created": opened, "modified": opened, "status": "publish"}
    store.stock.keep(
        {
            **common,
            **article(first),
            "id": number,
            "parent_id": 0,
            "name": product.title,
            "slug": product.key,
            "type": "variable" if variable else "simple",
            "description": f"<p>{product.description}</p>\n",
            "sku": "" if variable else first.sku,
            "global_unique_id": "" if variable else first.barcode,
            "manage_stock": not variable,
            "stock_quantity": None if variable else first.stock,
            "attributes": [
                {"id": at, "name": name, "slug": f"pa_{slug(name)}", "options": list(values)}
                for at, (name, values) in enumerate(product.options, start=1)
            ],
            "category": {"id": 20, "name": product.type, "slug": slug(product.type)},
            "tags": [{"id": sum(map(ord, tag)), "name": tag, "slug": slug(tag)} for tag in product.tags],
            "images": list(images.values()),
            "image": next(iter(images.values()), None),
            "variations": variations,
            "meta_data": [
                {"id": store.state.number("meta"), "key": "_hs_code", "value": first.hs_code},
                {"id": store.state.number("meta"), "key": "_country_of_origin", "value": first.origin},
            ],
        },
        announce=False,
    )
    for own, variant in zip(variations, product.variants, strict=False):
        store.stock.keep(
            {**common, **article(variant), "id": own, "parent_id": number, "image": images.get(variant.image)},
            announce=False,
        )


def article(variant: world.Variant) -> Document:
    """What a variation holds (a simple product is its own)."""
    return {
        "name": ", ".join(value for _, value in variant.options),
        "sku": variant.sku,
        "global_unique_id": variant.barcode,
        "price": str(money(variant.price, "EUR")),
        "manage_stock": True,
        "stock_quantity": variant.stock,
        "weight": f"{Decimal(variant.weight_g) / 1000:f}",
        "attributes": [
            {"id": at, "name": name, "slug": f"pa_{slug(name)}", "option": value, "slug_value": slug(value)}
            for at, (name, value) in enumerate(variant.options, start=1)
        ],
        "meta_data": [],
    }


# --- orders ----------------------------------------------------------------------------------------------------------


def money(minor: int, currency: str) -> Decimal:
    """Minor units as WooCommerce keeps them."""
    return Decimal(minor).scaleb(-decimals(currency))


def state_of(one: world.Address) -> str:
    """The region as WooCommerce writes it, empty where it has none."""
    if one.country == "CN":
        return _CHINA.get(one.region, "")
    return _STATES[one.country].format(one.region) if one.region and one.country in _STATES else ""


def address(one: world.Address, email: str) -> dict[str, str]:
    """A billing address."""
    return {
        "first_name": one.first_name,
        "last_name": one.last_name,
        "company": one.company,
        "address_1": one.line1,
        "address_2": one.line2,
        "city": one.city,
        "state": state_of(one),
        "postcode": one.postcode,
        "country": one.country,
        "email": email,
        "phone": one.phone,
    }


def rate_ids(store: WooStore, taxes: Sequence[world.Tax]) -> list[int]:
    """The store's rates for these taxes; their place in the row is their priority."""
    return [
        store.rate(f"{one.code}-{at}", one.title, f"{(Decimal(one.rate) * 100).normalize():f}")
        for at, one in enumerate(taxes, start=1)
    ]


def purchase(store: WooStore, order: world.Order) -> Purchase:
    """An order of the demo world as it came out of WooCommerce's checkout."""
    currency, payment = order.currency, order.payments[0]
    parcel = order.parcels[0] if order.parcels else None
    held = not order.cancelled_at

    def line(one: world.Line) -> LineCharged:
        rates = [tax.rate for tax in one.taxes]
        shown = one.unit_price * one.quantity
        net, taxes = without_tax(shown, rates) if order.prices_include_tax else (shown, tax_on(shown, rates))
        charged = tuple(
            TaxCharged(number, money(tax.amount, currency), money(before, currency))
            for number, tax, before in zip(rate_ids(store, one.taxes), one.taxes, taxes, strict=True)
        )
        hidden = [("_hs_code", one.variant.hs_code), ("_country_of_origin", one.variant.origin)]
        if held:
            hidden.append((REDUCED, str(one.quantity)))
        return LineCharged(
            one.variant.sku, one.quantity, money(one.net, currency), money(net, currency), charged, tuple(hidden)
        )

    paid = [tax for tax in order.shipping.taxes if tax.amount]
    carriage = ShippingCharged(
        order.shipping.title,
        money(order.shipping.net, currency),
        tuple(
            TaxCharged(number, money(tax.amount, currency), money(tax.amount, currency))
            for number, tax in zip(rate_ids(store, order.shipping.taxes), order.shipping.taxes, strict=True)
            if tax in paid
        ),
    )
    value = order.discount_value
    return Purchase(
        number=order.number,
        billing=address(order.ship_to, order.email),
        currency=currency,
        prices_include_tax=order.prices_include_tax,
        lines=tuple(line(one) for one in order.lines),
        shipping=(carriage,),
        placed_at=order.placed_at,
        paid_at=order.placed_at,
        completed_at=parcel.shipped_at if parcel else None,
        delivered_at=parcel.delivered_at if parcel else None,
        modified_at=order.cancelled_at,
        status="cancelled" if order.cancelled_at else "completed" if parcel else "processing",
        method=payment.gateway,
        method_title=payment.title,
        customer_id=store.customer(order.email, create=True),
        coupon=Coupon(
            order.discount_code,
            order.discount_type,
            Decimal(value) if order.discount_type == "percent" else money(value, currency),
        )
        if order.discount_code
        else None,
        note=order.note,
        meta=(("_wc_shipment_tracking_items", [shipment(parcel.carrier, parcel.tracking, parcel.shipped_at)]),)
        if parcel
        else (),
    )


# --- refunds of the past ---------------------------------------------------------------------------------------------


def _refunded(source: world.Store) -> Iterator[tuple[int, bool]]:
    """(order number, whether all of it went back)."""
    guided = {one.number for one in world.GUIDED}
    delivered = [one for one in source.orders if one.delivered_at and one.number not in guided]
    yield from ((one.number, at == 1) for at, one in enumerate(delivered[::_EVERY]))


def _refund_by_hand(store: WooStore, number: int, *, whole: bool) -> None:
    """One unit of the first line, or all that was charged; through the gateway where it can."""
    order = store.order(number)
    delivered = instant(order["delivered"])
    items = [*order["line_items"], *order["shipping_lines"]] if whole else order["line_items"][:1]
    wanted: dict[str, Any] = {
        "reason": "Parcel never opened" if whole else "Changed her mind",
        "api_refund": GATEWAYS[order["payment_method"]][1],
        "line_items": [
            part_of(item, order["currency"], units=item.get("quantity", 1) if whole else 1) for item in items
        ],
    }
    store.refund(order, wanted, at=min(store.now(), delivered + timedelta(days=9)))


def part_of(item: Document, currency: str, *, units: int) -> Document:
    """The request for ``units`` of a line that nothing was refunded of: the first units of its exact shares."""
    ordered = item.get("quantity", 1)

    def share(amount: str) -> str:
        parts = spread(orders.minor(amount, currency), [1] * ordered)
        return str(money(sum(parts[:units]), currency))

    return {
        "id": item["id"],
        "quantity": units,
        "refund_total": share(item["total"]),
        "refund_tax": [{"id": tax["id"], "refund_total": share(tax["total"])} for tax in item["taxes"]],
    }
