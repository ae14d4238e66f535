"""Our store beside the recordings of a real one: the same figures where the data is the same, else the same shapes."""

from __future__ import annotations

from typing import Any

import pytest

from demo.woocommerce.store import WooStore
from tests.demo.standins import Clock
from tests.demo.woocommerce.small_shop import Call, comparable, recording

# The recorded order knows who looked at which page with which browser; nobody browses here.
_OF_THE_MOMENT = frozenset(
    {"order_key", "payment_url", "cart_hash", "customer_ip_address", "customer_user_agent", "meta_data"}
)


def figures(order: dict[str, Any]) -> dict[str, Any]:
    """Everything of an order but dates, counters, and what came from a browser."""
    shown = comparable({name: value for name, value in order.items() if name not in _OF_THE_MOMENT})
    shown["refunds"] = [{name: one[name] for name in ("reason", "total", "total_tax")} for one in order["refunds"]]
    shown["coupon_lines"] = [{**one, "meta_data": None, "id": None} for one in order["coupon_lines"]]
    return dict(shown)


def kinds(value: Any) -> Any:
    """The shape of a value: names and types, of a list the first element's."""
    if isinstance(value, dict):
        return {name: kinds(one) for name, one in value.items() if name != "_links"}
    if isinstance(value, list):
        return [kinds(one) for one in value[:1]]
    return "number" if type(value) in {int, float} else type(value).__name__


def same_shape(ours: Any, seen: Any, path: str = "") -> list[str]:
    """Where ours differs: a name that only one has, another type. Null and an empty list may stand for anything."""
    if "NoneType" in (ours, seen) or [] in (ours, seen):
        return []
    if isinstance(ours, dict) and isinstance(seen, dict):
        only = sorted(ours.keys() ^ seen.keys())
        inner = [
            fault
            for name in ours.keys() & seen.keys()
            for fault in same_shape(ours[name], seen[name], f"{path}.{name}")
        ]
        return [f"{path}: {name}" for name in only] + inner
    if isinstance(ours, list) and isinstance(seen, list):
        return same_shape(ours[0], seen[0], f"{path}[]")
    return [] if ours == seen else [f"{path}: {ours} for {seen}"]


@pytest.mark.parametrize("name", ["order_DE", "order_US", "order_CN", "order_with_coupon"])
def test_a_recorded_order_has_the_same_figures_here(call: Call, name: str) -> None:
    seen = recording(name)
    ours = call("GET", f"orders/{seen['id']}").json
    assert figures(ours) == figures(seen)
    assert ours.keys() == seen.keys()
    assert same_shape(kinds(ours), kinds(seen)) == []


def test_the_recorded_refunds_leave_the_order_as_it_was_recorded(call: Call, clock: Clock) -> None:
    call("POST", "orders/23/refunds", recording("refund_create")["request"])
    assert figures(call("GET", "orders/23").json) == figures(recording("order_DE_after_refund"))
    clock.forward(minutes=1)
    for name in ("bad_item", "qty_over", "line_items_no_amount"):
        call("POST", "orders/23/refunds", recording(f"error_refund_{name}")["request"])
    listed = {order["id"]: order for order in recording("orders_list")}
    ours = {order["id"]: order for order in call("GET", "orders", include="23,24,25").json}
    assert list(ours) == list(listed)
    for number, order in ours.items():
        assert figures(order) == figures(listed[number])


def test_a_fully_refunded_order_is_delivered_as_it_was_recorded(call: Call, store: WooStore) -> None:
    call("POST", "orders/25/refunds", recording("refund_create_full")["request"])
    seen = recording("webhook_delivery_order_updated_full_refund")["body_json"]
    call("PUT", "orders/25", {"customer_note": seen["customer_note"]})
    assert figures(store.order_json(store.order(25))) == figures(seen)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("product_simple", "products/21"),
        ("product_variable", "products/14"),
        ("product_variations", "products/14/variations"),
        ("coupon_get_used", "coupons/33"),
        ("orders_list", "orders"),
        ("auth_query_string_https", "orders"),
    ],
)
def test_an_answer_has_the_recorded_shape(call: Call, name: str, path: str) -> None:
    seen = recording(name)
    seen = seen["body"] if isinstance(seen, dict) and "headers" in seen else seen
    assert same_shape(kinds(call("GET", path).json), kinds(seen)) == []


def test_the_recorded_articles_cost_and_count_as_recorded(call: Call) -> None:
    names = ("id", "name", "type", "sku", "price", "weight", "manage_stock", "attributes", "parent_id")
    for path, seen in (
        ("products/21", recording("product_simple")),
        ("products/14", recording("product_variable")),
        *((f"products/14/variations/{one['id']}", one) for one in recording("product_variations")),
    ):
        ours = call("GET", path).json
        assert {name: ours[name] for name in names} == {name: seen[name] for name in names}


def test_the_status_report_says_what_the_recorded_one_says(call: Call) -> None:
    ours, seen = call("GET", "system_status").json, recording("system_status_part")
    assert ours.keys() <= seen.keys()
    for part, values in ours.items():
        assert values.keys() <= seen[part].keys()
        assert {name: kinds(one) for name, one in values.items()} == {name: kinds(seen[part][name]) for name in values}


def test_every_route_here_is_one_of_the_real_ones(web: Any) -> None:
    ours, seen = web.get("/wp-json/wc/v3").json["routes"], recording("index_wc_v3")["routes"]
    strange = {
        path: sorted(set(route["methods"]) - set(seen.get(path, {"methods": []})["methods"]))
        for path, route in ours.items()
    }
    assert {path: methods for path, methods in strange.items() if methods} == {}
    assert len(ours) > 15


def test_the_recorded_coupon_comes_out_again_and_only_once(call: Call, store: WooStore) -> None:
    seen = recording("coupon_create")
    store.state.delete("coupon", 33)
    answer = call("POST", "coupons", seen["request"])
    assert answer.status_code == seen["status"]
    expected = comparable(seen["response"]) | {"amount": "86.00"}
    assert comparable(answer.json) == expected
    assert answer.json["date_expires"] == seen["response"]["date_expires"]
    again = recording("error_coupon_duplicate")
    answer = call("POST", "coupons", again["request"])
    assert (answer.status_code, answer.json) == (again["status"], again["response"])
    bad = call("POST", "coupons", {"code": "x", "discount_type": "gift"})
    assert bad.json == recording("error_coupon_bad")


@pytest.mark.parametrize("name", ["webhook_create_order_updated", "webhook_create_action_order_refunded"])
def test_a_new_webhook_is_described_as_recorded(call: Call, name: str) -> None:
    seen = recording(name)
    answer = call("POST", "webhooks", seen["request"])
    assert answer.status_code == seen["status"]
    ours, expected = ({**one, "id": 0} for one in (answer.json, seen["response"]))
    assert comparable(ours) == comparable(expected)
    assert answer.json.keys() == seen["response"].keys()
    assert answer.json["date_modified"] is None


@pytest.mark.parametrize("name", ["bad_status", "ftp_url", "no_url", "topic_order_refunded"])
def test_a_webhook_that_cannot_be_is_refused_as_recorded(call: Call, store: WooStore, name: str) -> None:
    seen = recording(f"error_webhook_{name}")
    before = store.webhooks.all()
    answer = call("POST", "webhooks", seen["request"])
    assert (answer.status_code, answer.json) == (seen["status"], seen["response"])
    assert store.webhooks.all() == before
