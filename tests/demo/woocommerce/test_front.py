"""What the storefront's pages are given of this store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl

import httpx
import pytest
from flask import Response, request

from app.platforms.woocommerce.storefront import WooCommerceStorefront
from demo import world
from demo.storefront.shop import Progress, Shop
from demo.woocommerce import WooApp, make_woocommerce
from tests.demo.standins import START
from tests.demo.woocommerce.small_shop import CREDENTIALS, URL, App, one_sweater, source

LIQUID = {"Content-Type": "application/liquid"}


@pytest.fixture
def whole(product: App) -> Iterator[WooApp]:
    """The furnished store, for a test that changes it."""
    with httpx.Client(transport=httpx.MockTransport(product)) as http:
        app = make_woocommerce(
            ":memory:", lambda: START, credentials=CREDENTIALS, url=URL, helloword_url="http://app.test", http=http
        )
        yield app
        app.store.close()


@pytest.fixture
def front(whole: WooApp) -> Shop:
    return whole.front


def test_an_order_is_shown_as_it_was_charged(front: Shop) -> None:
    bought = front.order("1112")
    assert bought is not None
    assert (bought.number, bought.email, bought.total, bought.currency) == (
        "1112",
        "karla.kunde@example.test",
        source().order(1112).total,
        "EUR",
    )
    assert bought.progress is Progress.DELIVERED
    assert bought.delivered_at == source().order(1112).delivered_at
    assert [(line.title, line.options, line.quantity, line.image) for line in bought.lines] == [
        ("Merino Sweater", "M / Black", 2, "merino-sweater-black.svg"),
        ("Leather Belt", "95 / Camel", 1, "leather-belt-camel.svg"),
    ]
    assert sum(line.total for line in bought.lines) == sum(line.total for line in source().order(1112).lines)


@pytest.mark.parametrize("number", ["9999", "abc", ""])
def test_there_is_no_such_order(front: Shop, number: str) -> None:
    assert front.order(number) is None


def test_how_far_an_order_is(front: Shop) -> None:
    wanted = {
        one.number: Progress.CANCELLED
        if one.cancelled_at
        else Progress.DELIVERED
        if one.delivered_at
        else Progress.SENT
        if one.shipped_at
        else Progress.PAID
        for one in source().orders
    }
    found = {number: order.progress for number in wanted if (order := front.order(str(number)))}
    assert found == wanted
    assert set(found.values()) == set(Progress)


def test_a_person_sees_all_his_orders_newest_first(front: Shop) -> None:
    email = source().orders[5].email
    numbers = [one.number for one in front.orders_of(email.upper())]
    assert numbers == [str(one.number) for one in reversed(source().orders) if one.email == email]
    assert front.orders_of("nobody@example.test") == []


def test_a_refund_is_seen_in_the_order(front: Shop, whole: WooApp) -> None:
    whole.store.refund(23, one_sweater())
    bought = front.order("23")
    assert bought is not None
    assert (bought.total, bought.refunded) == (20475, 7990)


def somebody(country: str) -> world.Person:
    return next(one for one in source().people if one.address.country == country)


def test_buying_makes_a_paid_order_with_the_taxes_of_where_it_goes(front: Shop, whole: WooApp, product: App) -> None:
    left = front.stock("LN-MS10-M-BLA")
    bought = front.buy(somebody("DE"), "LN-MS10-M-BLA", 1)
    assert (bought.total, bought.currency, bought.progress) == (7990 + 595, "EUR", Progress.PAID)
    assert front.stock("LN-MS10-M-BLA") == left - 1
    order = whole.store.order_json(whole.store.order(bought.number))
    assert (order["total"], order["total_tax"], order["date_paid_gmt"]) == ("85.85", "13.71", "2026-11-24T09:00:00")
    whole.store.deliver_pending()
    assert product.bodies("order.created")[0]["id"] == order["id"]


def test_tax_comes_on_top_where_it_is_added_at_the_till(front: Shop, whole: WooApp) -> None:
    person = next(one for one in source().people if one.address.region == "TX")
    bought = front.buy(person, "LN-MS10-M-BLA", 1)
    order = whole.store.order_json(whole.store.order(bought.number))
    assert (order["total"], order["prices_include_tax"]) == ("92.93", False)
    assert [line["rate_code"] for line in order["tax_lines"]] == ["US-TX-STATE-1", "US-TX-CITY-2"]


def test_what_is_not_there_cannot_be_bought(front: Shop, whole: WooApp) -> None:
    before = whole.store.state.get_meta("sequence:post")
    with pytest.raises(LookupError):
        front.buy(somebody("DE"), "NOTHING", 1)
    for quantity in (0, front.stock("LN-MS10-M-BLA") + 1):
        with pytest.raises(ValueError, match="are not there"):
            front.buy(somebody("DE"), "LN-MS10-M-BLA", quantity)
    assert whole.store.state.get_meta("sequence:post") == before
    assert front.stock("NOTHING") == 0


def test_a_delivery_completes_the_order_and_arrives_at_once(front: Shop, whole: WooApp) -> None:
    bought = front.buy(somebody("DE"), "LN-MS10-M-BLA", 1)
    arrived = front.deliver(bought.number)
    assert (arrived.progress, arrived.delivered_at) == (Progress.DELIVERED, START)
    assert whole.store.order_json(whole.store.order(bought.number))["status"] == "completed"
    assert front.deliver("1112").delivered_at == source().order(1112).delivered_at
    with pytest.raises(LookupError):
        front.deliver("9999")


def test_a_signed_in_shopper_is_forwarded_with_his_account(front: Shop, whole: WooApp, product: App) -> None:
    product.answers = [httpx.Response(200, text="<p>Hello</p>", headers=LIQUID) for _ in range(2)]
    found = []
    for email in ("karla.kunde@example.test", ""):
        with whole.test_request_context("/returns/items?x=1"):
            answer: Response = front.forward(request, "items", email=email, theme=lambda html: f"[{html}]")
        assert answer.get_data(as_text=True) == "[<p>Hello</p>]"
        query = parse_qsl(product.requests[-1].url.query.decode(), keep_blank_values=True)
        visit = WooCommerceStorefront().open(query, [CREDENTIALS.storefront_secret], START.timestamp())
        found.append(visit.customer_ref)
    assert found == [str(whole.store.order(1112)["customer_id"]), ""]


def test_the_store_behind_the_pages_is_the_worlds(front: Shop) -> None:
    assert (front.returns_path, front.source.name) == ("/returns", "Lintang & Co")
    assert replace(front.source, orders=()) == replace(source(), orders=())
