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
