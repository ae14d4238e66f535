"""The app proxy: how the storefront hands a request on to the app, signed.

shopify.dev, "Authenticate app proxies": the query gains shop, logged_in_customer_id (empty for a guest), path_prefix,
timestamp and signature; the signature is the hex HMAC-SHA256, keyed with the app's client secret, of all other
parameters as ``name=value``, the values of one name joined by commas, sorted, put together without a separator.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

PATH_PREFIX = "/apps/returns"


def signature(query: Iterable[tuple[str, str]], secret: str) -> str:
    """The signature of a query (name, value pairs); a ``signature`` in it is left out."""
    values: dict[str, list[str]] = {}
    for name, value in query:
        if name != "signature":
            values.setdefault(name, []).append(value)
    message = "".join(sorted(f"{name}={','.join(many)}" for name, many in values.items()))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


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
