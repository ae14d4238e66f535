"""Articles and their stock, coupons, settings, gateways."""

from __future__ import annotations

from typing import Any

import pytest

from demo.woocommerce.store import WooStore
from tests.demo.woocommerce.small_shop import Call

BLACK_M = "products/14/variations/17"


def test_products_are_found_by_their_own_sku_not_by_a_variations(call: Call) -> None:
    assert [one["id"] for one in call("GET", "products").json] == [22, 21, 14]
    assert [one["id"] for one in call("GET", "products", sku="BELT-1,SW-M-Black").json] == [21]
    assert [one["id"] for one in call("GET", "products", search="scarf").json] == [22]
    assert [one["id"] for one in call("GET", "products", type="variable").json] == [14]
    assert [one["id"] for one in call("GET", "products", slug="leather-belt-2", status="publish").json] == [21]


def test_variations_are_pages_of_their_product(call: Call) -> None:
    answer = call("GET", "products/14/variations", per_page=4)
    assert ([one["id"] for one in answer.json], answer.headers["X-WP-TotalPages"]) == ([20, 19, 18, 17], "2")
    assert call("GET", BLACK_M).json["stock_quantity"] == 8


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("products/999", "woocommerce_rest_product_invalid_id"),
        ("products/999/variations", "woocommerce_rest_product_invalid_id"),
        ("products/14/variations/999", "woocommerce_rest_product_variation_invalid_id"),
        ("products/21/variations/17", "woocommerce_rest_product_variation_invalid_parent"),
    ],
)
def test_there_is_no_such_article(call: Call, path: str, code: str) -> None:
    answer = call("GET", path)
    assert (answer.status_code, answer.json["code"]) == (404, code)


def test_stock_is_moved_by_a_difference_and_marked_in_one_call(call: Call, store: WooStore) -> None:
    body = {"inventory_delta": 2, "meta_data": [{"key": "_mark", "value": "x"}]}
    article = call("PUT", BLACK_M, body).json
    assert (article["stock_quantity"], article["meta_data"][0]["key"]) == (10, "_mark")
    assert call("PUT", BLACK_M, {"inventory_delta": -11}).json["stock_status"] == "outofstock"
    assert [move["delta"] for move in store.stock.moves(17)] == [-2, 2, -11]


def test_a_number_that_is_sent_wins_over_a_difference(call: Call) -> None:
    assert call("PUT", "products/21", {"stock_quantity": 3, "inventory_delta": 5}).json["stock_quantity"] == 3


def test_an_article_that_is_not_counted_has_no_number(call: Call) -> None:
    article = call("PUT", "products/21", {"manage_stock": False, "inventory_delta": 5}).json
    assert (article["manage_stock"], article["stock_quantity"]) == (False, None)


def test_a_variation_can_leave_its_stock_to_the_product(call: Call, store: WooStore) -> None:
    assert call("PUT", BLACK_M, {"manage_stock": "parent"}).json["manage_stock"] == "parent"
    call("PUT", "products/14", {"manage_stock": True, "stock_quantity": 40})
    store.place_order(like=23)
    assert call("GET", "products/14").json["stock_quantity"] == 38


def test_a_code_finds_its_coupon(call: Call) -> None:
    assert [one["id"] for one in call("GET", "coupons", code="RET-1001-X7Q").json] == [33]
    assert call("GET", "coupons", code="other").json == []
    assert call("GET", "coupons/34").json["code"] == "woocommerce_rest_shop_coupon_invalid_id"


def test_a_coupon_is_lowered_and_deleted(call: Call) -> None:
    assert call("PUT", "coupons/33", {"amount": "60.5", "usage_limit": 2}).json["amount"] == "60.50"
    assert call("DELETE", "coupons/33").status_code == 501
    assert call("DELETE", "coupons/33", force=1).json["usage_limit"] == 2
    assert call("GET", "coupons").json == []


def test_a_coupons_last_day_is_in_the_stores_zone(call: Call) -> None:
    coupon = call("POST", "coupons", {"code": "NEW", "date_expires": "2027-06-30T23:59:59"}).json
    assert (coupon["code"], coupon["date_expires_gmt"]) == ("new", "2027-06-30T15:59:59")


def test_settings_say_what_the_store_is(call: Call) -> None:
    def value(name: str) -> Any:
        return call("GET", f"settings/{name}").json["value"]

    assert value("general/woocommerce_currency") == "EUR"
    assert value("general/woocommerce_default_country") == "CN:CN12"
    assert value("email/woocommerce_email_from_address") == "hello@lintang.example"
    assert {one["id"] for one in call("GET", "settings/email").json} == {
        "woocommerce_email_from_name",
        "woocommerce_email_from_address",
    }
    assert call("GET", "settings/nothing").status_code == 404
    assert call("GET", "settings/general/nothing").status_code == 404


def test_a_gateway_says_whether_it_refunds(call: Call) -> None:
    assert "refunds" in call("GET", "payment_gateways/stripe").json["method_supports"]
    assert call("GET", "payment_gateways/bacs").json["method_supports"] == ["products"]
    answer = call("GET", "payment_gateways/klarna")
    assert (answer.status_code, answer.json["code"]) == (404, "woocommerce_rest_payment_gateway_invalid")
