"""The pages for people: the order as the platform itself shows it, and the consent page."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from demo.shopify.store import ShopifyStore
from tests.demo.shopify.small_shop import ITEM, LOCATION, refund_input_of


def test_the_list_shows_every_order_with_its_state(
    web: FlaskClient, yen_order: dict[str, Any], dollar_order: dict[str, Any]
) -> None:
    page = web.get("/admin/orders").text
    assert page.index("#1002") < page.index("#1001")
    assert "9303 JPY" in page
    assert "57.67 USD" in page


def test_an_order_page_shows_refund_and_stock(web: FlaskClient, store: ShopifyStore, yen_order: dict[str, Any]) -> None:
    assert "None." in web.get(f"/admin/orders/{yen_order['id']}").text
    store.refund(yen_order, refund_input_of(yen_order, units=1, amount=2834))
    store.stock.move(
        ITEM,
        LOCATION,
        1,
        reason="restock",
        document="gid://helloword/Return/R1",
        adjustment=1,
        at="2026-11-24T09:00:00Z",
    )
    page = web.get(f"/admin/orders/{yen_order['id']}").text
    assert "2834 JPY" in page
    assert "Note: Helloword" in page
    assert "Partially refunded" in page
    assert "not restocked by the refund" in page
    assert "Warehouse: 11 available" in page
    assert "gid://helloword/Return/R1" in page
    assert "store admin (stand-in)" in page


def test_what_a_shopper_wrote_is_never_markup(web: FlaskClient, store: ShopifyStore, yen_order: dict[str, Any]) -> None:
    wanted = {**refund_input_of(yen_order, units=1, amount=1), "note": "<script>alert(1)</script>"}
    store.refund(yen_order, wanted)
    assert "<script>alert" not in web.get(f"/admin/orders/{yen_order['id']}").text


def test_an_order_that_is_not_there_is_not_found(web: FlaskClient) -> None:
    assert web.get("/admin/orders/5").status_code == 404


def test_the_buttons_send_the_parcel_and_deliver_it(
    web: FlaskClient, store: ShopifyStore, yen_order: dict[str, Any]
) -> None:
    web.post(f"/admin/orders/{yen_order['id']}/fulfil")
    assert [one["deliveredAt"] for one in store.order("#1001")["fulfillments"]] == [None]
    web.post(f"/admin/orders/{yen_order['id']}/delivered")
    assert [one["deliveredAt"] for one in store.order("#1001")["fulfillments"]] == ["2026-11-24T09:00:00Z"]
    web.post(f"/admin/orders/{yen_order['id']}/fulfil")
    assert len(store.order("#1001")["fulfillments"]) == 1


def test_faults_cannot_be_reached_over_http(web: FlaskClient, store: ShopifyStore) -> None:
    rules = [str(rule) for rule in web.application.url_map.iter_rules()]
    assert [rule for rule in rules if "fault" in rule] == []
