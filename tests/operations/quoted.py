"""An order of the acceptance format: two units at 5.00 with 20 % tax on top, and 4.00 shipping; 16.00 paid by card."""

from __future__ import annotations

from typing import Any

ORDER: dict[str, Any] = {
    "id": "O",
    "currency": "EUR",
    "prices_include_tax": False,
    "lines": [
        {
            "id": "L",
            "quantity": 2,
            "unit_price": "5.00",
            "line_discounts": "0.00",
            "taxes": [{"title": "VAT", "rate": "0.20", "amount": "2.00"}],
        }
    ],
    "shipping": [{"id": "S", "price": "4.00", "discount": "0.00", "taxes": []}],
    "payments": [{"id": "P", "gateway": "card", "amount": "16.00"}],
    "totals": {"paid": "16.00"},
}
STEP: dict[str, Any] = {"lines": [{"line": "L", "quantity": 1}], "shipping": "none", "method": "original"}
