from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.container import ConnectedStore, Platform
from app.core.inventory.ports import StockMoved, StockMovementOrder
from app.core.kit.errors import ProviderError
from app.core.kit.money import Money
from app.core.merchants.ports import StoreFacts
from app.core.returns.ports import IssuedRefund, RefundLine, RefundOrder, RefundPart, RefundShipping
from app.platforms.shopify.adapter import ShopifyPlatform, idempotency_keys
from app.platforms.shopify.install import SCOPES
from tests.platforms.shopify import builders
from tests.platforms.shopify.builders import ORDER, Wire, bag, connected, errors, line, parcel, refund

Node = dict[str, Any]

KEY = "0193a1b2-0000-7000-8000-000000000001"
MADE = datetime(2024, 12, 7, 15, 16, 57, 472000, tzinfo=UTC)  # the milliseconds since 1970 in KEY


class FrozenClock:
    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


def test_the_adapter_is_a_platform_with_connected_stores() -> None:
    platform: Platform = ShopifyPlatform("2026-10")
    store: ConnectedStore = platform.connect(builders.connection())
    assert store is not None


def test_connecting_sends_nothing_and_prints_no_secret() -> None:
    wire = Wire({})
    assert builders.TOKEN not in repr(connected(wire))
    assert wire.requests == []


def test_a_store_that_is_no_shopify_shop_is_refused_when_it_is_asked() -> None:
    wire = Wire({})
    platform = ShopifyPlatform("2026-10", transport=wire)
    with pytest.raises(ProviderError) as caught:
        platform.facts(builders.connection("https://acme.myshopify.com.evil.com"))
    assert caught.value.code == "shop_domain_invalid"
    assert wire.requests == []


# --- facts -------------------------------------------------------------------------------------------------------


def shop(**changes: Any) -> Node:
    return {
        "shop": {
            "name": "Acme",
            "contactEmail": "help@acme.example",
            "currencyCode": "CNY",
            "ianaTimezone": "Asia/Shanghai",
            "shopAddress": {"countryCodeV2": "CN"},
            "primaryDomain": {"localization": {"defaultLocale": "zh-CN"}},
        },
        "location": {"id": "gid://shopify/Location/9"},
        "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in (*SCOPES, "write_app_proxy")]},
        **changes,
    }


def test_a_store_says_what_it_is() -> None:
    facts = ShopifyPlatform("2026-10", transport=Wire({"Shop": shop()})).facts(builders.connection())
    assert facts == StoreFacts(
        name="Acme",
        currency="CNY",
        country="CN",
        timezone="Asia/Shanghai",
        locale="zh-CN",
        location_ref="gid://shopify/Location/9",
        support_email="help@acme.example",
    )


def test_a_store_may_have_no_location_and_a_domain_no_language() -> None:
    reply = shop(location=None)
    reply["shop"]["primaryDomain"]["localization"] = None
    facts = connected(Wire({"Shop": reply})).facts()
    assert (facts.location_ref, facts.locale) == (None, "en")


def test_a_missing_permission_is_named_before_the_connection_is_kept() -> None:
    reply = shop(currentAppInstallation={"accessScopes": [{"handle": "write_orders"}, {"handle": "read_products"}]})
    with pytest.raises(ProviderError) as caught:
        connected(Wire({"Shop": reply})).facts()
    assert caught.value.message.endswith("Grant these as well: read_customers, write_inventory.")
    assert not caught.value.retryable


# --- orders ------------------------------------------------------------------------------------------------------


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
        return {
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
        }[name]()

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


# --- finding -----------------------------------------------------------------------------------------------------


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


# --- changes -----------------------------------------------------------------------------------------------------


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


# --- refunds -----------------------------------------------------------------------------------------------------


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def back(**changes: Any) -> RefundOrder:
    values: dict[str, Any] = {
        "key": KEY,
        "order_ref": ORDER,
        "rma": "R-7KMQ-93XH",
        "amount": eur(7990),
        "lines": (RefundLine("gid://shopify/LineItem/1", 1, eur(7990)),),
        "parts": (RefundPart("gid://shopify/OrderTransaction/1", "shopify_payments", eur(7990)),),
        **changes,
    }
    return RefundOrder(**values)


