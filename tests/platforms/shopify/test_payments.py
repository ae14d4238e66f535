from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.kit.errors import ProviderError
from app.core.kit.money import Money
from app.core.returns.ports import (
    IssuedRefund,
    RefundLine,
    RefundOrder,
    RefundPart,
    RefundShipping,
    RefundTax,
)
from app.platforms.shopify import payments
from tests.platforms.shopify.builders import bag, refund, transaction

KEY = "0193a1b2-0000-7000-8000-000000000001"
ORDER = "gid://shopify/Order/1001"


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


# --- our mark ------------------------------------------------------------------------------------------------------


def test_the_mark_is_read_back_from_the_note() -> None:
    note = payments.mark(KEY, "R-7KMQ-93XH", " Enjoy! ")
    assert note == f"helloword:{KEY} RMA R-7KMQ-93XH Enjoy!"
    assert payments.key_in(note) == KEY


@given(st.from_regex(r"[0-9A-Za-z_-]{1,64}", fullmatch=True), st.text(max_size=20), st.text(max_size=40))
def test_any_key_survives_any_note(key: str, rma: str, note: str) -> None:
    assert payments.key_in(payments.mark(key, rma, note)) == key


@pytest.mark.parametrize(
    "note", [None, "", "Things were damaged", "helloword:", "xhelloword:1", f"helloword:{'a' * 65}"]
)
def test_other_peoples_notes_bear_no_mark(note: str | None) -> None:
    assert payments.key_in(note) is None


# --- money in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "instrument", "by_gateway"),
    [
        ({}, "card", True),
        ({"gateway": "stripe", "paymentDetails": None}, "card", True),
        ({"gateway": "unheard_of"}, "card", True),
        ({"gateway": "unheard_of", "paymentDetails": None}, "other", True),
        ({"paymentDetails": {"__typename": "LocalPaymentMethodsPaymentDetails"}}, "other", True),
        ({"paymentDetails": {"__typename": "PaypalWalletPaymentDetails"}}, "paypal", True),
        ({"gateway": "paypal", "paymentDetails": None}, "paypal", True),
        ({"gateway": "gift_card", "paymentDetails": None}, "gift_card", True),
        ({"gateway": "shopify_store_credit", "paymentDetails": None}, "store_credit", True),
        ({"gateway": "cash", "paymentDetails": None}, "other", False),
        ({"gateway": "Bank Deposit", "manualPaymentGateway": True, "paymentDetails": None}, "bank", False),
        (
            {"gateway": "manual", "formattedGateway": "Wire transfer", "manualPaymentGateway": True},
            "bank",
            False,
        ),
        ({"gateway": "Cash on Delivery (COD)", "manualPaymentGateway": True}, "cod", False),
        ({"gateway": "cash_on_delivery", "formattedGateway": None, "manualPaymentGateway": True}, "cod", False),
        ({"gateway": "manual", "formattedGateway": "Pay at the fair", "manualPaymentGateway": True}, "other", False),
    ],
)
def test_a_gateway_becomes_an_instrument(changes: dict[str, Any], instrument: str, by_gateway: bool) -> None:
    (one,) = payments.payments([transaction(**changes)], "EUR")
    assert (one.instrument, one.refundable_by_gateway) == (instrument, by_gateway)


def test_only_money_that_was_really_captured_counts() -> None:
    found = payments.payments(
        [
            transaction(1, "84.80", kind="AUTHORIZATION"),
            transaction(2, "50.00", kind="CAPTURE"),
            transaction(3, "34.80", kind="CAPTURE", status="FAILURE"),
            transaction(4, "34.80", kind="SALE", status="PENDING"),
            transaction(5, "34.80", gateway="gift_card"),
            transaction(6, "10.00", kind="REFUND"),
            transaction(7, "0.00", kind="VOID"),
        ],
        "EUR",
    )
    assert [(one.ref[-1], one.amount) for one in found] == [("2", eur(5000)), ("5", eur(3480))]


