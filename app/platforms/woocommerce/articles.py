"""What an order does not say of its articles: their tags, and whether they are goods that travel at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from app.core.kit.errors import ProviderError
from app.core.orders.ports import LineSnapshot, OrderSnapshot
from app.platforms.woocommerce.client import StoreClient
from app.platforms.woocommerce.values import HS_CODE, ORIGIN, country_code, meta, reference, text

_FIELDS: Final = "id,tags,virtual,meta_data"
_AT_ONCE: Final = 100  # a page's limit

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Article:
    """A product as it is now. ``tags`` in lower case; ``hs_code`` and ``origin_country`` may be empty."""

    tags: tuple[str, ...] = ()
    requires_shipping: bool = True
    hs_code: str = ""
    origin_country: str = ""


def with_articles(client: StoreClient, orders: Sequence[OrderSnapshot]) -> list[OrderSnapshot]:
    """The orders with what their products say, in one request for a hundred products.

    A product that is gone says nothing, for good; where the key may not read products, it stays unknown. Raises
    ProviderError when the store may answer later.
    """
    asked = sorted({line.product_ref for order in orders for line in order.lines if line.tags is None})
    try:
        articles = dict(_read(client, asked))
    except ProviderError as error:
        if error.retryable:
            raise
        log.warning("products_unreadable", code=error.code)
        return list(orders)
    return [replace(order, lines=tuple(_told(line, articles) for line in order.lines)) for order in orders]


def _read(client: StoreClient, refs: Sequence[str]) -> Iterator[tuple[str, Article]]:
    for start in range(0, len(refs), _AT_ONCE):
        include = ",".join(refs[start : start + _AT_ONCE])
        for product in client.pages("products", most=1, include=include, status="any", _fields=_FIELDS):
            if isinstance(product, dict) and "id" in product:
                yield reference(product["id"]), _article(product)


def _article(product: Mapping[str, Any]) -> Article:
    named = [tag for tag in product.get("tags") or () if isinstance(tag, dict)]
    words = [text(tag.get(name)).casefold()[:100] for tag in named for name in ("slug", "name")]
    return Article(
        tags=tuple(dict.fromkeys(word for word in words if word)),
        requires_shipping=product.get("virtual") is not True,
        hs_code=meta(product, HS_CODE)[:20],
        origin_country=country_code(meta(product, ORIGIN)),
    )


def _told(line: LineSnapshot, articles: Mapping[str, Article]) -> LineSnapshot:
    if line.tags is not None:
        return line
    article = articles.get(line.product_ref, Article())
    return replace(
        line,
        tags=article.tags,
        requires_shipping=line.requires_shipping and article.requires_shipping,
        hs_code=line.hs_code or article.hs_code,
        origin_country=line.origin_country or article.origin_country,
    )
