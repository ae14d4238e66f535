"""Signed order deliveries of 6 KB as WooCommerce sends them, each a different one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

SIZE = 6144
_NUMBER = b"%012d"
_FILL = 12


class Deliveries:
    """Makes requests: all bytes but a number at the body's end are the same, so signing costs the client little."""

    def __init__(self, path: str, secret: str, *, topic: str = "order.updated") -> None:
        self._head = _head(SIZE)
        self._signing = hmac.new(secret.encode(), self._head, hashlib.sha256)
        self._before = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"User-Agent: WooCommerce/10.4 Hookshot (WordPress/6.9)\r\nX-WC-Webhook-Topic: {topic}\r\n"
            f"X-WC-Webhook-Delivery-ID: 0123456789abcdef\r\nContent-Length: {SIZE}\r\nX-WC-Webhook-Signature: "
        ).encode()

    def request(self, number: int) -> bytes:
        """The ``number``-th delivery as bytes on the wire."""
        tail = _tail(number)
        signing = self._signing.copy()
        signing.update(tail)
        return b"".join((self._before, base64.b64encode(signing.digest()), b"\r\n\r\n", self._head, tail))

    def body(self, number: int) -> bytes:
        """What the ``number``-th delivery says."""
        return self._head + _tail(number)


def _tail(number: int) -> bytes:
    return (_NUMBER % number) + b'"}'


def order(number: int, status: str = "processing", second: int = 0) -> dict[str, Any]:
    """An order of two lines with tax and shipping, as wc/v3 prints it; changed ``second`` seconds after its making."""
    address = {
        "first_name": "Karla",
        "last_name": "Kunde",
        "company": "",
        "address_1": "Hauptstr. 5",
        "address_2": "",
        "city": "Berlin",
        "state": "DE-BE",
        "postcode": "10115",
        "country": "DE",
        "phone": "+49301234567",
    }
    return {
        "id": number,
        "parent_id": 0,
        "status": status,
        "currency": "EUR",
        "version": "11.0.1",
        "prices_include_tax": True,
        "date_created_gmt": "2026-11-20T10:00:00",
        "date_modified_gmt": f"2026-11-20T10:{second // 60:02}:{second % 60:02}",
        "date_completed_gmt": None,
        "date_paid_gmt": "2026-11-20T10:00:01",
        "discount_total": "0.00",
        "shipping_total": "5.00",
        "shipping_tax": "0.95",
        "total": "204.75",
        "total_tax": "32.69",
        "customer_id": 2,
        "billing": {**address, "email": f"shopper-{number}@example.test"},
        "shipping": address,
        "payment_method": "stripe",
        "payment_method_title": "Credit card",
        "transaction_id": f"ch_{number}",
        "meta_data": [],
        "line_items": [
            _line(number * 10 + 1, "Merino Sweater - M, Black", 2, "134.29", "25.51"),
            _line(number * 10 + 2, "Leather Belt", 1, "32.77", "6.23"),
        ],
        "tax_lines": [{"id": 4, "rate_code": "DE-MWST-1", "rate_id": 1, "label": "MwSt", "rate_percent": 19}],
        "shipping_lines": [
            {
                "id": number * 10 + 3,
                "method_title": "Flat rate",
                "method_id": "flat_rate",
                "total": "5.00",
                "total_tax": "0.95",
                "taxes": [{"id": 1, "total": "0.95", "subtotal": ""}],
            }
        ],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "number": str(number),
    }


def body(number: int, status: str = "processing", second: int = 0, size: int = SIZE) -> bytes:
    """``order`` as JSON of ``size`` bytes (a plugin's notes fill it up)."""
    whole = order(number, status, second) | {"customer_note": ""}
    short = size - len(json.dumps(whole))
    return json.dumps(whole | {"customer_note": "x" * short}).encode()


def _line(ref: int, name: str, quantity: int, net: str, tax: str) -> dict[str, Any]:
    return {
        "id": ref,
        "name": name,
        "product_id": 14,
        "variation_id": 17,
        "quantity": quantity,
        "subtotal": net,
        "subtotal_tax": tax,
        "total": net,
        "total_tax": tax,
        "taxes": [{"id": 1, "total": tax, "subtotal": tax}],
        "meta_data": [
            {"id": 10, "key": "pa_size", "value": "m", "display_key": "Size", "display_value": "M"},
            {"id": 11, "key": "pa_colour", "value": "black", "display_key": "Colour", "display_value": "Black"},
            {"id": 32, "key": "_reduced_stock", "value": "2", "display_key": "_reduced_stock", "display_value": "2"},
        ],
        "sku": f"SKU-{ref}",
        "price": 67.142857,
        "image": {"id": 0, "src": ""},
        "parent_name": name,
    }


def _head(size: int) -> bytes:
    """An order's body up to the number that ends it: ``<head><twelve digits>"}`` is JSON of ``size`` bytes."""
    whole = {name: value for name, value in order(727).items() if name != "number"}
    opened = json.dumps(whole)[:-1].encode()
    room = size - len(opened) - len(b', "customer_note": "", "number": ""}') - _FILL
    return opened + b', "customer_note": "' + b"x" * room + b'", "number": "'
