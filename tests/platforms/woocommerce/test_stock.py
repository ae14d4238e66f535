from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.core.inventory.ports import StockMoved, StockMovementOrder
from app.core.kit.errors import ProviderError
from app.platforms.woocommerce.adapter import WooCommerceStore
from tests.platforms.woocommerce.builders import an_article
from tests.platforms.woocommerce.loopback import NOW, Answer, Asked, Loopback, recording

MARK = "_helloword_moved_k1"


def movement(**changes: Any) -> StockMovementOrder:
    values: dict[str, Any] = {
        "key": "k1",
        "stock_ref": "21",
        "product_ref": "21",
        "variant_ref": "",
        "location_ref": "",
        "quantity": 2,
        "document": "R-7KMQ-93XH",
    }
    return StockMovementOrder(**(values | changes))


def serve(loopback: Loopback, path: str, article: dict[str, Any]) -> dict[str, Any]:
    """An article that does with a PUT what WooCommerce does: adds the delta, writes and removes meta data."""

    def put(asked: Asked) -> Answer:
        assert "stock_quantity" not in asked.body
        article["stock_quantity"] += asked.body["inventory_delta"]
        for entry in asked.body["meta_data"]:
            if entry["value"] is None:
                article["meta_data"] = [m for m in article["meta_data"] if m["id"] != entry["id"]]
            else:
                article["meta_data"].append({"id": 500 + len(article["meta_data"]), **entry})
        return Answer(article)

    loopback.on("GET", path, lambda _: Answer(article))
    loopback.on("PUT", path, put)
    return article


def test_an_article_is_moved_by_a_difference_and_marked(store: WooCommerceStore, loopback: Loopback) -> None:
    article = serve(loopback, "/wc/v3/products/21", an_article())
    assert store.move_stock(movement()) == StockMoved(ref="products/21", now_available=22)
    assert article["stock_quantity"] == 22
    (put,) = loopback.of("PUT")
    assert put.body["inventory_delta"] == 2
    assert put.body["meta_data"] == [{"key": MARK, "value": "2026-11-24T12:00:00+00:00 +2 R-7KMQ-93XH"}]


def test_the_same_movement_again_moves_nothing(store: WooCommerceStore, loopback: Loopback) -> None:
    article = serve(loopback, "/wc/v3/products/21", an_article())
    first = store.move_stock(movement())
    assert store.move_stock(movement()) == first
    assert store.find_movement(movement()) == first
    assert (article["stock_quantity"], len(loopback.of("PUT"))) == (22, 1)


def test_stock_can_be_taken_out(store: WooCommerceStore, loopback: Loopback) -> None:
    article = serve(loopback, "/wc/v3/products/21", an_article())
    store.move_stock(movement(quantity=-3))
    assert article["stock_quantity"] == 17


def test_a_variation_is_moved_at_its_own_address(store: WooCommerceStore, loopback: Loopback) -> None:
    variation = an_article(id=20, stock_quantity=10)
    serve(loopback, "/wc/v3/products/14/variations/20", variation)
    moved = store.move_stock(movement(stock_ref="20", product_ref="14", variant_ref="20"))
    assert moved == StockMoved(ref="products/14/variations/20", now_available=12)


def test_a_variation_whose_stock_is_the_product_s_moves_the_product(
    store: WooCommerceStore, loopback: Loopback
) -> None:
    loopback.on(
        "GET", "/wc/v3/products/14/variations/20", Answer({"id": 20, "manage_stock": "parent", "stock_quantity": 5})
    )
    product = serve(
        loopback, "/wc/v3/products/14", {"id": 14, "manage_stock": True, "stock_quantity": 5, "meta_data": []}
    )
    order = movement(product_ref="14", variant_ref="20")
    assert store.move_stock(order) == StockMoved(ref="products/14", now_available=7)
    assert store.find_movement(order) == StockMoved(ref="products/14", now_available=7)
    assert product["stock_quantity"] == 7


def test_an_article_that_is_not_counted_is_left_alone(store: WooCommerceStore, loopback: Loopback) -> None:
    article = serve(loopback, "/wc/v3/products/21", an_article(manage_stock=False, stock_quantity=None))
    assert store.move_stock(movement()) == StockMoved(ref="products/21", counted=False)
    assert store.find_movement(movement()) is None
    assert (article["meta_data"], loopback.of("PUT")) == ([], [])


def test_a_deleted_article_has_no_stock(store: WooCommerceStore, loopback: Loopback) -> None:
    loopback.on(
        "GET",
        "/wc/v3/products/21",
        Answer({"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID."}, 404),
    )
    assert store.move_stock(movement()) == StockMoved(ref="", counted=False)
    assert store.find_movement(movement()) is None


def test_marks_older_than_two_weeks_go_with_the_next_movement(store: WooCommerceStore, loopback: Loopback) -> None:
    old, young = NOW - timedelta(days=14, seconds=1), NOW - timedelta(days=14)
    meta = [
        {"id": 1, "key": "_helloword_moved_old", "value": f"{old.isoformat()} +1"},
        {"id": 2, "key": "_helloword_moved_young", "value": f"{young.isoformat()} +1"},
        {"id": 3, "key": "_helloword_moved_odd", "value": "by hand"},
        {"id": 4, "key": "_hs_code", "value": "6110.11"},
    ]
    article = serve(loopback, "/wc/v3/products/21", an_article(meta_data=meta))
    store.move_stock(movement())
    assert [entry["key"] for entry in article["meta_data"]] == ["_helloword_moved_young", "_hs_code", MARK]


def test_a_write_that_broke_is_unknown_and_is_then_looked_up(store: WooCommerceStore, loopback: Loopback) -> None:
    article = serve(loopback, "/wc/v3/products/21", an_article())
    loopback.on("PUT", "/wc/v3/products/21", Answer(cut=True))
    with pytest.raises(ProviderError) as caught:
        store.move_stock(movement())
    assert caught.value.outcome_unknown
    assert store.find_movement(movement()) is None
    article["meta_data"] = [{"id": 9, "key": MARK, "value": f"{NOW.isoformat()} +2"}]
    assert store.find_movement(movement()) == StockMoved(ref="products/21", now_available=20)
    assert len(loopback.of("PUT")) == 1


@pytest.mark.parametrize(("product", "variant"), [("", ""), ("../orders", ""), ("21", "x/../1"), ("٣", "")])
def test_a_line_without_a_product_is_refused(
    store: WooCommerceStore, loopback: Loopback, product: str, variant: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        store.move_stock(movement(product_ref=product, variant_ref=variant))
    assert (caught.value.code, caught.value.retryable) == ("product_unknown", False)
    assert loopback.asked == []


def test_recorded_articles_are_counted_by_the_fields_we_look_at() -> None:
    for article in [recording("product_simple"), *recording("product_variations")]:
        assert article["manage_stock"] is True
        assert isinstance(article["stock_quantity"], int)
        assert article["meta_data"] == []
