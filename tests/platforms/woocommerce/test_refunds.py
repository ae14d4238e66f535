from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.core.kit.errors import ProviderError
from app.core.kit.money import Money
from app.core.returns.ports import IssuedRefund, RefundLine, RefundOrder, RefundPart, RefundShipping, RefundTax
from app.platforms.woocommerce.adapter import WooCommerceStore
from app.platforms.woocommerce.refunds import mark_of, refund_body, refund_reason
from tests.platforms.woocommerce.builders import a_refund, two_sweaters
from tests.platforms.woocommerce.loopback import Answer, Asked, Loopback, recording

UUID_KEY = str(UUID("0199f3a1-2b3c-7d4e-8f50-617283940a1b"))


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def vat(minor: int) -> RefundTax:
    return RefundTax("VAT", eur(minor), "1")


def one_sweater(**changes: Any) -> RefundOrder:
    """One of the two sweaters of the recorded order 23: 67.14 + 12.76 tax."""
    order = RefundOrder(
        key=UUID_KEY,
        order_ref="23",
        rma="R-7KMQ-93XH",
        amount=eur(7990),
        lines=(RefundLine("1", 1, eur(6714), (vat(1276),)),),
        parts=(RefundPart("", "bacs", eur(7990), refundable_by_gateway=False),),
    )
    return replace(order, **changes)


def serve_order(loopback: Loopback, order: dict[str, Any], refunds: list[dict[str, Any]] | None = None) -> None:
    """The order, its refunds so far, and a refund call that books whatever it is sent, as the real one does."""
    path = f"/wc/v3/orders/{order['id']}"
    booked = refunds if refunds is not None else []

    def book(asked: Asked) -> Answer:
        refund = {
            "id": 100 + len(booked),
            "date_created_gmt": "2026-11-24T12:00:01",
            "amount": asked.body["amount"],
            "reason": asked.body["reason"],
            "refunded_payment": asked.body["api_refund"],
            "meta_data": [{"id": 1, "key": "_refund_type", "value": "partial"}, *asked.body["meta_data"]],
            "line_items": [],
        }
        booked.append(refund)
        return Answer(refund, 201)

    loopback.on("GET", path, Answer(order))
    loopback.on("GET", path + "/refunds", lambda _: Answer(booked))
    loopback.on("POST", path + "/refunds", book)


def refused(store: WooCommerceStore, loopback: Loopback, refund: RefundOrder) -> ProviderError:
    """The refund is refused here, for good, and nothing was sent to the store."""
    with pytest.raises(ProviderError) as caught:
        store.issue_refund(refund)
    assert (caught.value.retryable, caught.value.outcome_unknown) == (False, False)
    assert loopback.of("POST") == []
    return caught.value


