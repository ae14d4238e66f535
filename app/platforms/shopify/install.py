"""What a connection to a Shopify store needs: its domain as typed by a person, and the permissions we ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.platforms.shopify.client import is_shop

_ADMIN = re.compile(r"https?://admin\.shopify\.com/store/([a-z0-9-]+)(?:[/?#]|$)", re.ASCII)

SCOPES = ("read_customers", "read_products", "write_inventory", "write_orders")
"""What the operations in ``queries`` need, no more; a write scope holds its read scope. (Location ids come with
inventory.) The app proxy asks for ``write_app_proxy`` besides, in the app's configuration.
"""


def shop_domain(text: str) -> str:
    """``acme.myshopify.com`` from what a merchant pastes (``acme``, an admin address); empty if it is no shop's."""
    from shopify.utils.shop_url import sanitize_shop_domain  # noqa: PLC0415 (a fifth of a second that only this needs)

    typed = text.strip()
    handle = _ADMIN.match(typed)
    try:
        found = sanitize_shop_domain(handle[1] if handle else typed)
    except ValueError:  # it lets urllib's complaint about a bracket through
        return ""
    return found if found and is_shop(found) else ""


def missing_scopes(granted: Iterable[str]) -> tuple[str, ...]:
    """Those of ``SCOPES`` that the merchant has not granted."""
    held = set(granted)
    return tuple(scope for scope in SCOPES if scope not in held)
