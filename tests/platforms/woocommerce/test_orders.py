from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.kit.errors import ProviderError
from app.core.kit.money import Money
from app.platforms.woocommerce.adapter import WooCommercePlatform, WooCommerceStore
from tests.platforms.woocommerce.builders import a_refund, an_order, one_sweater_less, two_sweaters
from tests.platforms.woocommerce.loopback import Answer, Asked, Loopback

MISSING = Answer(
    {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}, 404
)
SINCE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def about_orders(loopback: Loopback) -> list[Asked]:
    """What was asked, but for the products."""
    return [asked for asked in loopback.asked if asked.path != "/wc/v3/products"]


def test_an_order_is_read_exactly_and_with_its_refunds(store: WooCommerceStore, loopback: Loopback) -> None:
    loopback.on("GET", "/wc/v3/orders/23", Answer(one_sweater_less()))
    loopback.on("GET", "/wc/v3/orders/23/refunds", Answer([a_refund()]))
    snapshot = store.order("23")
    assert snapshot is not None
    assert snapshot.refunds is not None
    assert [(r.ref, r.amount, r.lines) for r in snapshot.refunds] == [("26", Money(7990, "EUR"), (("1", 1),))]
    assert [asked.query["dp"] for asked in about_orders(loopback)] == ["6", "6"]


def test_refunds_are_not_asked_for_where_there_are_none(store: WooCommerceStore, loopback: Loopback) -> None:
    loopback.on("GET", "/wc/v3/orders/23", Answer(two_sweaters()))
    snapshot = store.order("23")
    assert snapshot is not None
    assert snapshot.refunds == ()
    assert len(about_orders(loopback)) == 1


def test_an_order_that_the_store_has_not_is_none(store: WooCommerceStore, loopback: Loopback) -> None:
    loopback.on("GET", "/wc/v3/orders/9", MISSING)
    assert store.order("9") is None
    loopback.on("GET", "/wc/v3/orders/8", Answer(an_order(id=8, status="checkout-draft")))
    assert store.order("8") is None


@pytest.mark.parametrize("ref", ["", "../system_status", "1?x=1", "-1", "٣", "9" * 30])
def test_a_ref_that_is_no_id_asks_nothing(store: WooCommerceStore, loopback: Loopback, ref: str) -> None:
    assert store.order(ref) is None
    assert loopback.asked == []


def test_a_refused_key_is_an_error_and_not_a_missing_order(store: WooCommerceStore, loopback: Loopback) -> None:
    loopback.on("GET", "/wc/v3/orders/23", Answer({"code": "woocommerce_rest_cannot_view", "message": "No."}, 401))
    with pytest.raises(ProviderError) as caught:
        store.order("23")
    assert caught.value.code == "woocommerce_rest_cannot_view"


@pytest.mark.parametrize("body", [[], {}, "x", {"id": 23}])
def test_an_answer_that_is_no_order_is_an_error(store: WooCommerceStore, loopback: Loopback, body: Any) -> None:
    loopback.on("GET", "/wc/v3/orders/23", Answer(body))
    with pytest.raises(ProviderError) as caught:
        store.order("23")
    assert (caught.value.retryable, caught.value.outcome_unknown) == (False, False)


# --- number and e-mail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "email"),
    [("23", "kunde@example.test"), (" #23 ", " Kunde@Example.TEST "), ("#23", "KUNDE@example.test")],
)
def test_an_order_is_found_by_number_and_e_mail(
    store: WooCommerceStore, loopback: Loopback, number: str, email: str
) -> None:
    loopback.on("GET", "/wc/v3/orders/23", Answer(two_sweaters()))
    found = store.find_order(number, email)
    assert found is not None
    assert found.ref == "23"


def serve_search(loopback: Loopback, orders: list[dict[str, Any]]) -> None:
    """A store that ignores what it is asked for and sends every order, as WooCommerce does with unknown filters."""
    loopback.on("GET", "/wc/v3/orders", Answer(orders))


def test_the_store_s_filters_are_not_believed(store: WooCommerceStore, loopback: Loopback) -> None:
    orders = [two_sweaters(), an_order()]
    serve_search(loopback, orders)
    for order in orders:
        loopback.on("GET", f"/wc/v3/orders/{order['id']}", Answer(order))
    assert store.find_order(orders[0]["number"], "somebody@else.test") is None
    assert store.find_order("99999", orders[0]["billing"]["email"]) is None


def test_a_number_that_is_not_the_id_is_searched_for(store: WooCommerceStore, loopback: Loopback) -> None:
    other = an_order(id=1001, number="1", billing={"email": "b@example.test"})
    serve_search(loopback, [other, an_order(id=7, number="RE-2026/1001")])
    loopback.on("GET", "/wc/v3/orders/1001", Answer(other))
    found = store.find_order("re-2026/1001", "a@example.test")
    assert found is not None
    assert found.ref == "7"
    assert store.find_order("1001", "b@example.test") is None


