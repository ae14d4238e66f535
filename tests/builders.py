"""Makes what tests need, with good defaults: a store, an order as charged, a wish."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.kit.ids import new_id
from app.core.kit.money import Money, total
from app.core.merchants.models import Store
from app.core.merchants.rules import PlatformName
from app.core.orders import service as orders
from app.core.orders.models import Order
from app.core.orders.ports import (
    Address,
    FulfillmentSnapshot,
    LineSnapshot,
    OrderSnapshot,
    PaymentSnapshot,
    ShippingSnapshot,
    Tax,
)
from app.core.returns.service import Wish, WishedLine

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WAREHOUSE = {
    "name": "Lindqvist Returns",
    "line1": "Dock 4",
    "city": "Rotterdam",
    "postcode": "3011 AA",
    "country": "NL",
}


def make_store(session: Session, **changes: Any) -> Store:
    """A connected store with a return address."""
    values: dict[str, Any] = {
        "id": new_id(),
        "platform": PlatformName.WOOCOMMERCE,
        "url": f"https://store-{new_id().hex[:12]}.example",
        "slug": f"store-{new_id().hex[-12:]}",
        "name": "Lindqvist",
        "country": "NL",
        "currency": "EUR",
        "return_address": dict(WAREHOUSE),
        "brand": {},
        "created_at": NOW,
    }
    store = Store(**(values | changes))
    session.add(store)
    session.flush()
    return store


def make_line(
    ref: str = "L1", *, quantity: int = 2, net: int = 13429, tax: int = 2551, currency: str = "EUR", **changes: Any
) -> LineSnapshot:
    """A sweater in M and black, as charged."""
    line = LineSnapshot(
        ref=ref,
        title="Merino Sweater",
        quantity=quantity,
        unit_price=Money(net // max(quantity, 1), currency),
        discount=Money(0, currency),
        net=Money(net, currency),
        taxes=(Tax("VAT", Money(tax, currency), "0.19", "1"),),
        sku=f"SKU-{ref}",
        product_ref="14",
        variant_ref="17",
        stock_ref="17",
        options=(("Size", "M"), ("Colour", "Black")),
        tags=(),
        weight_g=400,
    )
    return replace(line, **changes)


def make_snapshot(*lines: LineSnapshot, currency: str = "EUR", **changes: Any) -> OrderSnapshot:
    """An order paid by card, delivered five days ago."""
    goods = lines or (make_line(),)
    shipping = (
        ShippingSnapshot("S1", "Parcel", Money(500, currency), (Tax("VAT", Money(95, currency), "0.19", "1"),)),
    )
    parts = [line.net for line in goods] + [t.amount for line in goods for t in line.taxes]
    parts += [line.duty for line in goods if line.duty is not None]
    parts += [row.net for row in shipping] + [t.amount for row in shipping for t in row.taxes]
    paid = total(parts, currency)
    snapshot = OrderSnapshot(
        ref="1001",
        number="1001",
        email="karla@example.test",
        currency=currency,
        shop_currency=currency,
        exchange_rate=Decimal(1),
        prices_include_tax=True,
        placed_at=NOW - timedelta(days=10),
        updated_at=NOW - timedelta(days=5),
        status="completed",
        lines=goods,
        shipping=shipping,
        payments=(PaymentSnapshot("P1", "stripe", "card", paid),),
        fulfillments=(
            FulfillmentSnapshot(
                "F1",
                tuple((line.ref, line.quantity) for line in goods),
                shipped_at=NOW - timedelta(days=8),
                delivered_at=NOW - timedelta(days=5),
            ),
        ),
        refunds=(),
        total=paid,
        ship_to=Address(name="Karla Kunde", line1="Hauptstr. 5", city="Berlin", postcode="10115", country="DE"),
        locale="de",
    )
    return replace(snapshot, **changes)


def make_order(session: Session, store: Store, *lines: LineSnapshot, **changes: Any) -> Order:
    """An order that has been recorded."""
    order, _ = orders.record(session, store.id, make_snapshot(*lines, **changes), now=NOW)
    return order


def make_wish(order: Order, quantity: int = 1, reason: str = "too_small", **changes: Any) -> Wish:
    """A wish to return units of the order's first line."""
    line = WishedLine(order_line_id=UUID(str(order.lines[0].id)), quantity=quantity, reason=reason)
    return replace(Wish(lines=(line,), locale="de", submit_key=new_id().hex), **changes)
