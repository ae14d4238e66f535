"""Refunds, with everything that WooCommerce does not check."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from demo.woocommerce import orders
from demo.woocommerce.store import WooStore
from tests.demo.standins import Clock
from tests.demo.woocommerce.small_shop import BELT, CARRIAGE, SWEATERS, Call, comparable, one_sweater, recording

ON_HAND = {"SW-M-Black": 8, "BELT-1": 19, "SCARF-1": 15}


def stock(store: WooStore) -> dict[str, int]:
    return {sku: store.stock_of(sku) for sku in ON_HAND}


def book(call: Call, body: dict[str, Any], order: int = 23) -> Any:
    answer = call("POST", f"orders/{order}/refunds", body)
    assert answer.status_code == 201, answer.text
    return answer.json


def refused(call: Call, store: WooStore, body: dict[str, Any], seen: str, order: int = 23) -> None:
    """Refused as recorded, and nothing moved."""
    before = store.order_json(store.order(order)), stock(store)
    answer = call("POST", f"orders/{order}/refunds", body)
    recorded = recording(seen)
    assert (answer.status_code, answer.json) == (recorded["status"], recorded["response"])
    assert (store.order_json(store.order(order)), stock(store)) == before


def test_the_gateway_is_asked_unless_told_otherwise_and_a_bank_transfer_cannot(call: Call, store: WooStore) -> None:
    refused(call, store, {"amount": "1.00"}, "error_refund_gateway_refund_bacs")
    refused(call, store, {"reason": "x"}, "error_refund_no_amount")
    refused(call, store, {"amount": "0"}, "error_refund_zero")


def test_more_than_is_left_and_less_than_nothing_are_refused_with_http_500(call: Call, store: WooStore) -> None:
    refused(call, store, {"amount": "99999.00"}, "error_refund_too_big")
    refused(call, store, {"amount": "-5"}, "error_refund_neg")
    book(call, {"amount": "204.74", "api_refund": False})
    answer = call("POST", "orders/23/refunds", {"amount": "0.02", "api_refund": False})
    assert (answer.status_code, answer.json["message"]) == (500, "Invalid refund amount.")
    assert book(call, {"amount": "0.01", "api_refund": False})["meta_data"][0]["value"] == "full"


def test_a_refund_restocks_unless_told_otherwise(call: Call, store: WooStore) -> None:
    book(call, one_sweater())
    assert stock(store) == ON_HAND | {"SW-M-Black": 9}
    book(call, one_sweater(api_restock=False))
    assert stock(store) == ON_HAND | {"SW-M-Black": 9}


def test_the_same_call_twice_books_two(call: Call, store: WooStore) -> None:
    first, second = book(call, one_sweater()), book(call, one_sweater())
    assert first["id"] != second["id"]
    assert [one["total"] for one in call("GET", "orders/23").json["refunds"]] == ["-79.90", "-79.90"]


def test_fifty_units_of_a_line_of_two_are_booked_and_restocked(call: Call, store: WooStore) -> None:
    refund = book(call, one_sweater(amount="1.00", line_items=[{"id": SWEATERS, "quantity": 50, "refund_total": 1}]))
    assert (refund["line_items"][0]["quantity"], refund["line_items"][0]["price"]) == (-50, 0.02)
    assert stock(store) == ON_HAND | {"SW-M-Black": 58}


def test_an_unknown_line_is_a_refund_without_lines(call: Call, store: WooStore) -> None:
    refund = book(call, one_sweater(amount="1.00", line_items=[{"id": 999999, "quantity": 1, "refund_total": 1}]))
    assert (refund["amount"], refund["line_items"]) == ("1.00", [])
    assert stock(store) == ON_HAND


def test_a_line_without_an_amount_is_a_refund_of_nothing_that_restocks(call: Call, store: WooStore) -> None:
    refund = book(call, {"api_refund": False, "line_items": [{"id": SWEATERS, "quantity": 1}]})
    assert (refund["amount"], refund["line_items"][0]["total"], refund["line_items"][0]["taxes"]) == ("", "0.00", [])
    assert stock(store) == ON_HAND | {"SW-M-Black": 9}
    assert [one["total"] for one in call("GET", "orders/23").json["refunds"]] == ["-"]


def test_nothing_may_be_refunded_without_the_gateway(call: Call) -> None:
    assert book(call, {"amount": "0", "api_refund": False})["amount"] == "0.00"


def test_a_missing_amount_is_added_up_from_lines_and_taxes(call: Call) -> None:
    body = one_sweater()
    del body["amount"]
    assert book(call, body)["amount"] == "79.90"


def test_the_tax_of_a_foreign_rate_is_booked(call: Call) -> None:
    tax = [{"id": 77, "refund_total": "3.00"}]
    body = one_sweater(line_items=[{"id": BELT, "quantity": 1, "refund_total": "1.00", "refund_tax": tax}], amount="4")
    refund = book(call, body)
    assert refund["line_items"][0]["taxes"] == [{"id": 77, "total": "-3.00", "subtotal": "-3.00"}]


def test_shipping_goes_back_by_the_id_of_its_line(call: Call) -> None:
    tax = [{"id": 1, "refund_total": "0.95"}]
    line = {"id": CARRIAGE, "quantity": 1, "refund_total": "5.00", "refund_tax": tax}
    refund = book(call, {"api_refund": False, "line_items": [line]})
    assert (refund["amount"], refund["line_items"]) == ("5.95", [])
    (carriage,) = refund["shipping_lines"]
    assert (carriage["total"], carriage["total_tax"]) == ("-5.00", "-0.95")
    assert carriage["taxes"] == [{"id": 1, "total": "-0.95", "subtotal": ""}]
    assert refund["tax_lines"][0]["shipping_tax_total"] == "-0.95"


def test_the_amount_may_be_below_the_lines_when_a_fee_is_kept(call: Call) -> None:
    refund = book(call, one_sweater(amount="70.00"))
    assert (refund["amount"], refund["line_items"][0]["total"]) == ("70.00", "-67.14")
    assert call("GET", "orders/23").json["refunds"][0]["total"] == "-70.00"


def test_an_order_stays_completed_until_all_of_it_is_back(call: Call, clock: Clock) -> None:
    clock.forward(minutes=5)
    book(call, one_sweater())
    order = call("GET", "orders/23").json
    assert (order["status"], order["date_modified_gmt"], order["total"]) == (
        "completed",
        "2026-11-24T09:05:00",
        "204.75",
    )
    book(call, {"amount": "124.85", "api_refund": False})
    assert call("GET", "orders/23").json["status"] == "refunded"


def test_an_order_with_a_free_line_is_not_fully_refunded_before_its_units_are_back(call: Call) -> None:
    refund = book(call, {"amount": "5.95", "api_refund": False}, order=40)
    assert refund["meta_data"][0]["value"] == "partial"
    assert call("GET", "orders/40").json["status"] == "on-hold"


def test_a_line_that_gave_everything_back_is_not_restocked_again(call: Call, store: WooStore) -> None:
    body = {"api_refund": False, "line_items": [{"id": BELT, "quantity": 1}]}
    book(call, body)
    book(call, body)
    assert stock(store) == ON_HAND | {"BELT-1": 20}


def test_an_article_that_is_not_counted_is_not_restocked(call: Call, store: WooStore) -> None:
    assert call("PUT", "products/21", {"manage_stock": False}).status_code == 200
    book(call, {"api_refund": False, "line_items": [{"id": BELT, "quantity": 1}]})
    assert stock(store) == ON_HAND


def test_refunds_are_listed_for_an_order_and_for_the_store(call: Call, clock: Clock) -> None:
    first = book(call, one_sweater())
    clock.forward(seconds=1)
    second = book(call, {"amount": "2.00", "api_refund": False}, order=24)
    assert call("GET", "orders/23/refunds").json == [first]
    assert call("GET", f"orders/23/refunds/{first['id']}").json == first
    assert [(one["id"], one["parent_id"]) for one in call("GET", "refunds").json] == [
        (second["id"], 24),
        (first["id"], 23),
    ]
    assert call("GET", f"orders/24/refunds/{first['id']}").status_code == 404
    answer = call("GET", "refunds", per_page=1)
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("2", "2")


def test_deleting_a_refund_needs_force_and_undoes_neither_stock_nor_date(
    call: Call, store: WooStore, clock: Clock
) -> None:
    refund = book(call, one_sweater())
    path = f"orders/23/refunds/{refund['id']}"
    clock.forward(hours=1)
    answer = call("DELETE", path)
    assert (answer.status_code, answer.json["code"]) == (501, "woocommerce_rest_trash_not_supported")
    assert call("DELETE", path, force="true").json == refund
    order = call("GET", "orders/23").json
    assert (order["refunds"], order["date_modified_gmt"]) == ([], "2026-11-24T09:00:00")
    assert stock(store) == ON_HAND | {"SW-M-Black": 9}
    assert call("DELETE", path, force="true").status_code == 404


def paid_by_card(store: WooStore) -> int:
    order = store.place_order(like=24)
    store.update(order, lambda one: one.update(payment_method="stripe"))
    return int(order["id"])


def test_a_card_is_refunded_through_its_gateway(call: Call, store: WooStore) -> None:
    refund = book(call, {"amount": "10.00"}, order=paid_by_card(store))
    assert (refund["refunded_payment"], refund["amount"]) == (True, "10.00")


def test_a_gateway_that_declines_leaves_nothing_behind(call: Call, store: WooStore) -> None:
    number = paid_by_card(store)
    store.faults.gateway_declines = 1
    answer = call("POST", f"orders/{number}/refunds", {"amount": "10.00"})
    assert (answer.status_code, answer.json["code"], answer.json["data"]) == (
        500,
        "woocommerce_rest_cannot_create_order_refund",
        500,
    )
    assert store.refunds_of(number) == []


def test_a_crash_at_the_gateway_leaves_a_refund_known_by_its_reason_alone(call: Call, store: WooStore) -> None:
    number = paid_by_card(store)
    store.faults.gateway_crashes = 1
    body = {"amount": "10.00", "reason": "Return R-1", "meta_data": [{"key": "_mark", "value": "1"}]}
    answer = call("POST", f"orders/{number}/refunds", body)
    assert (answer.status_code, answer.content_type) == (500, "text/html; charset=utf-8")
    (refund,) = store.refunds_of(number)
    assert (refund["reason"], refund["meta_data"], refund["refunded_payment"]) == ("Return R-1", [], False)


def test_what_is_left_of_an_order_is_the_total_less_its_refunds(store: WooStore) -> None:
    store.refund(23, one_sweater())
    order = store.order(23)
    assert orders.total(order) - orders.refunded(store.refunds_of(order)) == Decimal("124.85")


@pytest.mark.parametrize("name", ["refund_create", "refund_get", "refunds_global_list"])
def test_the_recorded_refund_comes_out_again(call: Call, name: str) -> None:
    refund = book(call, recording("refund_create")["request"])
    seen = recording(name)
    seen = seen[0] if isinstance(seen, list) else seen.get("response", seen)
    shown = call("GET", "refunds").json[0] if "parent_id" in seen else refund
    assert comparable(shown) == comparable(seen)


@pytest.mark.parametrize("name", ["bad_item", "qty_over", "line_items_no_amount"])
def test_the_recorded_refunds_that_should_have_been_refused_come_out_again(call: Call, name: str) -> None:
    seen = recording(f"error_refund_{name}")
    answer = call("POST", "orders/23/refunds", seen["request"])
    assert answer.status_code == seen["status"]
    assert comparable(answer.json) == comparable(seen["response"])


def test_the_recorded_full_refund_comes_out_again(call: Call) -> None:
    seen = recording("refund_create_full")
    answer = call("POST", "orders/25/refunds", seen["request"])
    assert answer.status_code == seen["status"]
    assert comparable(answer.json) == comparable(seen["response"])
    assert call("GET", "orders/25").json["status"] == "refunded"
