"""The pages for people: the admin's, and the storefront around this store."""

from __future__ import annotations

from flask.testing import FlaskClient

from demo.woocommerce.store import WooStore
from tests.demo.woocommerce.small_shop import App, Call, one_sweater


def test_the_list_shows_orders_with_what_went_back(web: FlaskClient, store: WooStore) -> None:
    store.refund(23, one_sweater())
    page = web.get("/admin/orders").text
    assert "#23" in page
    assert "204.75 EUR" in page
    assert "79.90 EUR" in page
    assert "王" in page


def test_an_order_shows_its_refund_stock_and_notes(web: FlaskClient, store: WooStore, product: App) -> None:
    store.refund(23, one_sweater())
    store.deliver_pending()
    page = web.get("/admin/orders/23").text
    for words in (
        "79.90 EUR on 2026-11-24 17:00 CST",
        "Reason: too small",
        "1 x Merino Sweater - M, Black",
        "the money is paid out by hand",
        "9 in stock",
        "+1 (refund of order 23), then 9",
        "124.85 EUR",
        "Item #17 stock increased from 8 to 9.",
        "order.updated",
        "delivered, HTTP 200",
    ):
        assert words in page


def test_a_parcel_is_sent_from_the_page(web: FlaskClient, store: WooStore) -> None:
    answer = web.post("/admin/orders/40/complete")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/orders/40")
    assert store.order(40)["status"] == "completed"
    assert "disabled" in web.get("/admin/orders/40").text


def test_what_people_wrote_is_shown_as_text(web: FlaskClient, call: Call) -> None:
    call("POST", "orders/23/notes", {"note": "<script>alert(1)</script>"})
    assert "<script>alert" not in web.get("/admin/orders/23").text


def test_there_is_no_such_order(web: FlaskClient) -> None:
    answer = web.get("/admin/orders/999")
    assert answer.status_code == 404
    assert "no such order" in answer.text


def test_the_storefront_shows_and_sells_what_this_store_has(web: FlaskClient) -> None:
    assert "Merino Sweater" in web.get("/").text
    answer = web.get("/product/merino-sweater/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/products/merino-sweater")
    assert web.get("/images/merino-sweater-black.svg").mimetype == "image/svg+xml"


def test_what_is_nowhere_is_answered_by_the_api_as_json_and_by_the_site_as_a_page(web: FlaskClient) -> None:
    answer = web.get("/wp-json/wc/v9/orders")
    assert (answer.status_code, answer.mimetype) == (404, "application/json")
    answer = web.get("/nowhere")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