def test_change_given_at_a_till_was_not_paid() -> None:
    found = payments.payments(
        [
            transaction(1, "100.00", gateway="cash"),
            transaction(2, "15.20", gateway="cash", kind="CHANGE", parentTransaction={"id": transaction(1)["id"]}),
        ],
        "EUR",
    )
    assert [one.amount for one in found] == [eur(8480)]


# --- money back ------------------------------------------------------------------------------------------------------


def test_a_refund_tells_amount_lines_shipping_and_mark() -> None:
    node = refund(
        3,
        "25.10",
        (1, 2),
        (2, 1),
        note=f"helloword:{KEY} RMA R-1",
        refundShippingLines={"nodes": [{"subtotalAmountSet": bag("4.90")}]},
    )
    found = payments.refund(node, "EUR")
    assert (found.amount, found.our_key, found.shipping) == (eur(2510), KEY, eur(490))
    assert found.lines == (("gid://shopify/LineItem/1", 2), ("gid://shopify/LineItem/2", 1))


def test_a_refund_without_movements_is_worth_what_shopify_says() -> None:
    node = refund(1, "7.00")
    node["transactions"]["nodes"] = []
    assert payments.refund(node, "EUR").amount == eur(700)


@pytest.mark.parametrize(
    ("changes", "pending", "by_hand"),
    [
        ({}, False, False),
        ({"status": "PENDING"}, True, False),
        ({"status": "AWAITING_RESPONSE"}, True, False),
        ({"manual": True}, False, True),
    ],
)
def test_an_issued_refund_says_whether_the_money_is_there(
    changes: dict[str, Any],
    pending: bool,
    by_hand: bool,
) -> None:
    assert payments.issued(refund(4, "12.00", **changes), "EUR") == IssuedRefund(
        ref="gid://shopify/Refund/4",
        amount=eur(1200),
        at=datetime(2026, 10, 20, 10, tzinfo=UTC),
        pending=pending,
        by_hand=by_hand,
    )


@pytest.mark.parametrize("status", ["FAILURE", "ERROR"])
def test_money_that_the_payment_provider_would_not_send_is_no_refund(status: str) -> None:
    with pytest.raises(ProviderError) as caught:
        payments.issued(refund(4, "12.00", status=status), "EUR")
    error = caught.value
    assert (error.code, error.retryable, error.outcome_unknown) == ("refund_declined_by_gateway", False, False)
    assert payments.refund(refund(4, "12.00", status=status), "EUR").amount == eur(0)


# --- the input that makes a refund -----------------------------------------------------------------------------------


def wanted(**changes: Any) -> RefundOrder:
    """Two of line 1 (2 x 20.00 with 19 % in them), back to the card."""
    values: dict[str, Any] = {
        "key": KEY,
        "order_ref": ORDER,
        "rma": "R-7KMQ-93XH",
        "amount": eur(4000),
        "lines": (RefundLine("gid://shopify/LineItem/1", 2, eur(3361), (RefundTax("VAT", eur(639)),)),),
        "parts": (RefundPart("gid://shopify/OrderTransaction/1", "shopify_payments", eur(4000)),),
        **changes,
    }
    return RefundOrder(**values)


def test_a_plain_refund_is_asked_for_in_the_shoppers_currency_without_touching_stock() -> None:
    assert payments.refund_input(wanted(), None) == {
        "orderId": ORDER,
        "currency": "EUR",
        "note": f"helloword:{KEY} RMA R-7KMQ-93XH",
        "notify": False,
        "refundLineItems": [
            {"lineItemId": "gid://shopify/LineItem/1", "quantity": 2, "restockType": "NO_RESTOCK"},
        ],
        "transactions": [
            {
                "orderId": ORDER,
                "parentId": "gid://shopify/OrderTransaction/1",
                "gateway": "shopify_payments",
                "kind": "REFUND",
                "amount": "40.00",
            }
        ],
    }


