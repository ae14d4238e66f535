from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from app.core.kit.errors import ProviderError
from app.core.kit.money import Money
from tests.platforms.shopify import builders
from tests.platforms.shopify.builders import ORDER, Wire, bag, connected, line, parcel, refund

Node = dict[str, Any]

# --- one order ------------------------------------------------------------------------------------------


def test_an_order_that_fits_is_one_call() -> None:
    wire = Wire({"Order": {"order": builders.order()}})
    snapshot = connected(wire).order(ORDER)
    assert snapshot is not None
    assert (snapshot.ref, snapshot.total) == (ORDER, Money(8480, "EUR"))
    assert wire.sent == [("Order", {"id": ORDER})]


def test_a_tax_rate_comes_off_the_wire_exactly() -> None:
    snapshot = connected(Wire({"Order": {"order": builders.order()}})).order(ORDER)
    assert snapshot is not None
    assert snapshot.lines[0].taxes[0].rate == "0.19"


@pytest.mark.parametrize("ref", ["", "1001", "gid://shopify/Refund/1", "gid://shopify/Order/1 OR 1", ORDER + "\n"])
def test_a_ref_that_is_no_orders_is_nobodys_order(ref: str) -> None:
    wire = Wire({})
    assert connected(wire).order(ref) is None
    assert wire.requests == []


def test_an_order_that_the_store_has_not_is_none() -> None:
    assert connected(Wire({"Order": {"order": None}})).order(ORDER) is None


def paged(items: list[Node], variables: Node, size: int) -> Node:
    """A page of a connection; a cursor is a position."""
    start = int(variables.get("after") or 0)
    end = min(start + size, len(items))
    return {"nodes": items[start:end], "pageInfo": {"hasNextPage": end < len(items), "endCursor": str(end)}}


def test_an_order_with_three_hundred_lines_comes_whole() -> None:
    lines = [line(number, "1.00") for number in range(1, 301)]

    def replies(name: str, variables: Node) -> Node:
        if name == "Order":
            node = builders.order(shipping=[], totalPriceSet=bag("300.00", "300.00"))
            return {"order": {**node, "lineItems": paged(lines, variables, 10)}}
        assert name == "OrderLines"
        return {"order": {"lineItems": paged(lines, variables, 30)}}

    wire = Wire(replies)
    snapshot = connected(wire).order(ORDER)
    assert snapshot is not None
    assert [one.sku for one in snapshot.lines] == [f"LS-{number}" for number in range(1, 301)]
    assert wire.names == ["Order", *["OrderLines"] * 10]


def test_parcels_refunds_payments_and_shipping_beyond_the_first_page_are_read_too() -> None:
    units = [(number, 1) for number in range(1, 251)]
    parcels = [parcel(number, *units) for number in range(1, 7)]
    refunds = [refund(number, "1.00", *units) for number in range(1, 7)]
    moves = [builders.transaction(number, "10.00") for number in range(1, 13)]
    ships = [{**builders.shipping("0.50"), "id": f"gid://shopify/ShippingLine/{number}"} for number in range(1, 61)]

    def bare(node: Node, field: str) -> Node:
        contents = {"nodes": node[field]["nodes"][:10], "pageInfo": {"hasNextPage": True, "endCursor": "10"}}
        return {**node, field: contents}

    def replies(name: str, variables: Node) -> Node:
        number = int(variables["id"].rsplit("/", 1)[1])
        first = variables.get("after") or "0"
        contents = paged(builders.units_of(units), {"after": first}, 100)
        found: dict[str, Callable[[], Node]] = {
            "Order": lambda: {
                "order": builders.order(
                    line(1, "90.00"),
                    totalPriceSet=bag("120.00", "120.00"),
                    shippingLines=paged(ships, {}, 5),
                    transactions=moves[:8],
                    transactionsCount={"count": 12},
                    fulfillments=[bare(one, "fulfillmentLineItems") for one in parcels[:4]],
                    fulfillmentsCount={"count": 6},
                    refunds=[bare(one, "refundLineItems") for one in refunds[:4]],
                )
            },
            "OrderShipping": lambda: {"order": {"shippingLines": paged(ships, variables, 50)}},
            "OrderTransactions": lambda: {"order": {"transactions": moves}},
            "OrderFulfillments": lambda: {
                "order": {
                    "fulfillments": [
                        {key: value for key, value in one.items() if key != "fulfillmentLineItems"} for one in parcels
                    ]
                }
            },
            "FulfillmentLines": lambda: {"fulfillment": {"fulfillmentLineItems": contents}},
            "OrderRefunds": lambda: {
                "order": {
                    "presentmentCurrencyCode": "EUR",
                    "refunds": [{"id": one["id"], "note": one["note"]} for one in refunds],
                }
            },
            "Refund": lambda: {"refund": bare(refunds[number - 1], "refundLineItems")},
            "RefundLines": lambda: {"refund": {"refundLineItems": contents}},
        }
        return found[name]()

    snapshot = connected(Wire(replies)).order(ORDER)
    assert snapshot is not None
    expected = tuple((f"gid://shopify/LineItem/{number}", quantity) for number, quantity in units)
    assert [one.ref for one in snapshot.shipping] == [one["id"] for one in ships]
    assert [one.ref for one in snapshot.payments] == [one["id"] for one in moves]
    assert [(one.ref, one.lines) for one in snapshot.fulfillments] == [(one["id"], expected) for one in parcels]
    assert snapshot.refunds is not None
    assert [(one.ref, one.lines) for one in snapshot.refunds] == [(one["id"], expected) for one in refunds]


