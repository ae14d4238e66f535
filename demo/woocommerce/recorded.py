"""The figures of a real store, restated: three articles and five orders, built like all others.

The store had WooCommerce 11.0.1, prices with tax, a rate of 19 % for Germany and none elsewhere. Amounts are kept with
six decimals, as it kept them: 134.285714 is what two sweaters at 79.90 are without tax. Persons are made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from demo.woocommerce.checkout import Coupon, LineCharged, Purchase, ShippingCharged, TaxCharged, document
from demo.woocommerce.orders import Document
from demo.woocommerce.setting_json import new_coupon
from demo.woocommerce.state import stamp

if TYPE_CHECKING:
    from demo.woocommerce.store import WooStore

RATE: Final = ("DE-MWST-1", "MwSt", "19")
CODE: Final = "ret-1001-x7q"
_OPEN_FOR = timedelta(days=400)
_SWEATER, _BELT, _SCARF, _COUPON = 14, 21, 22, 33


def _person(*parts: str) -> dict[str, str]:
    names = ("first_name", "last_name", "address_1", "city", "state", "postcode", "country", "email", "phone")
    found = dict(zip(names, parts, strict=True))
    return {**found, "company": "", "address_2": ""}


_KARLA = _person(
    *("Karla", "Kunde", "Hauptstr. 5", "Berlin", "DE-BE", "10115", "DE", "kunde@example.test", "+49301234567")
)
_UMA = _person(*("Uma", "Smith", "1 Main St", "Austin", "TX", "78701", "US", "uma@example.test", "+15125550100"))
_WANG = _person(*("伟", "王", "南京东路100号", "上海", "CN9", "200001", "CN", "wang@example.test", "+8613800000000"))


@dataclass(frozen=True, slots=True)
class _Row:
    """``lines``: (SKU, units, net, tax); ``free``: a coupon paid for all goods; ``tax``: on 5.00 shipping."""

    number: int
    who: dict[str, str]
    lines: tuple[tuple[str, int, str, str], ...]
    shipping_tax: str
    days: int
    free: bool = False


_ORDERS: Final = (
    _Row(
        23,
        _KARLA,
        (("SW-M-Black", 2, "134.285714", "25.514286"), ("BELT-1", 1, "32.773109", "6.226891")),
        "0.95",
        days=12,
    ),
    _Row(24, _UMA, (("SW-L-Red", 1, "67.142857", ""), ("SCARF-1", 2, "42.857143", "")), "", days=12),
    _Row(25, _WANG, (("SCARF-1", 1, "21.428571", ""),), "", days=12),
    _Row(
        40,
        _KARLA | {"address_1": "Hauptstr 5", "phone": "030123456"},
        (("SCARF-1", 1, "21.428571", "4.071429"),),
        "0.95",
        days=11,
        free=True,
    ),
    _Row(45, _WANG, (("SCARF-1", 1, "21.428571", ""),), "", days=10),
)
NUMBERS: Final = tuple(row.number for row in _ORDERS)


def furnish(store: WooStore) -> None:
    """The articles and the orders, the goods of which are taken from the stock."""
    _goods(store)
    rate = store.rate(*RATE)
    coupon = new_coupon(_COUPON, CODE, stamp(store.now() - timedelta(days=12)))
    coupon |= {"amount": "86", "usage_limit": 1, "usage_limit_per_user": 1, "usage_count": 1}
    coupon |= {"email_restrictions": [_KARLA["email"]], "used_by": [_KARLA["email"]]}
    store.state.put("coupon", coupon, words=CODE)
    for row in _ORDERS:
        order = document(store, _purchase(store, row, rate))
        if row.free:
            order["shipping_lines"][0]["meta_data"] = [
                {"id": store.state.number("item_meta"), "key": "Items", "value": "Silk Scarf &times; 1"}
            ]
        store.sell(order)


def _purchase(store: WooStore, row: _Row, rate: int) -> Purchase:
    def taxes(amount: str, *, free: bool = False) -> tuple[TaxCharged, ...]:
        if not amount:
            return ()
        return (TaxCharged(rate, Decimal(0) if free else Decimal(amount), Decimal(amount)),)

    placed = store.now() - timedelta(days=row.days)
    paid = None if row.free else placed + timedelta(seconds=1)
    return Purchase(
        number=row.number,
        billing=row.who,
        currency="EUR",
        lines=tuple(
            LineCharged(sku, units, Decimal(0) if row.free else Decimal(net), Decimal(net), taxes(tax, free=row.free))
            for sku, units, net, tax in row.lines
        ),
        shipping=(ShippingCharged("Flat rate", Decimal(5), taxes(row.shipping_tax), "1" if row.free else ""),),
        placed_at=placed,
        paid_at=paid,
        completed_at=paid,
        delivered_at=paid + timedelta(days=5) if paid else None,
        status="on-hold" if row.free else "completed",
        method="bacs",
        method_title="Direct bank transfer",
        customer_id=store.customer(row.who["email"], create=True) if row.number == NUMBERS[0] else 0,
        created_via="checkout" if row.free else "rest-api",
        coupon=Coupon(CODE, "fixed_cart", Decimal(86)) if row.free else None,
        meta=(("is_vat_exempt", "no"),) if row.free else (),
    )


def _goods(store: WooStore) -> None:
    opened = stamp(store.now() - _OPEN_FOR)
    common: Document = {
        "created": opened,
        "modified": opened,
        "status": "publish",
        "global_unique_id": "",
        "image": None,
        "meta_data": [],
        "attributes": [],
    }
    product: Document = {
        **common,
        "parent_id": 0,
        "description": "",
        "type": "simple",
        "category": {"id": 15, "name": "Uncategorized", "slug": "uncategorized"},
        "tags": [],
        "images": [],
        "variations": [],
        "manage_stock": True,
    }
    counted = {"manage_stock": True, "stock_quantity": 20}
    belt = {"id": _BELT, "name": "Leather Belt", "slug": "leather-belt-2", "sku": "BELT-1", "weight": "0.3"}
    scarf = {"id": _SCARF, "name": "Silk Scarf", "slug": "silk-scarf-2", "sku": "SCARF-1", "weight": "0.1"}
    store.stock.keep({**product, **belt, **counted, "price": "39"}, announce=False)
    store.stock.keep({**product, **scarf, **counted, "price": "25.5"}, announce=False)
    sweater = {"id": _SWEATER, "name": "Merino Sweater", "slug": "merino-sweater-2", "sku": "", "weight": "0.4"}
    attributes = [
        {"id": 1, "name": "Size", "slug": "pa_size", "options": ["L", "M", "S"]},
        {"id": 2, "name": "Colour", "slug": "pa_colour", "options": ["Black", "Red"]},
    ]
    customs = [{"id": 22, "key": "_hs_code", "value": "611011"}, {"id": 23, "key": "_country_of_origin", "value": "CN"}]
    store.stock.keep(
        {
            **product,
            **sweater,
            "type": "variable",
            "description": "<p>100% merino</p>\n",
            "price": "79.9",
            "manage_stock": False,
            "stock_quantity": None,
            "attributes": attributes,
            "variations": list(range(_SWEATER + 1, _BELT)),
            "meta_data": customs,
        },
        announce=False,
    )
    chosen = [(size, colour) for size in ("S", "M", "L") for colour in ("Black", "Red")]
    for number, (size, colour) in enumerate(chosen, start=_SWEATER + 1):
        values = [("Size", "pa_size", size), ("Colour", "pa_colour", colour)]
        store.stock.keep(
            {
                **common,
                "id": number,
                "parent_id": _SWEATER,
                "name": f"{size}, {colour}",
                "sku": f"SW-{size}-{colour}",
                "price": "79.9",
                "manage_stock": True,
                "stock_quantity": 10,
                "weight": "0.4",
                "attributes": [
                    {"id": at, "name": name, "slug": key, "option": value, "slug_value": value.lower()}
                    for at, (name, key, value) in enumerate(values, start=1)
                ],
            },
            announce=False,
        )
