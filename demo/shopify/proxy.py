"""The app proxy: how the storefront hands a request on to the app, signed, and shows its answer in the theme.

shopify.dev, "Authenticate app proxies": the query gains shop, logged_in_customer_id (empty for a guest), path_prefix,
timestamp and signature; the signature is the hex HMAC-SHA256, keyed with the app's client secret, of all other
parameters as ``name=value``, the values of one name joined by commas, sorted, put together without a separator.
Cookies pass in neither direction. An answer of type ``application/liquid`` is rendered inside the theme, any other
goes to the visitor as it is.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from flask import Request, Response

from demo.storefront import forwarding

if TYPE_CHECKING:
    from demo.shopify.store import ShopifyStore

PATH_PREFIX = "/apps/returns"


def signature(query: Iterable[tuple[str, str]], secret: str) -> str:
    """The signature of a query (name, value pairs); a ``signature`` in it is left out."""
    values: dict[str, list[str]] = {}
    for name, value in query:
        if name != "signature":
            values.setdefault(name, []).append(value)
    message = "".join(f"{name}={','.join(values[name])}" for name in sorted(values))
    return hmac.new(secret.encode(), message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def signed_query(
    query: Iterable[tuple[str, str]], *, shop: str, customer: str, secret: str, timestamp: int
) -> list[tuple[str, str]]:
    """The visitor's query with Shopify's parameters; what he sent under those names is dropped."""
    own = {"shop", "logged_in_customer_id", "path_prefix", "timestamp", "signature"}
    result = [(name, value) for name, value in query if name not in own]
    result += [
        ("shop", shop),
        ("logged_in_customer_id", customer),
        ("path_prefix", PATH_PREFIX),
        ("timestamp", str(timestamp)),
    ]
    return [*result, ("signature", signature(result, secret))]


def forward(
    store: ShopifyStore, request: Request, path: str, *, customer: str, theme: Callable[[str], str]
) -> Response:
    """Hand ``request`` on to the app as ``path`` below its proxy address. ``theme`` puts HTML into the shop's page."""
    given = parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
    now = int(store.now().timestamp())
    query = signed_query(given, shop=store.shop, customer=customer, secret=store.oauth.client_secret, timestamp=now)
    return forwarding.forward(
        store.http,
        request,
        f"{store.helloword_url}/storefront/shopify/{path}",
        query,
        theme=theme,
        broken="<p>There was an error in the third-party application.</p>",
    )
