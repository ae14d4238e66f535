"""Readers of single fields of wc/v3's JSON: each forgives what real stores send, none invents."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any, Final

from app.core.kit.money import Money

HS_CODE: Final = ("_hs_code", "hs_code")
"""Where plugins put the customs number: on the order's line, or on the product."""
ORIGIN: Final = ("_origin_country", "_country_of_origin")
_TAG = re.compile(r"<[^>]*>")


class Unreadable(ValueError):
    """The store's JSON is not an order (or refund) as wc/v3 documents it."""


def instant(value: Any) -> datetime | None:
    """A ``*_gmt`` date (no offset is written, it is UTC); None for null, empty and WordPress's zero date."""
    if not isinstance(value, str) or not value or value.startswith("0000"):
        return None
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def required_instant(item: Mapping[str, Any], name: str) -> datetime:
    """The date ``name``. Raises KeyError, ValueError when there is none."""
    moment = instant(item[name])
    if moment is None:
        msg = f"{name} is missing"
        raise ValueError(msg)
    return moment


def unix_instant(value: Any) -> datetime | None:
    """Seconds since 1970, as a number or text; None if it is neither."""
    digits = text(value)
    plausible = digits.isdecimal() and len(digits) < 11 and int(digits) > 0  # noqa: PLR2004 (before the year 2286)
    return datetime.fromtimestamp(int(digits), UTC) if plausible else None


def money(value: Any, currency: str) -> Money:
    """Rounded half up to the currency's own decimals: stores print 2 for JPY and up to 6 when asked. Empty is 0.

    Raises AmountMalformed, UnknownCurrency.
    """
    return Money.parse("0" if value is None or value == "" else str(value), currency, rounded=True)


def whole_quantity(item: Mapping[str, Any]) -> int:
    """Whole units; 0 for a fraction (plugins that sell by length or weight)."""
    try:
        value = Decimal(text(item.get("quantity")) or "0")
    except InvalidOperation:
        return 0
    return int(value) if value.is_finite() and value == value.to_integral_value() else 0


def reference(value: Any) -> str:
    """An id as text; empty for the 0 that means none."""
    digits = text(value)
    return "" if digits == "0" else digits


def country_code(value: Any) -> str:
    """Two capital letters, or empty."""
    code = text(value).upper()
    return code if re.fullmatch("[A-Z]{2}", code) else ""


def meta(item: Mapping[str, Any], keys: Sequence[str]) -> str:
    """The first plain value in ``meta_data`` under one of ``keys``; empty if there is none."""
    for entry in item.get("meta_data") or ():
        if entry.get("key") in keys and isinstance(entry.get("value"), str | int):
            return text(entry["value"])
    return ""


def plain(value: Any) -> str:
    """Text without HTML, entities and double spaces (WooCommerce wraps option values in paragraphs)."""
    return " ".join(unescape(_TAG.sub(" ", text(value))).split())


def text(value: Any) -> str:
    """The value as text; empty for null and booleans (PHP says ``false`` for "not set"). PostgreSQL keeps no NUL."""
    return "" if value is None or isinstance(value, bool) else str(value).replace("\x00", "").strip()
