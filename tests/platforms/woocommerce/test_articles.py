"""What the products of an order say: tags, customs numbers, whether they travel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.kit.errors import ProviderError
from app.platforms.woocommerce.adapter import WooCommerceStore
from tests.platforms.woocommerce.builders import a_line, an_order
from tests.platforms.woocommerce.loopback import Answer, Asked, Loopback


def product(number: int, **values: Any) -> dict[str, Any]:
    return {"id": number, "tags": [], "virtual": False, "meta_data": []} | values


def serve(loopback: Loopback, order: dict[str, Any], *products: dict[str, Any]) -> None:
    loopback.on("GET", f"/wc/v3/orders/{order['id']}", Answer(order))
    loopback.on("GET", "/wc/v3/products", Answer(list(products)))


def of_products(loopback: Loopback) -> list[Asked]:
    return [asked for asked in loopback.asked if asked.path == "/wc/v3/products"]


def test_tags_customs_number_and_origin_come_from_the_product(store: WooCommerceStore, loopback: Loopback) -> None:
    tags = [{"id": 9, "name": "Final Sale", "slug": "final-sale"}]
    meta = [{"key": "_hs_code", "value": "611011"}, {"key": "_country_of_origin", "value": "CN"}]
    serve(loopback, an_order(line_items=[a_line(product_id=14)]), product(14, tags=tags, meta_data=meta))
    snapshot = store.order(str(an_order()["id"]))
    assert snapshot is not None
    [line] = snapshot.lines
    assert (line.tags, line.hs_code, line.origin_country) == (("final-sale", "final sale"), "611011", "CN")
    assert line.requires_shipping


def test_a_virtual_product_is_nothing_to_send(store: WooCommerceStore, loopback: Loopback) -> None:
    serve(loopback, an_order(line_items=[a_line(product_id=14)]), product(14, virtual=True))
    snapshot = store.order(str(an_order()["id"]))
    assert snapshot is not None
    assert [line.requires_shipping for line in snapshot.lines] == [False]


def test_a_product_that_is_gone_has_no_tags_and_is_not_asked_for_again(
    store: WooCommerceStore, loopback: Loopback
) -> None:
    lines = [a_line(id=1, product_id=14), a_line(id=2, product_id=0)]
    serve(loopback, an_order(line_items=lines))
    snapshot = store.order(str(an_order()["id"]))
    assert snapshot is not None
    assert [line.tags for line in snapshot.lines] == [(), ()]
    assert [asked.query["include"] for asked in of_products(loopback)] == ["14"]


def test_the_products_of_many_orders_are_read_together(store: WooCommerceStore, loopback: Loopback) -> None:
    orders = [an_order(id=n, line_items=[a_line(product_id=14), a_line(id=2, product_id=15)]) for n in range(1, 31)]
    loopback.on("GET", "/wc/v3/orders", Answer(orders))
    loopback.on("GET", "/wc/v3/products", Answer([product(14), product(15)]))
    changed = store.changed_since(datetime(2026, 11, 1, tzinfo=UTC))
    assert {line.tags for order in changed.orders for line in order.lines} == {()}
    assert [asked.query["include"] for asked in of_products(loopback)] == ["14,15"]


def test_a_key_that_may_not_read_products_leaves_them_unknown(store: WooCommerceStore, loopback: Loopback) -> None:
    serve(loopback, an_order(line_items=[a_line(product_id=14)]))
    refusal = {"code": "woocommerce_rest_cannot_view", "message": "No.", "data": {"status": 403}}
    loopback.on("GET", "/wc/v3/products", Answer(refusal, 403))
    snapshot = store.order(str(an_order()["id"]))
    assert snapshot is not None
    assert [line.tags for line in snapshot.lines] == [None]


def test_a_store_that_is_down_for_a_moment_is_asked_again_later(store: WooCommerceStore, loopback: Loopback) -> None:
    serve(loopback, an_order(line_items=[a_line(product_id=14)]))
    loopback.on("GET", "/wc/v3/products", Answer({"code": "internal_server_error"}, 503))
    with pytest.raises(ProviderError) as caught:
        store.order(str(an_order()["id"]))
    assert caught.value.retryable