def booked(**changes: Any) -> Node:
    return {"refundCreate": {"refund": refund(3, "79.90", (1, 1), **changes), "userErrors": []}}


def user_error(message: str, field: str = "refundCreate", **changes: Any) -> Node:
    return {field: {"refund": None, "userErrors": [{"field": None, "message": message, **changes}]}}


def test_a_refund_is_booked_under_its_own_key() -> None:
    wire = Wire({"RefundCreate": booked()})
    issued = connected(wire).issue_refund(back())
    at = datetime(2026, 10, 20, 10, tzinfo=UTC)
    assert issued == IssuedRefund(ref="gid://shopify/Refund/3", amount=eur(7990), at=at)
    ((name, variables),) = wire.sent
    assert (name, variables["key"]) == ("RefundCreate", KEY)
    assert variables["input"]["note"] == f"helloword:{KEY} RMA R-7KMQ-93XH"


def test_a_second_try_sends_exactly_the_same() -> None:
    wire = Wire({"RefundCreate": [httpx.ReadTimeout("late"), booked()]})
    store = connected(wire)
    with pytest.raises(ProviderError) as caught:
        store.issue_refund(back())
    assert caught.value.outcome_unknown
    store.issue_refund(back())
    assert wire.requests[0].content == wire.requests[1].content


def test_shipping_and_duty_are_asked_about_first() -> None:
    terms = {
        "order": {"id": ORDER, "taxesIncluded": False},
        "nodes": [{"id": "gid://shopify/LineItem/1", "quantity": 1, "duties": [{"id": "gid://shopify/Duty/8"}]}],
    }
    wire = Wire({"RefundTerms": terms, "RefundCreate": booked()})
    lines = (RefundLine("gid://shopify/LineItem/1", 1, eur(7000), (), eur(500)),)
    connected(wire).issue_refund(back(lines=lines, shipping=(RefundShipping("s", eur(490)),)))
    assert wire.sent[0] == ("RefundTerms", {"id": ORDER, "lines": ["gid://shopify/LineItem/1"]})
    wanted = wire.sent[1][1]["input"]
    assert wanted["refundDuties"] == [{"dutyId": "gid://shopify/Duty/8", "refundType": "FULL"}]
    assert wanted["shipping"] == {"amount": "4.90"}


def test_an_order_that_is_gone_gets_no_refund() -> None:
    wire = Wire({"RefundTerms": {"order": None, "nodes": []}})
    with pytest.raises(ProviderError) as caught:
        connected(wire).issue_refund(back(shipping=(RefundShipping("s", eur(490)),)))
    assert (caught.value.code, caught.value.retryable) == ("order_missing", False)
    assert wire.names == ["RefundTerms"]


def test_a_refusal_is_shopifys_own_sentence_and_final() -> None:
    wire = Wire({"RefundCreate": user_error("Quantity cannot refund more items than were purchased")})
    with pytest.raises(ProviderError) as caught:
        connected(wire).issue_refund(back())
    error = caught.value
    assert error.message == "Shopify refused: Quantity cannot refund more items than were purchased"
    assert (error.code, error.retryable, error.outcome_unknown) == ("user_error", False, False)
    assert wire.names == ["RefundCreate"]


@pytest.mark.parametrize(
    "reply",
    [
        {"refundCreate": None},
        {"refundCreate": {"refund": None, "userErrors": []}},
        {"refundCreate": {"refund": {"id": "gid://shopify/Refund/3"}, "userErrors": []}},
        {},
    ],
)
def test_an_answer_without_a_refund_leaves_the_outcome_open(reply: Node) -> None:
    with pytest.raises(ProviderError) as caught:
        connected(Wire({"RefundCreate": reply})).issue_refund(back())
    assert caught.value.outcome_unknown


@pytest.mark.parametrize(
    "message",
    [
        "IDEMPOTENCY_CONCURRENT_REQUEST: This request is currently in progress, please try again.",
        "This request is currently in progress, please try again.",
    ],
)
def test_a_refund_still_in_the_works_is_looked_for_and_not_repeated(message: str) -> None:
    wire = Wire({"RefundCreate": user_error(message)})
    with pytest.raises(ProviderError) as caught:
        connected(wire).issue_refund(back())
    assert caught.value.outcome_unknown
    assert wire.names == ["RefundCreate"]