def test_the_money_goes_back_along_every_payment_that_gives_some() -> None:
    parts = (
        RefundPart("gid://shopify/OrderTransaction/5", "gift_card", eur(1500)),
        RefundPart("gid://shopify/OrderTransaction/2", "shopify_payments", eur(2500)),
        RefundPart("gid://shopify/OrderTransaction/6", "paypal", eur(0)),
    )
    found = payments.refund_input(wanted(parts=parts), None)["transactions"]
    assert [(one["gateway"], one["amount"]) for one in found] == [("gift_card", "15.00"), ("shopify_payments", "25.00")]


@pytest.mark.parametrize(
    ("amount", "fee", "reason"),
    [(4000, None, None), (3500, 500, "RESTOCK"), (3500, None, "OTHER"), (4500, None, "OTHER")],
)
def test_a_difference_between_goods_and_money_is_explained(amount: int, fee: int | None, reason: str | None) -> None:
    order = wanted(amount=eur(amount), fee=eur(fee) if fee else None)
    assert payments.refund_input(order, None).get("discrepancyReason") == reason


def test_yen_and_dinar_are_written_with_their_own_decimals() -> None:
    for money, text in ((Money(12800, "JPY"), "12800"), (Money(24575, "KWD"), "24.575")):
        order = wanted(amount=money, lines=(), parts=(RefundPart("t", "g", money),))
        found = payments.refund_input(order, None)
        assert (found["currency"], found["transactions"][0]["amount"]) == (money.currency, text)


def test_units_of_one_line_are_asked_for_together_and_tips_not_at_all() -> None:
    lines = (
        RefundLine("gid://shopify/LineItem/1", 1, eur(1000)),
        RefundLine("gid://shopify/LineItem/1", 2, eur(2000)),
        RefundLine("gid://shopify/LineItem/2", 0, eur(500)),
        RefundLine(f"{ORDER}#tip", 1, eur(200)),
    )
    found = payments.refund_input(wanted(lines=lines, amount=eur(3700)), None)
    assert [(one["lineItemId"], one["quantity"]) for one in found["refundLineItems"]] == [
        ("gid://shopify/LineItem/1", 3)
    ]


SHIPPING = (RefundShipping("gid://shopify/ShippingLine/1", eur(412), (RefundTax("VAT", eur(78)),)),)


@pytest.mark.parametrize(("included", "amount"), [(True, "4.90"), (False, "4.12")])
def test_shipping_goes_back_in_the_orders_own_price_terms(included: bool, amount: str) -> None:
    order = wanted(shipping=SHIPPING, amount=eur(4490))
    assert payments.needs_terms(order)
    found = payments.refund_input(order, {"order": {"taxesIncluded": included}, "nodes": []})
    assert found["shipping"] == {"amount": amount}
    assert "discrepancyReason" not in found


@pytest.mark.parametrize(("ordered", "how"), [(2, "FULL"), (3, "PROPORTIONAL")])
def test_duty_goes_back_by_its_own_id(ordered: int, how: str) -> None:
    lines = (RefundLine("gid://shopify/LineItem/1", 2, eur(4000), (), eur(480)),)
    order = wanted(lines=lines, amount=eur(4480))
    terms = {
        "order": {"taxesIncluded": False},
        "nodes": [
            None,
            {},
            {
                "id": "gid://shopify/LineItem/1",
                "quantity": ordered,
                "duties": [{"id": "gid://shopify/Duty/8"}, {"id": "gid://shopify/Duty/9"}],
            },
        ],
    }
    assert payments.needs_terms(order)
    assert payments.refund_input(order, terms)["refundDuties"] == [
        {"dutyId": "gid://shopify/Duty/8", "refundType": how},
        {"dutyId": "gid://shopify/Duty/9", "refundType": how},
    ]


def test_nothing_is_asked_beforehand_without_duty_and_shipping() -> None:
    assert not payments.needs_terms(wanted())
