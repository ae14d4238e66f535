from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.core.kit.errors import ProviderError
from app.core.kit.money import Money
from app.core.orders.ports import RefundSnapshot
from app.core.returns.ports import RefundLine, RefundOrder, RefundPart, RefundShipping, RefundTax
from app.platforms.woocommerce.adapter import WooCommerceStore
from app.platforms.woocommerce.refunds import refund_body, refund_reason, refund_snapshots
from tests.platforms.woocommerce.builders import a_fee, a_line, a_refund, an_order, one_sweater_less, two_sweaters
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


def card_order(**changes: Any) -> dict[str, Any]:
    return two_sweaters(payment_method="stripe", transaction_id="ch_1") | changes


CARD = (RefundPart("ch_1", "stripe", eur(7990)),)


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


def test_earlier_refunds_count_against_line_tax_and_total(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, one_sweater_less(), [a_refund()])
    both = RefundLine("1", 2, eur(6715), (vat(1275),))
    assert refused(store, loopback, one_sweater(lines=(both,))).code == "refund_quantity_over"
    dear = RefundLine("1", 1, eur(6716), (vat(1274),))
    assert refused(store, loopback, one_sweater(lines=(dear,))).code == "refund_amount_over"
    taxed = RefundLine("1", 1, eur(6714), (vat(1276),))
    assert refused(store, loopback, one_sweater(lines=(taxed,))).code == "refund_tax_over"
    assert refused(store, loopback, one_sweater(lines=(), amount=eur(12486))).code == "refund_amount_over"


def test_the_last_unit_takes_exactly_what_is_left(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, one_sweater_less(), [a_refund()])
    rest = RefundLine("1", 1, eur(6715), (vat(1275),))
    assert store.issue_refund(one_sweater(lines=(rest,))).amount == eur(7990)


def test_a_kept_fee_lowers_the_amount_and_leaves_the_lines_whole(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, two_sweaters())
    store.issue_refund(one_sweater(amount=eur(7490), fee=eur(500)))
    body = loopback.of("POST")[0].body
    assert body["amount"] == "74.90"
    assert body["line_items"][0]["refund_total"] == "67.14"


def test_shipping_and_an_amount_without_lines_can_be_given_back(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, two_sweaters())
    store.issue_refund(one_sweater(lines=(), shipping=(RefundShipping("3", eur(500), (vat(95),)),), amount=eur(595)))
    store.issue_refund(one_sweater(key="keep-it", lines=(), amount=eur(1000)))
    first, second = (asked.body for asked in loopback.of("POST"))
    assert first["line_items"] == [
        {"id": 3, "quantity": 1, "refund_total": "5.00", "refund_tax": [{"id": "1", "refund_total": "0.95"}]}
    ]
    assert (second["amount"], second["line_items"]) == ("10.00", [])


@pytest.mark.parametrize(("currency", "minor", "text"), [("JPY", 1200, "1200"), ("KWD", 12345, "12.345")])
def test_amounts_are_written_with_the_currency_s_decimals(currency: str, minor: int, text: str) -> None:
    amount = Money(minor, currency)
    refund = RefundOrder("k", "1", "R", amount, (RefundLine("1", 1, amount),), (RefundPart("", "x", amount),))
    body = refund_body(refund, by_gateway=True)
    assert (body["amount"], body["line_items"][0]["refund_total"]) == (text, text)


def test_two_taxes_of_one_rate_are_sent_as_one() -> None:
    refund = one_sweater(lines=(RefundLine("1", 1, eur(6714), (vat(1200), vat(76))),))
    item = refund_body(refund, by_gateway=False)["line_items"][0]
    assert item["refund_tax"] == [{"id": "1", "refund_total": "12.76"}]


# --- refunds as the store has them ----------------------------------------------------------------------------------


def test_a_recorded_partial_refund_is_read_with_its_line() -> None:
    at = datetime(2026, 11, 23, 6, 13, 15, tzinfo=UTC)
    assert refund_snapshots([recording("refund_get")], "EUR") == (RefundSnapshot("26", eur(7990), at, (("1", 1),)),)


def test_a_recorded_full_refund_is_read_with_its_shipping() -> None:
    (refund,) = refund_snapshots([recording("refund_create_full")["response"]], "EUR")
    assert (refund.amount, refund.lines, refund.shipping) == (eur(2643), (("8", 1),), eur(500))


