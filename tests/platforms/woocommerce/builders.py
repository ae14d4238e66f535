"""wc/v3 JSON with good defaults."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def an_order(**changes: Any) -> dict[str, Any]:
    """One line of 100.00 + 19.00, shipping 5.00 + 0.95."""
    order: dict[str, Any] = {
        "id": 7,
        "number": "7",
        "status": "completed",
        "currency": "EUR",
        "prices_include_tax": False,
        "total": "124.95",
        "customer_id": 0,
        "date_created_gmt": "2026-11-23T06:00:00",
        "date_modified_gmt": "2026-11-23T07:00:00",
        "date_completed_gmt": None,
        "date_paid_gmt": None,
        "payment_method": "bacs",
        "billing": {"email": "a@example.test", "country": "DE"},
        "shipping": {},
        "meta_data": [],
        "line_items": [a_line()],
        "tax_lines": [{"rate_id": 1, "label": "VAT", "rate_percent": 19}],
        "shipping_lines": [
            {
                "id": 2,
                "method_title": "Post",
                "total": "5.00",
                "total_tax": "0.95",
                "taxes": [{"id": 1, "total": "0.95"}],
            }
        ],
        "fee_lines": [],
        "refunds": [],
    }
    return order | changes


def a_line(**changes: Any) -> dict[str, Any]:
    line: dict[str, Any] = {
        "id": 1,
        "name": "Coat",
        "product_id": 9,
        "variation_id": 0,
        "quantity": 1,
        "subtotal": "100.00",
        "total": "100.00",
        "total_tax": "19.00",
        "taxes": [{"id": 1, "total": "19.00", "subtotal": "19.00"}],
        "meta_data": [],
        "sku": "",
        "parent_name": None,
    }
    return line | changes


def a_fee(net: str, tax: str, **changes: Any) -> dict[str, Any]:
    taxes = [{"id": 1, "total": tax}] if Decimal(tax) else []
    return {"id": 5, "name": "Fee", "total": net, "total_tax": tax, "taxes": taxes} | changes


def two_sweaters(**changes: Any) -> dict[str, Any]:
    """Order 23: two sweaters (134.29 + 25.51), a belt (32.77 + 6.23), shipping 5.00 + 0.95; paid by bank transfer."""
    sweaters = a_line(
        name="Merino Sweater - M, Black",
        parent_name="Merino Sweater",
        product_id=14,
        variation_id=17,
        quantity=2,
        sku="SW-M-Black",
        subtotal="134.29",
        total="134.29",
        total_tax="25.51",
        taxes=[{"id": 1, "total": "25.51", "subtotal": "25.51"}],
        meta_data=[
            {"id": 10, "key": "pa_size", "value": "m", "display_key": "Size", "display_value": "M"},
            {"id": 11, "key": "pa_colour", "value": "black", "display_key": "Colour", "display_value": "Black"},
        ],
    )
    belt = a_line(
        id=2,
        name="Leather Belt",
        product_id=21,
        sku="BELT-1",
        subtotal="32.77",
        total="32.77",
        total_tax="6.23",
        taxes=[{"id": 1, "total": "6.23", "subtotal": "6.23"}],
    )
    address = {
        "first_name": "Karla",
        "last_name": "Kunde",
        "address_1": "Hauptstr. 5",
        "city": "Berlin",
        "state": "DE-BE",
        "postcode": "10115",
        "country": "DE",
        "phone": "+49301234567",
    }
    carriage = {"id": 3, "method_title": "Flat rate", "total": "5.00", "taxes": [{"id": 1, "total": "0.95"}]}
    order = an_order(
        id=23,
        number="23",
        customer_id=2,
        prices_include_tax=True,
        total="204.75",
        billing=address | {"email": "kunde@example.test"},
        shipping=address,
        payment_method_title="Direct bank transfer",
        line_items=[sweaters, belt],
        shipping_lines=[carriage],
        tax_lines=[{"rate_id": 1, "label": "MwSt", "rate_percent": 19}],
        date_created_gmt="2026-11-23T06:11:56",
        date_modified_gmt="2026-11-23T06:11:57",
        date_paid_gmt="2026-11-23T06:11:57",
        date_completed_gmt="2026-11-23T06:11:57",
    )
    return order | changes


def one_sweater_less(**changes: Any) -> dict[str, Any]:
    """The same order after one sweater was refunded by somebody else (``a_refund``)."""
    return two_sweaters(refunds=[{"id": 26, "reason": "too small", "total": "-79.90"}], **changes)


def a_refund(**changes: Any) -> dict[str, Any]:
    """One sweater of order 23: 67.14 + 12.76."""
    item = {
        "id": 10,
        "quantity": -1,
        "total": "-67.14",
        "total_tax": "-12.76",
        "taxes": [{"id": 1, "total": "-12.76", "subtotal": "-12.76"}],
        "meta_data": [{"id": 85, "key": "_refunded_item_id", "value": "1"}],
    }
    refund: dict[str, Any] = {
        "id": 26,
        "date_created_gmt": "2026-11-23T06:13:15",
        "amount": "79.90",
        "reason": "too small",
        "refunded_payment": False,
        "meta_data": [{"id": 12, "key": "_refund_type", "value": "partial"}],
        "line_items": [item],
        "shipping_lines": [],
        "fee_lines": [],
    }
    return refund | changes


def an_article(**changes: Any) -> dict[str, Any]:
    """A belt, 20 in stock."""
    article: dict[str, Any] = {
        "id": 21,
        "name": "Leather Belt",
        "manage_stock": True,
        "stock_quantity": 20,
        "meta_data": [],
    }
    return article | changes
