"""The furnished store: the demo world, to the cent, with everything a return can meet."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo import world
from demo.woocommerce import make_woocommerce, orders
from demo.woocommerce.store import WooStore
from demo.world_money import show
from tests.demo.standins import START
from tests.demo.woocommerce.small_shop import CREDENTIALS, URL, source

_SUMS = ("total", "total_tax")

Pairs = list[tuple[world.Order, dict[str, Any]]]


def opened(path: Path, http: httpx.Client) -> WooStore:
    app = make_woocommerce(
        path, lambda: START, credentials=CREDENTIALS, url=URL, helloword_url="http://app.test", http=http
    )
    return app.store


@pytest.fixture
def pairs(furnished: WooStore) -> Pairs:
    return [(one, furnished.order(one.number)) for one in source().orders]


def test_every_order_is_charged_as_the_world_says(furnished: WooStore, pairs: Pairs) -> None:
    view = furnished.view.with_decimals(3)
    for wanted, order in pairs:
        shown, currency = furnished.order_json(order, view), wanted.currency
        assert orders.minor(shown["total"], currency) == wanted.total, wanted.number
        assert orders.minor(shown["total_tax"], currency) == wanted.tax_total, wanted.number
        assert (shown["currency"], shown["prices_include_tax"]) == (currency, wanted.prices_include_tax)
        for line, item in zip(wanted.lines, shown["line_items"], strict=True):
            assert (item["sku"], item["quantity"]) == (line.variant.sku, line.quantity)
            assert orders.minor(item["total"], currency) == line.net
            taxes = [orders.minor(tax["total"], currency) for tax in item["taxes"]]
            assert taxes == [tax.amount for tax in line.taxes]


def test_every_order_adds_up_as_it_is_printed(furnished: WooStore, pairs: Pairs) -> None:
    view = furnished.view.with_decimals(3)
    for _, order in pairs:
        shown = furnished.order_json(order, view)
        kinds = ("line_items", "shipping_lines")
        parts = [Decimal(item[name]) for kind in kinds for item in shown[kind] for name in ("total", "total_tax")]
        assert sum(parts) == Decimal(shown["total"])
        rates = [Decimal(line[name]) for line in shown["tax_lines"] for name in ("tax_total", "shipping_tax_total")]
        assert sum(rates) == Decimal(shown["total_tax"])
        discounts = [Decimal(one["discount"]) for one in shown["coupon_lines"]]
        assert sum(discounts) == Decimal(shown["discount_total"])


def test_a_discount_is_what_the_world_took_off(furnished: WooStore, pairs: Pairs) -> None:
    reduced = [(wanted, order) for wanted, order in pairs if wanted.discount_code]
    assert len(reduced) > 20
    for wanted, order in reduced:
        (coupon,) = order["coupon_lines"]
        assert coupon["code"] == wanted.discount_code.lower()
        off = orders.discount(order) + (orders.discount_tax(order) if wanted.prices_include_tax else 0)
        shown = Decimal(show(sum(line.discount for line in wanted.lines), wanted.currency))
        assert off == shown, wanted.number


def test_the_store_has_what_a_return_can_meet(pairs: Pairs, furnished: WooStore) -> None:
    found = [order for _, order in pairs]
    assert {order["currency"] for order in found} == {"EUR", "GBP", "USD", "CAD", "JPY", "AUD", "KWD"}
    assert {order["status"] for order in found} == {"completed", "processing", "cancelled", "refunded"}
    assert any(len(line["taxes"]) > 1 for order in found for line in order["line_items"])
    assert any(order["completed"] and not order["delivered"] for order in found)
    assert {order["payment_method"] for order in found} == {"stripe", "ppcp-gateway", "bacs", "cod"}
    assert sum(bool(furnished.refunds_of(order)) for order in found) >= 5


def test_old_refunds_are_older_than_now_and_inside_what_was_paid(furnished: WooStore, pairs: Pairs) -> None:
    for _, order in pairs:
        refunds = furnished.refunds_of(order)
        assert Decimal(0) <= orders.refunded(refunds) <= orders.total(order)
        for refund in refunds:
            assert refund["created"] <= order["modified"] <= "2026-11-24T09:00:00"
            booked = orders.add(item[name] for kind in orders.ITEMS for item in refund[kind] for name in _SUMS)
            assert -booked == Decimal(refund["amount"])


def test_the_persons_a_visitor_can_play_have_their_orders(furnished: WooStore) -> None:
    for one in world.GUIDED:
        if one.platform == world.WOOCOMMERCE:
            order = furnished.order(one.number)
            assert (order["billing"]["email"], furnished.refunds_of(order)) == (one.email, [])


def test_the_recorded_orders_are_there_too(furnished: WooStore) -> None:
    totals = [furnished.order_json(furnished.order(number))["total"] for number in (23, 24, 25, 40, 45)]
    assert totals == ["204.75", "115.00", "26.43", "5.95", "26.43"]


def test_numbers_go_on_after_the_last_order(furnished: WooStore) -> None:
    refunds = furnished.state.all("refund")
    assert refunds[0]["id"] == 1151
    assert max(one["id"] for one in furnished.state.all("order")) == 1150


def test_helloword_is_subscribed_and_nothing_of_the_past_is_told(furnished: WooStore) -> None:
    assert furnished.deliveries.all() == []
    assert {(one["topic"], one["delivery_url"], one["status"]) for one in furnished.webhooks.all()} == {
        (topic, "http://app.test/webhooks/woocommerce/lintang-co", "active")
        for topic in ("order.created", "order.updated", "order.deleted", "action.woocommerce_order_refunded")
    }


def test_a_line_tells_its_picture_options_and_customs_data(furnished: WooStore) -> None:
    line = furnished.order_json(furnished.order(1112))["line_items"][0]
    assert line["name"] == "Merino Sweater - M, Black"
    assert line["image"]["src"] == f"{URL}/images/merino-sweater-black.svg"
    assert [(one["display_key"], one["display_value"]) for one in line["meta_data"]] == [
        ("Size", "M"),
        ("Colour", "Black"),
        ("_hs_code", "611011"),
        ("_country_of_origin", "CN"),
        ("_reduced_stock", "2"),
    ]


def test_regions_are_written_as_woocommerce_does(furnished: WooStore) -> None:
    states = {number: furnished.order(number)["billing"]["state"] for number in (1112, 1114, 1116, 1118, 1120)}
    assert states == {1112: "DE-BE", 1114: "TX", 1116: "CN10", 1118: "", 1120: ""}


def test_the_same_moment_gives_the_same_store_and_quickly(furnished: WooStore, tmp_path: Path) -> None:
    with httpx.Client() as http:
        began = time.monotonic()
        other = opened(tmp_path / "other.sqlite", http)
        assert time.monotonic() - began < 5  # far below a second on a quiet machine
        for kind in ("order", "refund", "product", "variation", "coupon", "note"):
            assert other.state.all(kind) == furnished.state.all(kind)
        other.close()


def test_what_was_done_is_there_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with httpx.Client() as http:
        first = opened(path, http)
        number = first.place_order(like=1112)["number"]
        first.close()
        second = opened(path, http)
        assert second.order(number)["billing"]["email"] == "karla.kunde@example.test"
        assert [one["topic"] for one in second.deliveries.all()] == ["order.created"]
        second.close()
