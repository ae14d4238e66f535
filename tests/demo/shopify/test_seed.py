"""The furnished store: the demo world, to the cent, with everything a return can meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import graphql_sync

from demo import world
from demo.shopify import orders
from demo.shopify.app import make_shopify
from demo.shopify.fields import schema
from demo.shopify.scopes import EVERYTHING
from demo.shopify.store import ShopifyStore
from tests.demo.shopify.small_shop import SECRET, SHOP, TOKEN
from tests.demo.standins import START


def opened(path: Path) -> ShopifyStore:
    app = make_shopify(
        path,
        lambda: START,
        shop=SHOP,
        client_secret=SECRET,
        access_token=TOKEN,
        helloword_url="http://app.test",
    )
    return app.store


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seed") / "shopify.sqlite"


@pytest.fixture(scope="module")
def furnished(file: Path) -> Iterator[ShopifyStore]:
    store = opened(file)
    yield store
    store.http.close()
    store.close()


@pytest.fixture(scope="module")
def source() -> world.Store:
    return world.make_world(START).shopify


@pytest.fixture(scope="module")
def pairs(furnished: ShopifyStore, source: world.Store) -> list[tuple[world.Order, dict[str, Any]]]:
    return [(one, furnished.order(f"#{one.number}")) for one in source.orders]


def test_every_order_is_charged_as_the_world_says(pairs: list[tuple[world.Order, dict[str, Any]]]) -> None:
    for wanted, order in pairs:
        assert orders.order_total(order).presentment == wanted.total, wanted.number
        assert orders.received(order).presentment == wanted.total, wanted.number
        assert orders.tax_total(order).presentment == wanted.tax_total, wanted.number


def test_the_store_has_what_a_return_can_meet(pairs: list[tuple[world.Order, dict[str, Any]]]) -> None:
    found = [order for _, order in pairs]
    currencies = {order["presentmentCurrencyCode"] for order in found}
    assert {"USD", "EUR", "JPY", "KWD"} <= currencies
    assert any(len(order["transactions"]) > 1 for order in found)
    assert any(orders.has_duties(order) for order in found)
    assert any(not order["taxesIncluded"] for order in found)
    assert any(order["fulfillments"] and order["fulfillments"][0]["deliveredAt"] is None for order in found)
    assert any(order["cancelledAt"] for order in found)
    assert sum(bool(order["refunds"]) for order in found) >= 3
    assert any(one["manualPaymentGateway"] for order in found for one in order["transactions"])


def test_old_refunds_are_older_than_now_and_inside_what_was_paid(
    pairs: list[tuple[world.Order, dict[str, Any]]],
) -> None:
    for _, order in pairs:
        for refund in order["refunds"]:
            assert refund["createdAt"] <= "2026-11-24T09:00:00Z"
            assert 0 < orders.refund_total(order, refund).presentment <= orders.received(order).presentment
            assert order["updatedAt"] >= refund["createdAt"]


def test_the_persons_a_visitor_can_play_have_their_orders(furnished: ShopifyStore) -> None:
    for one in world.GUIDED:
        if one.platform == world.SHOPIFY:
            order = furnished.order(f"#{one.number}")
            assert order["email"] == one.email
            assert order["refunds"] == []


def test_nothing_of_the_past_is_told_to_the_app(furnished: ShopifyStore) -> None:
    assert furnished.deliveries.all() == []


def test_what_was_done_is_there_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    first = opened(path)
    name = first.place_order(like="#2112")["name"]
    first.http.close()
    first.close()
    second = opened(path)
    assert second.order(name)["email"] == "sato.haruka@example.test"
    assert [one["topic"] for one in second.deliveries.all()] == ["orders/create"]
    second.http.close()
    second.close()


def test_the_same_moment_gives_the_same_store(furnished: ShopifyStore, tmp_path: Path) -> None:
    other = opened(tmp_path / "other.sqlite")
    assert other.order("#2114") == furnished.order("#2114")
    other.http.close()
    other.close()


def test_a_line_tells_its_picture_options_and_customs_data(furnished: ShopifyStore, source: world.Store) -> None:
    query = """
    query ($id: ID!) { order(id: $id) { lineItems(first: 1) { nodes {
      image { url altText } variant { selectedOptions { name value }
        inventoryItem { harmonizedSystemCode countryCodeOfOrigin measurement { weight { value unit } } } }
    } } } }
    """
    order = f"gid://shopify/Order/{furnished.order('#2112')['id']}"
    context = {"store": furnished, "scopes": EVERYTHING, "version": "2026-10", "search": []}
    answer = graphql_sync(schema(), query, context_value=context, variable_values={"id": order})
    assert answer.errors is None
    assert answer.data is not None
    line = answer.data["order"]["lineItems"]["nodes"][0]
    assert line["image"]["url"].startswith(f"https://{SHOP}/images/")
    assert line["image"]["altText"]
    sold = source.order(2112).lines[0].variant
    assert [(one["name"], one["value"]) for one in line["variant"]["selectedOptions"]] == list(sold.options)
    item = line["variant"]["inventoryItem"]
    assert (item["harmonizedSystemCode"], item["countryCodeOfOrigin"]) == (sold.hs_code, sold.origin)
    assert item["measurement"]["weight"] == {"value": float(sold.weight_g), "unit": "GRAMS"}
