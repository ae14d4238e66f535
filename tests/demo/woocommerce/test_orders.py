"""Orders: filters, paging, changes, notes, the trash."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from demo.woocommerce.store import WooStore
from tests.demo.standins import Clock
from tests.demo.woocommerce.small_shop import HTTPS, KEY, SECRET, URL, Call, recording

NEWEST_FIRST = [45, 40, 25, 24, 23]


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [order["id"] for order in answer.json]


def test_all_orders_come_newest_first_and_of_one_moment_the_later_id(call: Call) -> None:
    assert ids(call("GET", "orders")) == NEWEST_FIRST


@pytest.mark.parametrize("name", ["number", "billing_email", "email", "nonsense"])
def test_an_unknown_parameter_is_ignored_in_silence(call: Call, name: str) -> None:
    assert ids(call("GET", "orders", **{name: "23"})) == NEWEST_FIRST


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": "uma@EXAMPLE.test"}, [24]),
        ({"search": "23"}, [40, 23]),  # a telephone number has it too
        ({"search": "Karla Kunde"}, [40, 23]),
        ({"search": "sweater"}, [24, 23]),
        ({"search": "%"}, []),
        ({"include": "24,45,99"}, [45, 24]),
        ({"include[]": ["45", "23"], "orderby": "include"}, [45, 23]),
        ({"exclude": "45,40"}, [25, 24, 23]),
        ({"status": "on-hold"}, [40]),
        ({"status": "on-hold,completed"}, NEWEST_FIRST),
        ({"status": "processing"}, []),
        ({"customer": "2"}, [23]),
        ({"product": "14"}, [24, 23]),
        ({"created_via": "checkout"}, [40]),
        ({"orderby": "id", "order": "asc", "per_page": "2"}, [23, 24]),
        ({"per_page": "2", "page": "2"}, [25, 24]),
        ({"per_page": "2", "offset": "1"}, [40, 25]),
        ({"per_page": "2", "page": "9"}, []),
        ({"after": "2026-11-13T00:00:00"}, [45, 40]),
        ({"before": "2026-11-13T00:00:00"}, [25, 24, 23]),
    ],
)
def test_what_the_filters_find(call: Call, query: dict[str, Any], found: list[int]) -> None:
    assert ids(call("GET", "orders", **query)) == found


def test_modified_after_is_strict_and_in_the_stores_zone_unless_said_otherwise(
    call: Call, store: WooStore, clock: Clock
) -> None:
    store.update(24, lambda order: order.update(customer_note="changed"))
    asked = {"orderby": "modified", "order": "asc"}
    assert ids(call("GET", "orders", modified_after="2026-11-24T08:59:59", dates_are_gmt="true", **asked)) == [24]
    assert ids(call("GET", "orders", modified_after="2026-11-24T09:00:00", dates_are_gmt="true", **asked)) == []
    assert ids(call("GET", "orders", modified_after="2026-11-24T16:59:59", **asked)) == [24]
    assert ids(call("GET", "orders", modified_after="2026-11-24T17:00:00", **asked)) == []
    assert ids(call("GET", "orders", modified_after="2026-11-24T09:59:59+01:00", **asked)) == [24]
    clock.forward(seconds=1)
    store.update(23, lambda order: order.update(customer_note="changed too"))
    assert ids(call("GET", "orders", modified_after="2026-11-24T08:00:00", dates_are_gmt="1", **asked)) == [24, 23]


def test_the_headers_tell_how_much_there_is(call: Call) -> None:
    answer = call("GET", "orders", per_page=1, page=2)
    seen = recording("headers_orders_page")
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("5", "5")
    assert answer.headers["Link"] == seen["Link"].replace("https://127.0.0.1:8443", URL)
    for name in ("Content-Type", "X-Robots-Tag", "X-Content-Type-Options", "Allow", "Expires", "Cache-Control"):
        assert answer.headers[name] == seen[name]
    assert "Link" not in call("GET", "orders").headers


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"per_page": "101"}, "per_page must be between 1 (inclusive) and 100 (inclusive)"),
        ({"per_page": "0"}, "per_page must be between 1 (inclusive) and 100 (inclusive)"),
        ({"page": "0"}, "page must be greater than or equal to 1"),
        ({"page": "x"}, "page is not of type integer."),
        ({"modified_after": "yesterday"}, "Invalid date."),
        ({"order": "up"}, "order is not one of asc, and desc."),
        ({"include": "23,x"}, "include[1] is not of type integer."),
        ({"dates_are_gmt": "maybe"}, "dates_are_gmt is not of type boolean."),
    ],
)
def test_a_known_parameter_is_checked(call: Call, query: dict[str, str], message: str) -> None:
    answer = call("GET", "orders", **query)
    (name,) = query
    assert answer.status_code == 400
    assert answer.json["code"] == "rest_invalid_param"
    assert answer.json["data"]["params"] == {name: message}


def test_too_large_a_page_is_refused_in_the_recorded_words(call: Call) -> None:
    assert call("GET", "orders", per_page=500).json == recording("error_orders_bad_param")["body"]


def test_fields_are_left_out_on_request(call: Call) -> None:
    answer = call("GET", "orders", _fields="id,billing.email", per_page=1)
    assert answer.json == [{"id": 45, "billing": {"email": "wang@example.test"}}]


def test_amounts_are_texts_with_as_many_decimals_as_asked_for(call: Call) -> None:
    two, six = call("GET", "orders/23").json, call("GET", "orders/23", dp=6).json
    assert (two["line_items"][0]["total"], six["line_items"][0]["total"]) == ("134.29", "134.285714")
    assert (two["total"], six["total"]) == ("204.75", "204.750000")
    assert two["line_items"][0]["price"] == six["line_items"][0]["price"] == 67.142857


def test_a_currency_of_three_decimals_is_printed_with_two_unless_asked(call: Call, store: WooStore) -> None:
    def in_dinars(order: dict[str, Any]) -> None:
        order["currency"] = "KWD"
        order["line_items"][0] |= {"total": "12.345", "subtotal": "12.345"}

    store.update(45, in_dinars)
    assert call("GET", "orders/45").json["total"] == "17.35"
    assert call("GET", "orders/45", dp=3).json["total"] == "17.345"


def test_dates_are_in_the_stores_zone_and_once_more_in_utc(call: Call) -> None:
    order = call("GET", "orders/23").json
    assert (order["date_created"], order["date_created_gmt"]) == ("2026-11-12T17:00:00", "2026-11-12T09:00:00")


def test_there_is_no_such_order(call: Call) -> None:
    answer = call("GET", "orders/999999")
    assert (answer.status_code, answer.json) == (404, recording("error_order_404")["body"])
    assert call("GET", "orders/999999/notes").json["code"] == "woocommerce_rest_order_invalid_id"
    assert call("POST", "orders/999999/refunds", {}).json["code"] == "woocommerce_rest_invalid_order_id"


def test_an_address_without_a_route(call: Call) -> None:
    answer = call("GET", "nope")
    assert (answer.status_code, answer.json) == (404, recording("error_no_route")["body"])


def test_a_change_of_nobody_is_400_with_the_code_of_404(call: Call) -> None:
    answer = call("PUT", "orders/0", {})
    assert (answer.status_code, answer.json["code"]) == (400, "woocommerce_rest_shop_order_invalid_id")


def test_a_body_that_is_no_json(web: FlaskClient) -> None:
    answer = web.put(
        "/wp-json/wc/v3/orders/23",
        data=b"{status:",
        content_type="application/json",
        auth=(KEY, SECRET),
        base_url=HTTPS,
    )
    assert (answer.status_code, answer.json) == (400, recording("error_order_bad_json")["body"])


def test_an_unknown_status_is_refused_in_the_recorded_words(call: Call, store: WooStore) -> None:
    answer = call("PUT", "orders/23", {"status": "lost"})
    assert (answer.status_code, answer.json) == (400, recording("error_order_update_bad")["body"])
    assert store.order(23)["status"] == "completed"


def test_meta_data_is_written_changed_and_removed(call: Call, store: WooStore) -> None:
    first = call(
        "PUT", "orders/23", {"meta_data": [{"key": "_mark", "value": "a"}], "customer_note": "Ring twice"}
    ).json
    entry = first["meta_data"][0]
    assert (entry["key"], entry["value"], first["customer_note"]) == ("_mark", "a", "Ring twice")
    by_id = call("POST", "orders/23", {"meta_data": [{"id": entry["id"], "key": "_mark", "value": "b"}]}).json
    assert by_id["meta_data"] == [entry | {"value": "b"}]
    by_key = call("PUT", "orders/23", {"meta_data": [{"key": "_mark", "value": "c"}]}).json
    assert by_key["meta_data"] == [entry | {"value": "c"}]
    assert call("PUT", "orders/23", {"meta_data": [{"key": "_mark", "value": None}]}).json["meta_data"] == []
    assert store.order(23)["modified"] == "2026-11-24T09:00:00"


def test_completing_pays_and_dates_an_order(call: Call, clock: Clock) -> None:
    clock.forward(hours=1)
    order = call("PUT", "orders/40", {"status": "completed"}).json
    assert (order["status"], order["date_completed_gmt"], order["date_paid_gmt"]) == (
        "completed",
        "2026-11-24T10:00:00",
        "2026-11-24T10:00:00",
    )
    note = call("GET", "orders/40/notes").json[0]
    assert note["note"] == "Order status changed from On hold to Completed."


def test_cancelling_gives_the_goods_back_once(store: WooStore) -> None:
    before = store.stock_of("SCARF-1")
    store.cancel(24)
    store.cancel(24)
    assert store.stock_of("SCARF-1") == before + 2
    assert store.order(24)["status"] == "cancelled"


def test_setting_the_status_to_refunded_books_all_that_is_left_without_lines(call: Call, store: WooStore) -> None:
    before = store.stock_of("SW-M-Black")
    order = call("PUT", "orders/23", {"status": "refunded"}).json
    assert [one["total"] for one in order["refunds"]] == ["-204.75"]
    (refund,) = call("GET", "orders/23/refunds").json
    assert (refund["reason"], refund["line_items"]) == ("Order fully refunded.", [])
    assert store.stock_of("SW-M-Black") == before


def test_buying_again_is_a_new_paid_order_that_takes_from_the_stock(store: WooStore, clock: Clock) -> None:
    clock.forward(minutes=3)
    stock = {sku: store.stock_of(sku) for sku in ("SW-M-Black", "BELT-1")}
    order = store.place_order(like="#23")
    assert (order["number"], order["status"], order["paid"]) == ("46", "processing", "2026-11-24T09:03:00")
    assert store.order_json(order)["total"] == "204.75"
    assert store.order_json(order)["refunds"] == []
    assert {sku: stock[sku] - store.stock_of(sku) for sku in stock} == {"SW-M-Black": 2, "BELT-1": 1}
    assert not {line["id"] for line in order["line_items"]} & {line["id"] for line in store.order(23)["line_items"]}


def test_buying_again_uses_no_coupon_up(store: WooStore) -> None:
    order = store.order_json(store.place_order(like=40))
    assert (order["total"], order["discount_total"], order["coupon_lines"]) == ("31.45", "0.00", [])


def test_completing_from_the_store_says_which_parcel(store: WooStore, clock: Clock) -> None:
    order = store.place_order(like=24)
    clock.forward(days=1)
    shown = store.order_json(store.complete(order, carrier="UPS", tracking="1Z999"))
    assert (shown["status"], shown["date_completed_gmt"]) == ("completed", "2026-11-25T09:00:00")
    (parcel,) = next(m["value"] for m in shown["meta_data"] if m["key"] == "_wc_shipment_tracking_items")
    assert (parcel["custom_tracking_provider"], parcel["tracking_number"]) == ("UPS", "1Z999")


def test_the_trash_is_only_shown_when_asked_for(call: Call) -> None:
    assert call("DELETE", "orders/25").json["status"] == "trash"
    assert 25 not in ids(call("GET", "orders"))
    assert ids(call("GET", "orders", status="trash")) == [25]
    assert call("GET", "orders/25").json["status"] == "trash"
    assert call("DELETE", "orders/25", force="true").json["id"] == 25
    assert call("GET", "orders/25").status_code == 404


def test_notes_are_written_read_and_deleted(call: Call) -> None:
    answer = call("POST", "orders/23/notes", {"note": "Return RMA-1001 approved"})
    seen = recording("order_note_create")
    assert answer.status_code == seen["status"]
    note = answer.json
    assert note.keys() == seen["response"].keys()
    assert [note[name] for name in ("author", "note", "customer_note")] == [
        seen["response"][name] for name in ("author", "note", "customer_note")
    ]
    assert call("GET", f"orders/23/notes/{note['id']}").json == note
    assert call("GET", "orders/23/notes", type="customer").json == []
    assert call("DELETE", f"orders/23/notes/{note['id']}").status_code == 501
    assert call("DELETE", f"orders/23/notes/{note['id']}", force=1).json == note
    assert call("GET", "orders/23/notes").json == []
    assert call("POST", "orders/23/notes", {}).json["code"] == "rest_missing_callback_param"


def test_dates_before_now_do_not_move_an_order_back(store: WooStore, clock: Clock) -> None:
    clock.time -= timedelta(days=30)
    before = store.order(45)["modified"]
    assert store.update(45, lambda order: order.update(customer_note="x"))["modified"] == before