def test_an_order_found_by_e_mail_only_is_found(store: WooCommerceStore, loopback: Loopback) -> None:
    def search(asked: Asked) -> Answer:
        return Answer([an_order(number="A1")] if asked.query["search"] == "a@example.test" else [])

    loopback.on("GET", "/wc/v3/orders", search)
    found = store.find_order("A1", "a@example.test")
    assert found is not None
    assert [asked.query["search"] for asked in about_orders(loopback)] == ["a1", "a@example.test"]


def test_an_empty_number_or_e_mail_asks_nothing(store: WooCommerceStore, loopback: Loopback) -> None:
    assert store.find_order("", "a@example.test") is None
    assert store.find_order("#", "a@example.test") is None
    assert store.find_order("7", " ") is None
    assert loopback.asked == []


def test_a_search_reads_a_few_pages_at_most(store: WooCommerceStore, loopback: Loopback) -> None:
    loopback.on("GET", "/wc/v3/orders", Answer([an_order(number="x")], headers={"X-WP-TotalPages": "900"}))
    assert store.find_order("A1", "a@example.test") is None
    assert len(loopback.asked) == 6


# --- what changed ---------------------------------------------------------------------------------------------------


class ChangingStore:
    """Orders that the store lists by time of change; a test may change one between two pages."""

    def __init__(self, times: dict[int, datetime]) -> None:
        self.times = times

    def __call__(self, asked: Asked) -> Answer:
        query = asked.query
        assert (query["dates_are_gmt"], query["orderby"], query["order"]) == ("true", "modified", "asc")
        after = datetime.fromisoformat(query["modified_after"]).replace(tzinfo=UTC)
        listed = sorted((time, number) for number, time in self.times.items() if time > after)
        size, page = int(query["per_page"]), int(query["page"])
        shown = listed[size * (page - 1) : size * page]
        return Answer([an_order(id=n, date_modified_gmt=t.strftime("%Y-%m-%dT%H:%M:%S")) for t, n in shown])


def read_all(store: WooCommerceStore, after_page: dict[int, Any] | None = None) -> list[str]:
    refs: list[str] = []
    cursor, page = None, 0
    while True:
        changed = store.changed_since(SINCE, cursor)
        refs += [order.ref for order in changed.orders]
        page += 1
        if after_page and page in after_page:
            after_page[page]()
        if changed.next_cursor is None:
            return refs
        assert changed.next_cursor != cursor
        cursor = changed.next_cursor


def test_what_changed_at_or_after_the_moment_is_read(store: WooCommerceStore, loopback: Loopback) -> None:
    times = {1: SINCE - timedelta(seconds=1), 2: SINCE, 3: SINCE + timedelta(hours=1)}
    loopback.on("GET", "/wc/v3/orders", ChangingStore(times))
    assert read_all(store) == ["2", "3"]
    assert loopback.asked[0].query["modified_after"] == "2026-11-23T06:59:59"


def test_an_order_that_changes_while_we_read_hides_no_other(store: WooCommerceStore, loopback: Loopback) -> None:
    changing = ChangingStore({n: SINCE + timedelta(minutes=n) for n in range(1, 121)})
    loopback.on("GET", "/wc/v3/orders", changing)

    def touch() -> None:
        changing.times[3] = SINCE + timedelta(days=1)

    refs = read_all(store, {1: touch})
    assert set(refs) == {str(n) for n in range(1, 121)}
    assert refs[-1] == "3"


def test_more_orders_than_a_page_within_one_second_are_all_read(store: WooCommerceStore, loopback: Loopback) -> None:
    loopback.on("GET", "/wc/v3/orders", ChangingStore(dict.fromkeys(range(1, 131), SINCE + timedelta(minutes=1))))
    assert set(read_all(store)) == {str(n) for n in range(1, 131)}


def test_drafts_are_passed_over(store: WooCommerceStore, loopback: Loopback) -> None:
    loopback.on("GET", "/wc/v3/orders", Answer([an_order(status="checkout-draft"), an_order(id=8)]))
    changed = store.changed_since(SINCE)
    assert [order.ref for order in changed.orders] == ["8"]
    assert changed.next_cursor is None


def test_refunds_of_changed_orders_are_read_where_there_are_any(store: WooCommerceStore, loopback: Loopback) -> None:
    loopback.on("GET", "/wc/v3/orders", Answer([one_sweater_less(), an_order()]))
    loopback.on("GET", "/wc/v3/orders/23/refunds", Answer([a_refund()]))
    changed = store.changed_since(SINCE)
    assert [len(order.refunds or ()) for order in changed.orders] == [1, 0]
    assert [asked.path for asked in about_orders(loopback)] == ["/wc/v3/orders", "/wc/v3/orders/23/refunds"]


def test_an_order_read_and_delivered_is_the_same(
    store: WooCommerceStore, platform: WooCommercePlatform, loopback: Loopback
) -> None:
    body = json.dumps(two_sweaters()).encode()
    loopback.on("GET", "/wc/v3/orders/23", Answer(body))
    command = platform.translate("order.updated", body)
    assert getattr(command, "snapshot", None) == store.order("23")
