"""Move one article's stock by a difference, once.

The store adds ``inventory_delta`` to the number it has at that moment (WC_REST_Products_Controller and
WC_REST_Product_Variations_Controller, prepare_object_for_database; only where ``stock_quantity`` is not sent), so a
sale between our look and our write is not undone. The same request carries a hidden mark in the article's meta data,
by which the movement is found again. WooCommerce saves the mark before the number: a crash of its own between the two
loses a movement, never doubles one. Marks are taken off with the next movement when they are older than two weeks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from app.core.inventory.ports import StockMoved, StockMovementOrder
from app.core.kit.errors import ProviderError
from app.platforms.woocommerce.client import VENDOR, StoreClient, unreadable
from app.platforms.woocommerce.values import instant, text

MARK_PREFIX: Final = "_helloword_moved_"
KEPT: Final = timedelta(days=14)

_GONE = frozenset(
    {
        "woocommerce_rest_product_invalid_id",
        "woocommerce_rest_product_variation_invalid_id",
        "woocommerce_rest_product_variation_invalid_parent",
    }
)


def move(client: StoreClient, movement: StockMovementOrder, now: datetime) -> StockMoved:
    """Move, unless the mark says that it is done or the store does not count this article (any more)."""
    found = _keeper(client, movement)
    if found is None:
        return StockMoved(ref="", counted=False)
    endpoint, article = found
    if _mark(article, movement.key) is not None:
        return _moved(endpoint, article)
    if article.get("manage_stock") is not True:
        return StockMoved(ref=endpoint, counted=False)
    note = f"{now.isoformat(timespec='seconds')} {movement.quantity:+d} {movement.document}".strip()
    mark = {"key": MARK_PREFIX + movement.key, "value": note}
    body = {"inventory_delta": movement.quantity, "meta_data": [mark, *_expired(article, now)]}
    return _moved(endpoint, _article(client.put(endpoint, body).data, endpoint, write=True))


def find(client: StoreClient, movement: StockMovementOrder) -> StockMoved | None:
    """The movement that bears this key, None if the article has no such mark."""
    found = _keeper(client, movement)
    if found is None or _mark(found[1], movement.key) is None:
        return None
    return _moved(*found)


def _keeper(client: StoreClient, movement: StockMovementOrder) -> tuple[str, Mapping[str, Any]] | None:
    """(endpoint, article) of what holds the number: the product, the variation, or, where a variation leaves its stock
    to the product (``manage_stock`` is "parent"), the product. None when it was deleted.
    """
    product, variant = movement.product_ref, movement.variant_ref
    if not _is_id(product) or (variant and not _is_id(variant)):
        raise ProviderError(VENDOR, "the order line names no product of the store", code="product_unknown")
    endpoint = f"products/{product}"
    if variant:
        own = f"{endpoint}/variations/{variant}"
        article = _read(client, own)
        if article is None or article.get("manage_stock") != "parent":
            return None if article is None else (own, article)
    article = _read(client, endpoint)
    return None if article is None else (endpoint, article)


def _read(client: StoreClient, endpoint: str) -> Mapping[str, Any] | None:
    try:
        return _article(client.get(endpoint).data, endpoint)
    except ProviderError as error:
        if error.code in _GONE:
            return None
        raise


def _article(data: Any, endpoint: str, *, write: bool = False) -> Mapping[str, Any]:
    if not isinstance(data, dict) or "id" not in data:
        raise unreadable(endpoint, write=write)
    return data


def _moved(endpoint: str, article: Mapping[str, Any]) -> StockMoved:
    quantity = article.get("stock_quantity")
    whole = int(quantity) if isinstance(quantity, int | Decimal) else None
    return StockMoved(ref=endpoint, now_available=whole)


def _mark(article: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    return next((m for m in article.get("meta_data") or () if m.get("key") == MARK_PREFIX + key), None)


def _expired(article: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """Old marks, each with a null value: that removes it (WC_Data::save_meta_data)."""
    old = []
    for entry in article.get("meta_data") or ():
        if text(entry.get("key")).startswith(MARK_PREFIX):
            try:
                made = instant(text(entry.get("value")).partition(" ")[0])
            except ValueError:
                made = None
            if made is None or made < now - KEPT:
                old.append({"id": entry.get("id"), "key": entry["key"], "value": None})
    return old


def _is_id(ref: str) -> bool:
    return ref.isascii() and ref.isdecimal()
