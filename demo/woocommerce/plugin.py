"""Helloword's plugin in this WordPress site: it hands a visit of the returns page on, server to server, signed.

The query gains ``shop`` (the site's host, with its port if it has one), ``base`` (the page's path), ``customer`` (the
signed-in customer's id, empty for a guest), ``timestamp`` and ``signature``: the hex HMAC-SHA256, keyed with the secret
of the connection, of all other parameters as ``name=value``, sorted by name, joined with "&".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from flask import Request, Response

from demo.storefront import forwarding

if TYPE_CHECKING:
    from demo.woocommerce.store import WooStore

RETURNS_PATH = "/returns"
_OWN = frozenset({"shop", "base", "customer", "timestamp", "signature"})


def signature(values: Iterable[tuple[str, str]], secret: str) -> str:
    """The signature of parameters (name, value), each name once; a ``signature`` among them is left out."""
    signed = sorted((name, value) for name, value in values if name != "signature")
    message = "&".join(f"{name}={value}" for name, value in signed)
    return hmac.new(secret.encode(), message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def signed_query(
    query: Iterable[tuple[str, str]], *, shop: str, base: str, customer: str, secret: str, timestamp: int
) -> list[tuple[str, str]]:
    """The visitor's query with the plugin's parameters.

    What he sent under those names is dropped, as is what would make the signed text ambiguous ("&", or "=" in a name);
    of a name given twice the last value counts, as everywhere in PHP.
    """
    values = {
        name: value
        for name, value in query
        if name not in _OWN and "=" not in name and "&" not in name and "&" not in value
    }
    values |= {"shop": shop, "base": base, "customer": customer, "timestamp": str(timestamp)}
    return [*values.items(), ("signature", signature(values.items(), secret))]


def forward(store: WooStore, request: Request, path: str, *, customer: str, theme: Callable[[str], str]) -> Response:
    """Hand ``request`` on as ``path`` below Helloword's address for WooCommerce; ``customer`` is an id or empty."""
    given = parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
    query = signed_query(
        given,
        shop=urlsplit(store.url).netloc.lower(),
        base=RETURNS_PATH,
        customer=customer,
        secret=store.storefront_secret,
        timestamp=int(store.now().timestamp()),
    )
    return forwarding.forward(
        store.http,
        request,
        f"{store.helloword_url}/storefront/woocommerce/{path}",
        query,
        theme=theme,
        broken="<p>Returns cannot be reached at the moment. Please try again later.</p>",
    )
