"""A visit to the returns page inside the WordPress site: our plugin forwards it, server to server, signed.

Query parameters: ``shop`` (the store's host, with its port if it has one), ``customer`` (the signed-in customer's id,
empty for a guest), ``base`` (the page's path in the store), ``timestamp`` (unix seconds), any others of the page, and
``signature`` = hex HMAC-SHA256(secret, "k=v" of all the others, sorted, joined with "&"; values as they are after
decoding). The store's secret is shared with the plugin when the store is connected.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from app.core.merchants.ports import ForgedVisit, StorefrontVisit

WINDOW_SECONDS: Final = 90

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?")
_BASE = re.compile(r"/(?![/\\])[^\s\\?#\x00-\x1f]{0,300}")
_SIGNED = ("base", "customer", "shop", "timestamp")


class WooCommerceStorefront:
    """Judges forwarded storefront requests."""

    def shop(self, query: Sequence[tuple[str, str]]) -> str:
        """The host the request claims to come from, in lower case; empty when it does not say one."""
        claimed = [value.lower() for name, value in query if name == "shop"]
        return claimed[0] if len(claimed) == 1 and _HOST.fullmatch(claimed[0]) else ""

    def open(self, query: Sequence[tuple[str, str]], secrets: Sequence[str], now: float) -> StorefrontVisit:
        """Verify against each of ``secrets``, in constant time; at most 90 s old or ahead. Raises ForgedVisit."""
        values = dict(query)
        signature = values.pop("signature", "")
        if len(values) + 1 != len(query) or any(name not in values for name in _SIGNED):
            raise ForgedVisit(reason="parameters")  # a name given twice could mean two things
        if any("&" in name + value or "=" in name for name, value in values.items()):
            raise ForgedVisit(reason="ambiguous")  # two different queries could have one signed text
        if not _signed(values, signature, secrets):
            raise ForgedVisit(reason="signature")
        stamp, customer = values["timestamp"], values["customer"]
        if not re.fullmatch("[0-9]{1,11}", stamp) or abs(now - int(stamp)) > WINDOW_SECONDS:
            raise ForgedVisit(reason="stale")
        shop = self.shop(query)
        if not shop or not _BASE.fullmatch(values["base"]) or not re.fullmatch("[0-9]{0,19}", customer):
            raise ForgedVisit(reason="values")
        return StorefrontVisit(shop=shop, base=values["base"], customer_ref="" if customer == "0" else customer)


def signed_text(values: dict[str, str]) -> str:
    """What is signed: all parameters but ``signature``, sorted by name."""
    return "&".join(f"{name}={value}" for name, value in sorted(values.items()))


def _signed(values: dict[str, str], signature: str, secrets: Sequence[str]) -> bool:
    message, given = signed_text(values).encode(errors="surrogatepass"), signature.encode(errors="surrogatepass")
    found = False
    for secret in secrets:
        expected = hmac.new(secret.encode(errors="surrogatepass"), message, hashlib.sha256).hexdigest()
        found |= hmac.compare_digest(expected.encode(), given)
    return found