def test_recorded_refunds_that_core_booked_without_checking_are_still_read() -> None:
    (over,) = refund_snapshots([recording("error_refund_qty_over")["response"]], "EUR")
    assert over.lines == (("1", 50),)
    (empty,) = refund_snapshots([recording("error_refund_line_items_no_amount")["response"]], "EUR")
    assert (empty.amount, empty.lines) == (eur(0), (("1", 1),))


def test_our_mark_is_our_key_and_a_fee_is_one_unit_once() -> None:
    def refund(number: int) -> dict[str, Any]:
        fee = {"id": 90 + number, "total": "-2.00", "meta_data": [{"key": "_refunded_item_id", "value": "5"}]}
        marks = [{"key": "_helloword_key", "value": f"k{number}"}]
        return {
            "id": number,
            "date_created_gmt": "2026-11-23T06:00:00",
            "amount": "2.00",
            "fee_lines": [fee],
            "meta_data": marks,
        }

    second, first = refund(2), refund(1)
    read = refund_snapshots([second, first], "EUR")
    assert [(r.ref, r.our_key, r.lines) for r in read] == [("1", "k1", (("5", 1),)), ("2", "k2", ())]


def test_a_fee_can_be_given_back_by_its_id(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, an_order(total="130.90", fee_lines=[a_fee("5.00", "0.95")]))
    store.issue_refund(one_sweater(order_ref="7", lines=(RefundLine("5", 1, eur(500), (vat(95),)),), amount=eur(595)))
    assert loopback.of("POST")[0].body["line_items"][0]["id"] == 5


def test_a_charge_outside_the_lines_cannot_be_named(store: WooCommerceStore, loopback: Loopback) -> None:
    serve_order(loopback, an_order(total="134.95"))
    refund = one_sweater(order_ref="7", lines=(RefundLine("other", 1, eur(1000)),), amount=eur(1000))
    assert refused(store, loopback, refund).code == "refund_line_unknown"


def every_unit_alone(order: dict[str, Any], issue: Callable[[RefundOrder], Any]) -> int:
    """Refund every unit by itself, as the core shares it out; the sum of what went back, in minor units."""
    sent = 0
    for item in order["line_items"]:
        net, tax, quantity = Money.parse(item["total"], "EUR"), Money.parse(item["total_tax"], "EUR"), item["quantity"]
        for unit in range(quantity):
            part = RefundLine(
                str(item["id"]),
                1,
                net.share(before=unit, units=1, of=quantity),
                (vat(tax.share(before=unit, units=1, of=quantity).minor),) if tax else (),
            )
            amount = part.net + (part.taxes[0].amount if part.taxes else eur(0))
            issue(one_sweater(key=f"{item['id']}-{unit}", lines=(part,), amount=amount))
            sent += amount.minor
    return sent


def test_any_split_into_single_units_is_accepted_to_the_last_cent(store: WooCommerceStore, loopback: Loopback) -> None:
    order = copy.deepcopy(two_sweaters())
    order["line_items"].append(
        a_line(id=9, quantity=3, total="10.00", subtotal="10.00", total_tax="1.90", taxes=[{"id": 1, "total": "1.90"}])
    )
    order["total"] = "216.65"
    booked: list[dict[str, Any]] = []
    serve_order(loopback, order, booked)

    def issue(refund: RefundOrder) -> None:
        store.issue_refund(refund)
        (line,) = refund.lines
        booked[-1]["line_items"] = [
            {
                "quantity": -line.quantity,
                "total": f"-{line.net}",
                "taxes": [{"id": int(t.ref or 0), "total": f"-{t.amount}"} for t in line.taxes],
                "meta_data": [{"key": "_refunded_item_id", "value": line.line_ref}],
            }
        ]

    assert every_unit_alone(order, issue) == 21665 - 595
    assert len(booked) == 6
    again = one_sweater(key="one-more", lines=(RefundLine("9", 1, eur(1)),), amount=eur(1))
    with pytest.raises(ProviderError) as caught:
        store.issue_refund(again)
    assert caught.value.code == "refund_quantity_over"
    assert len(booked) == 6
