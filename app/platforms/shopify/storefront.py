"""Shopify's app proxy: a request from the storefront, forwarded to us with a signed query.

Rules (shopify.dev "Authenticate app proxies"): ``signature`` is the hex HMAC-SHA256, with the app's client secret, of
all other parameters as ``name=value``, sorted by name, several values of one name joined by commas, put together
without anything between. Older than 90 seconds is refused, as Shopify's own libraries do. shopifyapp's
``verify_app_proxy_req`` does the same but reads the machine's clock and does not look at the shop; the tests hold the
two to the same verdict.

Because nothing stands between the pairs, one signed text can be cut into other pairs: a visitor who adds
``?a=1logged_in_customer_id=7...`` to the address chooses part of it. To use that he must first see a signature, which
only we are sent (so no page of ours may print its query), and the real parameters must end up inside some value: so a
value that holds one is refused as well.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

from app.core.merchants.ports import ForgedVisit, StorefrontVisit
from app.platforms.shopify.client import is_shop
from app.platforms.shopify.wire import gid

MAX_AGE = 90.0

_OURS = ("shop", "timestamp", "path_prefix", "logged_in_customer_id", "signature")
_SMUGGLED = re.compile(r"(logged_in_customer_id|path_prefix|timestamp)=")
_PATH = re.compile(r"(/[A-Za-z0-9_-]{1,60}){1,4}", re.ASCII)
_CUSTOMER = re.compile(r"\d{0,20}", re.ASCII)
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


class AppProxySignature:
    """The gate (``StorefrontGate``) for requests that come through Shopify's app proxy."""

    def shop(self, query: Sequence[tuple[str, str]]) -> str:
        """The shop that the request claims to come from, ``acme.myshopify.com``; empty when it does not say."""
        named = [value for name, value in query if name == "shop"]
        return named[0] if len(named) == 1 and is_shop(named[0]) else ""

    def open(self, query: Sequence[tuple[str, str]], secrets: Sequence[str], now: float) -> StorefrontVisit:
        """The verified visit; ``customer_ref`` is the signed-in customer's gid, empty for a guest."""
        ours = {name: [value for key, value in query if key == name] for name in _OURS}
        if any(len(values) > 1 for values in ours.values()):
            raise ForgedVisit(why="repeated")
        shop, timestamp, base, customer, signature = (next(iter(ours[name]), "") for name in _OURS)
        if _HEX.fullmatch(signature) is None or not _is_signed(query, signature, secrets):
            raise ForgedVisit(why="signature")
        if _SECONDS.fullmatch(timestamp) is None or not abs(now - int(timestamp)) <= MAX_AGE:
            raise ForgedVisit(why="stale")
        if not is_shop(shop) or _PATH.fullmatch(base) is None or _CUSTOMER.fullmatch(customer) is None:
            raise ForgedVisit(why="parameters")
        if any(_SMUGGLED.search(f"{name}\n{value}") for name, value in query):
            raise ForgedVisit(why="smuggled")
        return StorefrontVisit(shop=shop, base=base, customer_ref=gid("Customer", customer) if customer else "")


def signed_text(query: Sequence[tuple[str, str]]) -> str:
    """What the signature is over: for the check, and for whoever plays Shopify in a test."""
    values: dict[str, list[str]] = {}
    for name, value in query:
        if name != "signature":
            values.setdefault(name, []).append(value)
    return "".join(f"{name}={','.join(values[name])}" for name in sorted(values))


def _is_signed(query: Sequence[tuple[str, str]], signature: str, secrets: Sequence[str]) -> bool:
    text = signed_text(query).encode("utf-8", "surrogatepass")
    genuine = False
    for secret in secrets:
        if secret:  # an empty secret would be a key that everybody knows
            genuine |= hmac.compare_digest(hmac.new(secret.encode(), text, hashlib.sha256).hexdigest(), signature)
    return genuine
