"""Prove a store's key before it is kept, and read what the store says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from app.core.kit.errors import ProviderError
from app.core.merchants.ports import StoreFacts
from app.platforms.woocommerce.client import VENDOR, StoreClient
from app.platforms.woocommerce.values import country_code, plain, text

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NAME: Final = re.compile(r"[^\s/@\\?#\x00-\x1f]{1,253}")
_PAGES: Final = re.compile(r"/(?:wp-admin|wp-json|wp-login\.php|my-account|shop|cart|checkout|index\.php)(?:/|$)")


def store_facts(client: StoreClient) -> StoreFacts:
    """Name, currency, country, time zone, language and mail address. Raises ProviderError in words to act on.

    A key that may only read is found by a write that can change nothing: an update of the order with the id 0, which
    no store has. WooCommerce judges the key's permission before it looks for the order, so a key that may write gets
    "invalid id" and one that may not gets 401.
    """
    general = _by_id(client.get("settings/general").data)
    status = _optional(client, "system_status", _fields="environment,settings")
    currency = general.get("woocommerce_currency") or _inside(status, "settings", "currency")
    if not re.fullmatch("[A-Z]{3}", currency):
        raise ProviderError(VENDOR, "the store does not say which currency it sells in", code="unreadable_answer")
    _prove_writing(client)
    index = _index(client)
    language = _inside(status, "environment", "language")
    return StoreFacts(
        name=plain(index.get("name")) or urlsplit(client.url).netloc,
        currency=currency,
        country=country_code(general.get("woocommerce_default_country", "").partition(":")[0]),
        timezone=_timezone(index),
        locale=language.replace("_", "-") or "en",
        support_email=_by_id(_optional(client, "settings/email")).get("woocommerce_email_from_address") or None,
    )


def store_root(typed: str, *, on_this_machine: bool = False) -> str:
    """The site's root from its address or that of a page of its admin; empty for what cannot be one.

    https, which is also taken where no scheme was typed. Addresses of private networks are refused, because our
    server would be the one to ask there; ``on_this_machine`` allows a store beside us, also by plain http.
    """
    address = typed.strip()
    if "://" not in address:
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    here = on_this_machine and host in _LOOPBACK
    if parts.scheme not in ({"http", "https"} if here else {"https"}) or parts.username or parts.password:
        return ""
    if not here and not (_is_public(host) and _NAME.fullmatch(host)):
        return ""
    path = _PAGES.split(parts.path, maxsplit=1)[0].rstrip("/")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}{path}"


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost"))


def _by_id(found: Any) -> dict[str, str]:
    if not isinstance(found, list):
        return {}
    return {text(setting.get("id")): text(setting.get("value")) for setting in found if isinstance(setting, dict)}


def _optional(client: StoreClient, endpoint: str, **params: str) -> Any:
    """The answer, None where this store gives none: the system status runs outside calls and is slow on some hosts."""
    try:
        return client.get(endpoint, **params).data
    except ProviderError:
        return None


def _prove_writing(client: StoreClient) -> None:
    try:
        client.put("orders/0", {})
    except ProviderError as error:
        code = error.code or ""
        if code.startswith("woocommerce_rest_authentication"):  # reading went well with the same key just before
            raise ProviderError(
                VENDOR,
                "the key may only read; give it Read/Write under WooCommerce > Settings > Advanced > REST API",
                code="read_only_key",
            ) from None
        if code in {"woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_invalid_order_id", "rest_no_route"}:
            return
        raise


def _index(client: StoreClient) -> Mapping[str, Any]:
    """WordPress's public index; some security plugins hide it, which costs only name and time zone."""
    try:
        found = client.index().data
    except ProviderError:
        return {}
    return found if isinstance(found, dict) else {}


def _timezone(index: Mapping[str, Any]) -> str:
    """The zone's name; a plain offset of whole hours becomes Etc/GMT (whose signs run the other way)."""
    named = text(index.get("timezone_string"))
    if named:
        return named
    try:
        hours = Decimal(text(index.get("gmt_offset")) or "0")
    except ArithmeticError:
        return "UTC"
    return f"Etc/GMT{-int(hours):+d}" if hours and hours == hours.to_integral_value() else "UTC"


def _inside(value: Any, *names: str) -> str:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return text(value)
