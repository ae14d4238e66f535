"""refundCreate: exact effects, and refusals that change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from demo.shopify.store import ShopifyStore
from tests.demo.shopify.small_shop import ITEM, LOCATION, Send
from tests.demo.standins import Clock

MUTATION = """
mutation ($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    order { displayFinancialStatus totalRefundedSet { presentmentMoney { amount } shopMoney { amount } } }
    refund {
      id note
      totalRefundedSet { presentmentMoney { amount currencyCode } shopMoney { amount currencyCode } }
      refundLineItems(first: 5) {
        nodes {
          quantity restockType restocked lineItem { id refundableQuantity currentQuantity }
          subtotalSet { presentmentMoney { amount } } totalTaxSet { presentmentMoney { amount } }
        }
      }
      refundShippingLines(first: 5) { nodes { subtotalAmountSet { presentmentMoney { amount } } } }
      duties { amountSet { presentmentMoney { amount } } originalDuty { id } }
      transactions(first: 5) { nodes { kind status gateway manualPaymentGateway parentTransaction { id } } }
      orderAdjustments(first: 5) { nodes { reason amountSet { presentmentMoney { amount } } } }
    }
    userErrors { field message }
  }
}
"""


def gid(kind: str, part: dict[str, Any]) -> str:
    return f"gid://shopify/{kind}/{part['id']}"


def lines(order: dict[str, Any], quantity: int, **more: Any) -> list[dict[str, Any]]:
    return [{"lineItemId": gid("LineItem", order["lineItems"][0]), "quantity": quantity, **more}]


def money(order: dict[str, Any], amount: str, payment: int = 0, **other: Any) -> dict[str, Any]:
    parent = order["transactions"][payment]
    return {
        "orderId": gid("Order", order),
        "parentId": gid("OrderTransaction", parent),
        "gateway": parent["gateway"],
        "kind": "REFUND",
        "amount": amount,
        **other,
    }


def refund_input(order: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"orderId": gid("Order", order), "currency": order["presentmentCurrencyCode"], **parts}


def shape(store: ShopifyStore, order: dict[str, Any]) -> tuple[Any, ...]:
    """All that a refusal must leave alone."""
    return store.order(order["id"]), store.stock.levels(ITEM), store.deliveries.all()


def test_a_refund_takes_units_off_and_sends_money_in_both_currencies(send: Send, yen_order: dict[str, Any]) -> None:
    wanted = refund_input(
        yen_order, note="RMA 1", refundLineItems=lines(yen_order, 1), transactions=[money(yen_order, "2834")]
    )
    answer = send(MUTATION, input=wanted, key="a")["data"]["refundCreate"]
    assert answer["userErrors"] == []
    refund = answer["refund"]
    assert refund["note"] == "RMA 1"
    assert refund["totalRefundedSet"] == {
        "presentmentMoney": {"amount": "2834.0", "currencyCode": "JPY"},
        "shopMoney": {"amount": "18.89", "currencyCode": "USD"},
    }
    line = refund["refundLineItems"]["nodes"][0]
    assert (line["quantity"], line["restockType"], line["restocked"]) == (1, "NO_RESTOCK", False)
    assert (line["lineItem"]["refundableQuantity"], line["lineItem"]["currentQuantity"]) == (2, 2)
    assert line["subtotalSet"]["presentmentMoney"]["amount"] == "2834.0"
    assert line["totalTaxSet"]["presentmentMoney"]["amount"] == "258.0"
    assert refund["transactions"]["nodes"] == [
        {
            "kind": "REFUND",
            "status": "SUCCESS",
            "gateway": "shopify_payments",
            "manualPaymentGateway": False,
            "parentTransaction": {"id": gid("OrderTransaction", yen_order["transactions"][0])},
        }
    ]
    assert refund["orderAdjustments"]["nodes"] == []
    assert answer["order"]["displayFinancialStatus"] == "PARTIALLY_REFUNDED"


def test_units_refunded_one_by_one_add_up_to_the_line_exactly(send: Send, yen_order: dict[str, Any]) -> None:
    parts = []
    for key in "abc":
        wanted = refund_input(yen_order, refundLineItems=lines(yen_order, 1))
        answer = send(MUTATION, input=wanted, key=key)["data"]["refundCreate"]
        parts.append(answer["refund"]["refundLineItems"]["nodes"][0])
    assert [one["subtotalSet"]["presentmentMoney"]["amount"] for one in parts] == ["2834.0", "2835.0", "2834.0"]
    assert sum(int(float(one["totalTaxSet"]["presentmentMoney"]["amount"])) for one in parts) == 773


def test_no_restock_leaves_the_stock_alone_and_return_moves_it_once(
    send: Send, store: ShopifyStore, yen_order: dict[str, Any]
) -> None:
    kept = refund_input(yen_order, refundLineItems=lines(yen_order, 1, restockType="NO_RESTOCK"))
    send(MUTATION, input=kept, key="a")
    assert store.stock.everywhere(ITEM) == 10
    where = f"gid://shopify/Location/{LOCATION}"
    back = refund_input(yen_order, refundLineItems=lines(yen_order, 2, restockType="RETURN", locationId=where))
    send(MUTATION, input=back, key="b")
    assert store.stock.everywhere(ITEM) == 12
    assert [(one["delta"], one["location"]) for one in store.stock.moves(ITEM)] == [(2, LOCATION)]


def test_shipping_and_duty_and_two_payments_go_back_in_one_refund(send: Send, dollar_order: dict[str, Any]) -> None:
    duty = gid("Duty", dollar_order["lineItems"][0]["duties"][0])
    wanted = {
        "orderId": gid("Order", dollar_order),
        "refundLineItems": lines(dollar_order, 2),
        "shipping": {"fullRefund": True},
        "refundDuties": [{"dutyId": duty, "refundType": "FULL"}],
        "transactions": [money(dollar_order, "50.00"), money(dollar_order, "7.67", payment=1)],
    }
    answer = send(MUTATION, input=wanted, key="a")["data"]["refundCreate"]
    assert answer["userErrors"] == []
    refund = answer["refund"]
    assert refund["totalRefundedSet"]["presentmentMoney"]["amount"] == "57.67"
    assert refund["refundShippingLines"]["nodes"][0]["subtotalAmountSet"]["presentmentMoney"]["amount"] == "10.0"
    assert refund["duties"] == [{"amountSet": {"presentmentMoney": {"amount": "4.44"}}, "originalDuty": {"id": duty}}]
    assert [one["manualPaymentGateway"] for one in refund["transactions"]["nodes"]] == [False, True]
    assert refund["orderAdjustments"]["nodes"] == []
    assert answer["order"]["displayFinancialStatus"] == "REFUNDED"


def test_a_fee_kept_is_booked_as_a_difference(send: Send, yen_order: dict[str, Any]) -> None:
    wanted = refund_input(
        yen_order,
        refundLineItems=lines(yen_order, 1),
        transactions=[money(yen_order, "2434")],
        discrepancyReason="RESTOCK",
    )
    refund = send(MUTATION, input=wanted, key="a")["data"]["refundCreate"]["refund"]
    assert refund["orderAdjustments"]["nodes"] == [
        {"reason": "RESTOCK", "amountSet": {"presentmentMoney": {"amount": "-400.0"}}}
    ]


def test_a_gateway_may_confirm_later(send: Send, store: ShopifyStore, yen_order: dict[str, Any]) -> None:
    store.faults.pending_refunds = 1
    wanted = refund_input(yen_order, transactions=[money(yen_order, "100")])
    refund = send(MUTATION, input=wanted, key="a")["data"]["refundCreate"]["refund"]
    assert refund["transactions"]["nodes"][0]["status"] == "PENDING"
    assert store.settle_refunds("#1001")["transactions"][-1]["status"] == "SUCCESS"


LINE = {"lineItemId": "gid://shopify/LineItem/1", "quantity": 1}
REFUSALS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("more units than were bought", {"units": 4}, ["refundLineItems", "0", "quantity"]),
    ("no units", {"units": 0}, ["refundLineItems", "0", "quantity"]),
    ("an unknown line", {"refundLineItems": [LINE]}, ["refundLineItems", "0", "lineItemId"]),
    ("restock nowhere", {"units": 1, "restockType": "RETURN"}, ["refundLineItems", "0", "locationId"]),
    ("more money than was paid", {"amount": "9304"}, ["transactions", "0", "amount"]),
    ("half a yen", {"amount": "10.5"}, ["transactions", "0", "amount"]),
    ("less than nothing", {"amount": "-1"}, ["transactions", "0", "amount"]),
    ("a sale", {"amount": "1", "kind": "SALE"}, ["transactions", "0", "kind"]),
    ("no parent", {"amount": "1", "parentId": None}, ["transactions", "0", "parentId"]),
    ("another gateway", {"amount": "1", "gateway": "paypal"}, ["transactions", "0", "gateway"]),
    ("the shop's currency", {"currency": "USD"}, ["currency"]),
    ("no currency", {"currency": None}, ["currency"]),
    ("more shipping than was charged", {"shipping": {"amount": "801"}}, ["shipping", "amount"]),
    ("an unknown duty", {"refundDuties": [{"dutyId": "gid://shopify/Duty/9"}]}, ["refundDuties", "0", "dutyId"]),
    (
        "store credit",
        {"refundMethods": [{"storeCreditRefund": {"amount": {"amount": "1", "currencyCode": "JPY"}}}]},
        ["refundMethods"],
    ),
    ("an unknown order", {"orderId": "gid://shopify/Order/1"}, ["orderId"]),
]


@pytest.mark.parametrize(("parts", "field"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS])
def test_a_refund_that_cannot_be_is_refused_in_user_errors_and_changes_nothing(
    send: Send, store: ShopifyStore, yen_order: dict[str, Any], parts: dict[str, Any], field: list[str]
) -> None:
    before = shape(store, yen_order)
    parts = dict(parts)
    if "units" in parts:
        extra = {name: parts.pop(name) for name in ("restockType",) if name in parts}
        parts["refundLineItems"] = lines(yen_order, parts.pop("units"), **extra)
    if "amount" in parts:
        other = {name: parts.pop(name) for name in ("kind", "parentId", "gateway") if name in parts}
        parts["transactions"] = [money(yen_order, parts.pop("amount"), **other)]
    answer = send(MUTATION, input={**refund_input(yen_order), **parts}, key="a")["data"]["refundCreate"]
    assert (answer["refund"], answer["order"]) == (None, None)
    assert [one["field"] for one in answer["userErrors"]] == [field]
    assert answer["userErrors"][0]["message"]
    assert shape(store, yen_order) == before


def test_what_is_left_counts_over_all_refunds(send: Send, store: ShopifyStore, yen_order: dict[str, Any]) -> None:
    first = refund_input(yen_order, refundLineItems=lines(yen_order, 2), transactions=[money(yen_order, "9000")])
    assert send(MUTATION, input=first, key="a")["data"]["refundCreate"]["userErrors"] == []
    before = shape(store, yen_order)
    for key, parts in {
        "b": {"refundLineItems": lines(yen_order, 2)},
        "c": {"transactions": [money(yen_order, "304")]},
        "d": {"transactions": [money(yen_order, "200"), money(yen_order, "104")]},
    }.items():
        answer = send(MUTATION, input=refund_input(yen_order, **parts), key=key)["data"]["refundCreate"]
        assert len(answer["userErrors"]) == 1
    assert shape(store, yen_order) == before
    rest = refund_input(yen_order, refundLineItems=lines(yen_order, 1), transactions=[money(yen_order, "303")])
    answer = send(MUTATION, input=rest, key="e")["data"]["refundCreate"]
    assert answer["order"]["totalRefundedSet"]["presentmentMoney"]["amount"] == "9303.0"


def test_a_suggested_refund_says_what_units_are_worth_along_the_payments(
    send: Send, dollar_order: dict[str, Any]
) -> None:
    query = """
    query ($id: ID!) { order(id: $id) { suggestedRefund(suggestFullRefund: true, refundShipping: true) {
      amountSet { presentmentMoney { amount } } totalTaxSet { presentmentMoney { amount } }
      maximumRefundableSet { presentmentMoney { amount } }
      refundLineItems { id quantity }
      suggestedTransactions { gateway amountSet { presentmentMoney { amount } } parentTransaction { id } }
    } } }
    """
    found = send(query, id=gid("Order", dollar_order))["data"]["order"]["suggestedRefund"]
    assert found["amountSet"]["presentmentMoney"]["amount"] == "53.23"
    assert found["maximumRefundableSet"]["presentmentMoney"]["amount"] == "57.67"
    assert found["totalTaxSet"]["presentmentMoney"]["amount"] == "3.21"
    assert found["refundLineItems"] == [{"id": None, "quantity": 2}]
    assert [one["amountSet"]["presentmentMoney"]["amount"] for one in found["suggestedTransactions"]] == [
        "50.0",
        "3.23",
    ]


# --- the same key again --------------------------------------------------------------------------------------------


def test_without_a_key_nothing_runs(send: Send, store: ShopifyStore, yen_order: dict[str, Any]) -> None:
    before = shape(store, yen_order)
    bare = MUTATION.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    answer = send(bare, input=refund_input(yen_order, transactions=[money(yen_order, "100")]))
    assert answer["data"] == {"refundCreate": None}
    assert (
        answer["errors"][0]["message"]
        == "The @idempotent directive is required for this mutation but was not provided."
    )
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert answer["errors"][0]["path"] == ["refundCreate"]
    assert shape(store, yen_order) == before


def test_before_2026_04_a_key_is_not_asked_for(send: Send, yen_order: dict[str, Any]) -> None:
    bare = MUTATION.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    wanted = refund_input(yen_order, transactions=[money(yen_order, "100")])
    assert send(bare, version="2026-01", input=wanted)["data"]["refundCreate"]["userErrors"] == []


def test_the_same_key_again_gives_the_same_refund_and_moves_nothing(
    send: Send, store: ShopifyStore, yen_order: dict[str, Any]
) -> None:
    wanted = refund_input(yen_order, refundLineItems=lines(yen_order, 1), transactions=[money(yen_order, "2834")])
    first = send(MUTATION, input=wanted, key="a")["data"]
    before = shape(store, yen_order)
    assert send(MUTATION, input=wanted, key="a")["data"] == first
    assert shape(store, yen_order) == before


def test_the_same_key_with_other_parameters_is_refused_and_moves_nothing(
    send: Send, store: ShopifyStore, yen_order: dict[str, Any]
) -> None:
    send(MUTATION, input=refund_input(yen_order, transactions=[money(yen_order, "100")]), key="a")
    before = shape(store, yen_order)
    other = send(MUTATION, input=refund_input(yen_order, transactions=[money(yen_order, "101")]), key="a")
    answer = other["data"]["refundCreate"]
    assert answer["refund"] is None
    assert "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" in answer["userErrors"][0]["message"]
    assert shape(store, yen_order) == before


def test_a_refusal_is_repeated_too(send: Send, yen_order: dict[str, Any]) -> None:
    wanted = refund_input(yen_order, transactions=[money(yen_order, "9999")])
    first = send(MUTATION, input=wanted, key="a")["data"]
    assert send(MUTATION, input=wanted, key="a")["data"] == first


def test_after_a_day_the_key_is_forgotten(
    send: Send, store: ShopifyStore, clock: Clock, yen_order: dict[str, Any]
) -> None:
    wanted = refund_input(yen_order, transactions=[money(yen_order, "100")])
    send(MUTATION, input=wanted, key="a")
    clock.forward(hours=23, minutes=59)
    send(MUTATION, input=wanted, key="a")
    assert len(store.order(yen_order["id"])["refunds"]) == 1
    clock.forward(minutes=2)
    send(MUTATION, input=wanted, key="a")
    assert len(store.order(yen_order["id"])["refunds"]) == 2


def test_two_keys_are_two_refunds(send: Send, store: ShopifyStore, yen_order: dict[str, Any]) -> None:
    wanted = refund_input(yen_order, transactions=[money(yen_order, "100")])
    send(MUTATION, input=wanted, key="a")
    send(MUTATION, input=wanted, key="b")
    assert len(store.order(yen_order["id"])["refunds"]) == 2
