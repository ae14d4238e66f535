from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.kit.errors import ProviderError
from app.core.kit.money import Money
from app.core.returns.ports import IssuedRefund, RefundLine, RefundOrder, RefundPart, RefundShipping
from app.platforms.shopify.adapter import idempotency_keys
from tests.platforms.shopify.builders import ORDER, Wire, connected, errors, refund

Node = dict[str, Any]

KEY = "0193a1b2-0000-7000-8000-000000000001"


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