BURNT = "A previous request with this idempotency key failed. Retry with a new idempotency key."
NO_REFUNDS = {"order": {"presentmentCurrencyCode": "EUR", "refunds": []}}


def burnt_at_the_top() -> httpx.Response:
    return errors({"message": BURNT, "extensions": {"code": "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"}})


@pytest.mark.parametrize("burnt", [lambda: user_error(BURNT), burnt_at_the_top])
def test_a_burnt_key_is_followed_by_the_next_of_a_fixed_series(burnt: Callable[[], Any]) -> None:
    wire = Wire({"RefundCreate": [burnt(), booked()], "OrderRefunds": NO_REFUNDS})
    assert connected(wire).issue_refund(back()).ref == "gid://shopify/Refund/3"
    assert wire.names == ["RefundCreate", "OrderRefunds", "RefundCreate"]
    used = [variables["key"] for name, variables in wire.sent if name == "RefundCreate"]
    assert used == list(idempotency_keys(KEY)[:2])


def test_a_burnt_key_whose_refund_is_there_after_all_gives_that_refund() -> None:
    note = f"helloword:{KEY} RMA R-1"
    wire = Wire(
        {
            "RefundCreate": [user_error(BURNT)],
            "OrderRefunds": {
                "order": {
                    "presentmentCurrencyCode": "EUR",
                    "refunds": [{"id": "gid://shopify/Refund/3", "note": note}],
                }
            },
            "Refund": {"refund": refund(3, "79.90", note=note)},
        }
    )
    assert connected(wire).issue_refund(back()).ref == "gid://shopify/Refund/3"
    assert wire.names == ["RefundCreate", "OrderRefunds", "Refund"]


def test_a_series_of_burnt_keys_ends() -> None:
    wire = Wire(lambda name, _: user_error(BURNT) if name == "RefundCreate" else NO_REFUNDS)
    with pytest.raises(ProviderError) as caught:
        connected(wire).issue_refund(back())
    assert (caught.value.retryable, caught.value.outcome_unknown) == (True, False)
    assert wire.names.count("RefundCreate") == 5


def test_keys_are_uuids_and_always_the_same() -> None:
    assert idempotency_keys(KEY)[0] == KEY
    assert idempotency_keys("outbox-7") == idempotency_keys("outbox-7")
    assert idempotency_keys("outbox-7")[0] != idempotency_keys("outbox-8")[0]
    for key in ("outbox-7", KEY):
        keys = idempotency_keys(key)
        assert len({UUID(one) for one in keys}) == 5


def test_our_refund_is_found_by_its_mark() -> None:
    listed = [
        {"id": "gid://shopify/Refund/1", "note": None},
        {"id": "gid://shopify/Refund/2", "note": f"helloword:{KEY[:-1]}2 RMA R-0"},
        {"id": "gid://shopify/Refund/3", "note": f"helloword:{KEY} RMA R-1 edited by staff"},
    ]
    wire = Wire(
        {
            "OrderRefunds": {"order": {"presentmentCurrencyCode": "JPY", "refunds": listed}},
            "Refund": {"refund": refund(3, "1200.0", status="PENDING")},
        }
    )
    issued = connected(wire).find_refund(ORDER, KEY)
    assert issued is not None
    assert (issued.ref, issued.amount, issued.pending) == ("gid://shopify/Refund/3", Money(1200, "JPY"), True)
    assert wire.sent[1] == ("Refund", {"id": "gid://shopify/Refund/3"})


@pytest.mark.parametrize("reply", [NO_REFUNDS, {"order": None}])
def test_a_refund_that_is_not_there_is_none(reply: Node) -> None:
    wire = Wire({"OrderRefunds": reply})
    assert connected(wire).find_refund(ORDER, KEY) is None
    assert wire.names == ["OrderRefunds"]


# --- stock -------------------------------------------------------------------------------------------------------

ITEM = "gid://shopify/InventoryItem/1"


def movement(**changes: Any) -> StockMovementOrder:
    values: dict[str, Any] = {
        "key": KEY,
        "stock_ref": ITEM,
        "product_ref": "gid://shopify/Product/7",
        "variant_ref": "gid://shopify/ProductVariant/1",
        "location_ref": "gid://shopify/Location/9",
        "quantity": 2,
        **changes,
    }
    return StockMovementOrder(**values)