def test_four_refunds_are_looked_over_once_more_because_a_fifth_would_not_show() -> None:
    refunds = [refund(number, "1.00") for number in range(1, 5)]
    listed = [{"id": one["id"], "note": None} for one in refunds]
    wire = Wire(
        {
            "Order": {"order": builders.order(refunds=refunds)},
            "OrderRefunds": {"order": {"presentmentCurrencyCode": "EUR", "refunds": listed}},
        }
    )
    snapshot = connected(wire).order(ORDER)
    assert snapshot is not None
    assert snapshot.refunds is not None
    assert len(snapshot.refunds) == 4
    assert wire.names == ["Order", "OrderRefunds"]


def test_pages_that_lead_in_a_circle_are_left() -> None:
    circle = {"nodes": [line(1)], "pageInfo": {"hasNextPage": True, "endCursor": "again"}}
    wire = Wire(
        lambda name, _: {"order": builders.order(lineItems=dict(circle)) if name == "Order" else {"lineItems": circle}}
    )
    with pytest.raises(ProviderError) as caught:
        connected(wire).order(ORDER)
    assert caught.value.code == "reply_incomplete"
    assert wire.names == ["Order", "OrderLines"]


def test_an_order_deleted_while_it_is_read_is_asked_for_again() -> None:
    page = {"nodes": [line(1)], "pageInfo": {"hasNextPage": True, "endCursor": "1"}}
    wire = Wire({"Order": {"order": builders.order(lineItems=page)}, "OrderLines": {"order": None}})
    with pytest.raises(ProviderError) as caught:
        connected(wire).order(ORDER)
    assert (caught.value.code, caught.value.retryable) == ("reply_incomplete", True)


# --- finding ------------------------------------------------------------------------------------------


def found(*nodes: tuple[int, str, str | None]) -> Node:
    return {
        "orders": {
            "nodes": [{"id": f"gid://shopify/Order/{i}", "name": name, "email": mail} for i, name, mail in nodes]
        }
    }


@pytest.mark.parametrize("number", ["1001", "#1001", " 1001 "])
def test_an_order_is_found_by_number_and_e_mail(number: str) -> None:
    wire = Wire({"OrdersByName": found((1001, "#1001", "ADA@example.com")), "Order": {"order": builders.order()}})
    snapshot = connected(wire).find_order(number, "ada@Example.com ")
    assert snapshot is not None
    assert wire.sent == [("OrdersByName", {"search": 'name:"#1001"'}), ("Order", {"id": ORDER})]


def test_a_number_without_a_hash_is_searched_for_as_well() -> None:
    wire = Wire({"OrdersByName": [found(), found((1001, "EN1001", "ada@example.com"))], "Order": {"order": None}})
    assert connected(wire).find_order("en1001", "ada@example.com") is None
    assert [variables for _, variables in wire.sent] == [
        {"search": 'name:"#en1001"'},
        {"search": 'name:"en1001"'},
        {"id": ORDER},
    ]


@pytest.mark.parametrize(
    "nodes",
    [
        (),
        ((1, "#1001", "eve@example.com"),),
        ((1, "#10010", "ada@example.com"),),
        ((1, "#1001", None),),
        ((1, "#1002", "ada@example.com"), (2, "#1001", "bob@example.com")),
    ],
)
def test_what_a_filter_lets_through_is_compared_and_nothing_else_is_read(nodes: tuple[Any, ...]) -> None:
    wire = Wire(lambda name, _: found(*nodes))
    assert connected(wire).find_order("1001", "ada@example.com") is None
    assert set(wire.names) == {"OrdersByName"}


@pytest.mark.parametrize("number", ["", "#", '1001" OR email:"ada', "1001'", "1001\\", "1\n2", "9" * 61])
def test_a_number_that_could_be_more_than_a_number_is_not_searched_for(number: str) -> None:
    wire = Wire({})
    assert connected(wire).find_order(number, "ada@example.com") is None
    assert wire.requests == []


def test_an_empty_e_mail_finds_no_order_without_one() -> None:
    wire = Wire({})
    assert connected(wire).find_order("1001", " ") is None
    assert wire.requests == []


# --- changes ------------------------------------------------------------------------------------------


def test_changed_orders_come_oldest_first_a_page_at_a_time() -> None:
    page = {
        "nodes": [{"id": ORDER}, {"id": "gid://shopify/Order/1002"}],
        "pageInfo": {"hasNextPage": True, "endCursor": "c2"},
    }

    def replies(name: str, variables: Node) -> Node:
        if name == "OrdersChanged":
            return {"orders": page}
        return {"order": builders.order() if variables["id"] == ORDER else None}

    wire = Wire(replies)
    since = datetime(2026, 11, 1, 9, 0, 0, 999, tzinfo=timezone(timedelta(hours=8)))
    changed = connected(wire).changed_since(since, "c1")
    assert [one.ref for one in changed.orders] == [ORDER]
    assert changed.next_cursor == "c2"
    assert wire.sent[0] == ("OrdersChanged", {"search": "updated_at:>='2026-11-01T01:00:00Z'", "after": "c1"})


def test_the_last_page_of_changes_has_no_cursor() -> None:
    wire = Wire({"OrdersChanged": {"orders": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": "x"}}}})
    changed = connected(wire).changed_since(datetime(2026, 11, 1, tzinfo=UTC))
    assert (list(changed.orders), changed.next_cursor) == ([], None)