def test_the_request_has_the_shape_that_a_real_store_accepted() -> None:
    accepted = recording("refund_create")["request"]
    ours = refund_body(one_sweater(), by_gateway=False)

    def exact(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: exact(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [exact(inner) for inner in value]
        return Decimal(str(value)) if not isinstance(value, bool) else value

    assert set(ours) == set(accepted)
    assert ours["amount"] == accepted["amount"] == "79.90"
    assert exact(ours["line_items"]) == exact(accepted["line_items"])
    assert (ours["api_refund"], ours["api_restock"]) == (False, False)
    assert ours["meta_data"] == [
        {"key": "_helloword_key", "value": UUID_KEY},
        {"key": "_helloword_rma", "value": "R-7KMQ-93XH"},
    ]


def test_a_refund_by_bank_transfer_is_booked_for_a_person_to_pay(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, two_sweaters())
    issued = store.issue_refund(one_sweater())
    assert issued == IssuedRefund("100", eur(7990), datetime(2026, 11, 24, 12, 0, 1, tzinfo=UTC), by_hand=True)
    (posted,) = loopback.of("POST")
    assert posted.body["api_refund"] is False
    assert posted.query["dp"] == "6"


def test_the_same_key_again_books_nothing(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, two_sweaters())
    first = store.issue_refund(one_sweater())
    assert store.issue_refund(one_sweater()) == first
    assert store.find_refund("23", UUID_KEY) == first
    assert len(loopback.of("POST")) == 1


def test_a_refund_that_nobody_made_is_not_found(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, two_sweaters(), [a_refund()])
    assert store.find_refund("23", UUID_KEY) is None
    assert store.find_refund("99", UUID_KEY) is None


def card_order(**changes: Any) -> dict[str, Any]:
    return two_sweaters(payment_method="stripe", transaction_id="ch_1") | changes


CARD = (RefundPart("ch_1", "stripe", eur(7990)),)


def test_a_card_is_refunded_through_its_gateway(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, card_order())
    loopback.on(
        "GET", "/wc/v3/payment_gateways/stripe", Answer({"id": "stripe", "method_supports": ["products", "refunds"]})
    )
    issued = store.issue_refund(one_sweater(parts=CARD))
    assert (issued.by_hand, issued.pending) == (False, False)
    assert loopback.of("POST")[0].body["api_refund"] is True


@pytest.mark.parametrize(
    "gateway",
    [
        Answer({"id": "stripe", "method_supports": ["products"]}),
        Answer({"code": "woocommerce_rest_payment_gateway_invalid", "message": "Resource does not exist."}, 404),
    ],
)
def test_a_gateway_that_cannot_send_money_is_not_asked_to(
    store: WooCommerceStore, loopback: Loopback, gateway: Answer
) -> None:
    serve_order(loopback, card_order())
    loopback.on("GET", "/wc/v3/payment_gateways/stripe", gateway)
    assert store.issue_refund(one_sweater(parts=CARD)).by_hand
    assert loopback.of("POST")[0].body["api_refund"] is False


def test_a_store_that_does_not_tell_about_gateways_is_asked_to_refund(
    store: WooCommerceStore, loopback: Loopback
) -> None:
    serve_order(loopback, card_order())
    assert not store.issue_refund(one_sweater(parts=CARD)).by_hand


def test_the_gateway_s_refusal_is_final_and_in_its_own_words(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, card_order())
    code, words = "woocommerce_rest_cannot_create_order_refund", "Your card's bank said no."
    loopback.on("POST", "/wc/v3/orders/23/refunds", Answer({"code": code, "message": words, "data": 500}, 500))
    with pytest.raises(ProviderError) as caught:
        store.issue_refund(one_sweater(parts=CARD))
    assert caught.value.code == code
    assert (caught.value.retryable, caught.value.outcome_unknown) == (False, False)
    assert words in caught.value.message


@pytest.mark.parametrize(
    "answer",
    [
        Answer(cut=True),
        Answer({"code": "internal_server_error", "message": "x"}, 500),
        Answer([], 201),
        Answer({"id": 5}, 201),
    ],
)
def test_a_refund_call_that_broke_is_unknown(store: WooCommerceStore, loopback: Loopback, answer: Answer) -> None:
    serve_order(loopback, two_sweaters())
    loopback.on("POST", "/wc/v3/orders/23/refunds", answer)
    with pytest.raises(ProviderError) as caught:
        store.issue_refund(one_sweater())
    assert caught.value.outcome_unknown


# --- a store that stopped half way ----------------------------------------------------------------------------------


def half_made(**changes: Any) -> dict[str, Any]:
    """A refund of ours that the store saved but did not finish: the marks are written last."""
    reason = refund_reason(one_sweater())
    return {
        "id": 100,
        "date_created_gmt": "2026-11-24T12:00:01",
        "amount": "79.90",
        "reason": reason,
        "refunded_payment": False,
        "meta_data": [],
    } | changes


def test_a_refund_without_our_marks_is_known_by_its_reason() -> None:
    assert mark_of(half_made()) == UUID_KEY
    assert mark_of(half_made(reason="Return R-1 (ref. not-one-of-ours)")) is None
    assert mark_of(a_refund()) is None


def test_a_half_made_card_refund_is_pending_and_is_not_made_again(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, card_order(), [half_made()])
    found = store.find_refund("23", UUID_KEY)
    assert found is not None
    assert (found.pending, found.by_hand) == (True, False)
    assert store.issue_refund(one_sweater(parts=CARD)) == found
    assert loopback.of("POST") == []


def test_a_half_made_card_refund_that_the_gateway_has_paid_is_done(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, card_order(), [half_made(refunded_payment=True)])
    found = store.find_refund("23", UUID_KEY)
    assert found is not None
    assert (found.pending, found.by_hand) == (False, False)


def test_a_half_made_refund_by_hand_is_as_good_as_a_whole_one(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, two_sweaters(), [half_made()])
    found = store.find_refund("23", UUID_KEY)
    assert found is not None
    assert (found.pending, found.by_hand) == (False, True)


def test_the_reason_tells_the_shopper_the_return_and_is_short() -> None:
    reason = refund_reason(one_sweater(note="too  small\n" + "x" * 500))
    assert reason.startswith("Return R-7KMQ-93XH (ref. AZnzoSs8fU6PUGFyg5QKGw): too small xxx")
    assert len(reason) < 160
    assert refund_reason(one_sweater(key="not-a-uuid")) == "Return R-7KMQ-93XH"


# --- what the store would book without a word -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lines": (RefundLine("999999", 1, eur(100)),), "amount": eur(100)}, "refund_line_unknown"),
        ({"lines": (RefundLine("1", 50, eur(100)),), "amount": eur(100)}, "refund_quantity_over"),
        ({"lines": (RefundLine("1", 0, eur(100)),), "amount": eur(100)}, "refund_quantity_over"),
        ({"lines": (RefundLine("1", -1, eur(100)),), "amount": eur(100)}, "refund_quantity_over"),
        ({"lines": (RefundLine("1", 2, eur(13430)),), "amount": eur(13430)}, "refund_amount_over"),
        ({"lines": (RefundLine("1", 1, eur(-1)),), "amount": eur(100)}, "refund_amount_over"),
        ({"lines": (RefundLine("1", 1, eur(6714), (vat(2552),)),), "amount": eur(7990)}, "refund_tax_over"),
        ({"lines": (RefundLine("1", 1, eur(6714), (RefundTax("VAT", eur(1), "2"),)),)}, "refund_tax_over"),
        ({"lines": (RefundLine("1", 1, eur(6714), (RefundTax("VAT", eur(1)),)),)}, "refund_tax_over"),
        ({"lines": (RefundLine("1", 1, eur(6714), (), eur(1)),), "amount": eur(6715)}, "refund_duty"),
        ({"lines": (RefundLine("1", 1, eur(6714)), RefundLine("1", 1, eur(6714)))}, "refund_line_twice"),
        ({"shipping": (RefundShipping("3", eur(501)),)}, "refund_amount_over"),
        ({"shipping": (RefundShipping("4", eur(1)),)}, "refund_line_unknown"),
        ({"amount": eur(7991)}, "refund_amount_over"),
        ({"lines": (), "amount": eur(20476)}, "refund_amount_over"),
        ({"amount": eur(0)}, "refund_nothing"),
        ({"amount": eur(-7990)}, "refund_nothing"),
        ({"amount": Money(7990, "USD"), "lines": ()}, "refund_currency"),
        ({"order_ref": "24"}, "order_unknown"),
        ({"order_ref": "../orders/23"}, "order_unknown"),
    ],
)
def test_what_is_over_what_is_left_is_refused_before_the_store_hears_of_it(
    store: WooCommerceStore, loopback: Loopback, change: dict[str, Any], code: str
) -> None:
    serve_order(loopback, two_sweaters())
    invalid = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID."}
    loopback.on("GET", "/wc/v3/orders/24", Answer(invalid, 404))
    assert refused(store, loopback, one_sweater(**change)).code == code