def tracked(value: bool = True) -> Node:  # noqa: FBT001, FBT002 (a builder)
    return {"inventoryItem": {"id": ITEM, "tracked": value}}


def adjusted() -> Node:
    change = {"name": "available", "delta": 2, "quantityAfterChange": 42}
    group = {"id": "gid://shopify/InventoryAdjustmentGroup/77", "changes": [change]}
    return {"inventoryAdjustQuantities": {"inventoryAdjustmentGroup": group, "userErrors": []}}


def test_units_go_back_by_a_difference_under_their_own_key() -> None:
    wire = Wire({"InventoryItem": tracked(), "InventoryAdjust": adjusted()})
    moved = connected(wire).move_stock(movement())
    assert moved == StockMoved(ref="gid://shopify/InventoryAdjustmentGroup/77", now_available=42)
    assert wire.sent[1] == (
        "InventoryAdjust",
        {
            "key": KEY,
            "input": {
                "name": "available",
                "reason": "restock",
                "referenceDocumentUri": f"gid://helloword/Return/{KEY}",
                "changes": [
                    {
                        "inventoryItemId": ITEM,
                        "locationId": "gid://shopify/Location/9",
                        "delta": 2,
                        "changeFromQuantity": None,
                    }
                ],
            },
        },
    )


def test_units_taken_out_are_a_correction() -> None:
    wire = Wire({"InventoryItem": tracked(), "InventoryAdjust": adjusted()})
    connected(wire).move_stock(movement(quantity=-1))
    wanted = wire.sent[1][1]["input"]
    assert (wanted["reason"], wanted["changes"][0]["delta"]) == ("correction", -1)


@pytest.mark.parametrize("reply", [tracked(value=False), {"inventoryItem": None}])
def test_an_article_that_the_store_does_not_count_is_not_moved(reply: Node) -> None:
    wire = Wire({"InventoryItem": reply})
    assert connected(wire).move_stock(movement()) == StockMoved(ref="", counted=False)
    assert wire.names == ["InventoryItem"]


def test_a_line_without_an_article_is_not_counted() -> None:
    wire = Wire({})
    assert connected(wire).move_stock(movement(stock_ref="")) == StockMoved(ref="", counted=False)
    assert wire.requests == []


def test_units_without_a_location_wait_for_the_merchant() -> None:
    wire = Wire({})
    with pytest.raises(ProviderError) as caught:
        connected(wire).move_stock(movement(location_ref=""))
    assert (caught.value.code, caught.value.retryable) == ("location_missing", False)
    assert wire.requests == []


@pytest.mark.parametrize(
    ("code", "retryable", "unknown"),
    [
        ("INVALID_LOCATION", False, False),
        ("NON_MUTABLE_INVENTORY_ITEM", False, False),
        ("SERVICE_UNAVAILABLE", True, False),
        ("IDEMPOTENCY_CONCURRENT_REQUEST", True, True),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", False, False),
    ],
)
def test_a_refused_movement_says_whether_to_try_again(code: str, retryable: bool, unknown: bool) -> None:  # noqa: FBT001
    refusal = user_error("no", field="inventoryAdjustQuantities", code=code)
    with pytest.raises(ProviderError) as caught:
        connected(Wire({"InventoryItem": tracked(), "InventoryAdjust": refusal})).move_stock(movement())
    assert (caught.value.code, caught.value.retryable, caught.value.outcome_unknown) == (code, retryable, unknown)


def test_a_movement_of_the_last_hours_is_simply_repeated_under_its_key() -> None:
    wire = Wire({})
    assert connected(wire, FrozenClock(MADE + timedelta(hours=23))).find_movement(movement()) is None
    assert connected(wire, FrozenClock(MADE)).find_movement(movement(key="no-uuid")) is None
    assert wire.requests == []


def test_a_movement_that_shopify_has_forgotten_is_never_repeated_blindly() -> None:
    wire = Wire({})
    with pytest.raises(ProviderError) as caught:
        connected(wire, FrozenClock(MADE + timedelta(hours=23, seconds=1))).find_movement(movement())
    error = caught.value
    assert (error.code, error.retryable, error.outcome_unknown) == ("movement_not_certain", False, False)
    assert f"helloword/Return/{KEY}" in error.message
    assert wire.requests == []
