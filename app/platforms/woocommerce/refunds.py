"""Refunds of wc/v3: what they took from which line, what may still be taken, and the request for one of ours.

WooCommerce's core checks nothing per line (an unknown line, fifty units of a line of two and a tax of a foreign rate
are all booked), so ``refuse_excess`` is the only guard of the store's books.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn
from uuid import UUID

from app.core.kit.errors import DomainError, ProviderError
from app.core.kit.money import Money, total
from app.core.orders.ports import LineSnapshot, OrderSnapshot, RefundSnapshot, ShippingSnapshot
from app.core.returns.ports import IssuedRefund, RefundLine, RefundOrder, RefundShipping
from app.platforms.woocommerce.client import VENDOR
from app.platforms.woocommerce.mapping import OTHER_CHARGES
from app.platforms.woocommerce.values import (
    Unreadable,
    meta,
    money,
    reference,
    required_instant,
    text,
    whole_quantity,
)

MARK_KEY: Final = "_helloword_key"
MARK_RMA: Final = "_helloword_rma"

_TOKEN = re.compile(r"\(ref\. ([A-Za-z0-9_-]{22})\)")


@dataclass(slots=True)
class Given:
    """What earlier refunds took from one line: units, net and each tax by rate id."""

    quantity: int = 0
    net: int = 0
    taxes: dict[str | None, int] = field(default_factory=dict)


def refund_snapshots(refunds: Iterable[Mapping[str, Any]], currency: str) -> tuple[RefundSnapshot, ...]:
    """All refunds of one order, oldest first. A fee counts as its one unit when first touched. Raises Unreadable."""
    try:
        fees: set[str] = set()
        ordered = sorted(refunds, key=lambda refund: int(refund["id"]))
        return tuple(_refund_snapshot(refund, currency, fees) for refund in ordered)
    except (KeyError, TypeError, AttributeError, ArithmeticError, ValueError, DomainError) as error:
        msg = f"refund: {type(error).__name__}"
        raise Unreadable(msg) from error


def _refund_snapshot(refund: Mapping[str, Any], currency: str, fees: set[str]) -> RefundSnapshot:
    units: dict[str, int] = {}
    for item in refund.get("line_items") or ():
        quantity = abs(whole_quantity(item))
        if quantity and (ref := refunded_item(item)):
            units[ref] = units.get(ref, 0) + quantity
    for ref in filter(None, map(refunded_item, refund.get("fee_lines") or ())):
        if ref not in fees:
            fees.add(ref)
            units[ref] = 1
    carriage = [
        abs(money(item.get(part), currency).minor)
        for item in refund.get("shipping_lines") or ()
        for part in ("total", "total_tax")
    ]
    return RefundSnapshot(
        ref=reference(refund["id"]),
        amount=money(refund.get("amount"), currency),
        created_at=required_instant(refund, "date_created_gmt"),
        lines=tuple(units.items()),
        our_key=mark_of(refund),
        shipping=Money(sum(carriage), currency) if any(carriage) else None,
    )


def given_back(refunds: Iterable[Mapping[str, Any]], currency: str) -> dict[str, Given]:
    """What each line, fee and shipping line of the order has lost to ``refunds`` (wc/v3 JSON), by its id."""
    result: dict[str, Given] = {}
    for refund in refunds:
        for kind in ("line_items", "fee_lines", "shipping_lines"):
            for item in refund.get(kind) or ():
                given = result.setdefault(refunded_item(item), Given())
                given.quantity += abs(whole_quantity(item)) if kind == "line_items" else 0
                given.net += abs(money(item.get("total"), currency).minor)
                for tax in item.get("taxes") or ():
                    ref, amount = reference(tax["id"]), abs(money(tax.get("total"), currency).minor)
                    given.taxes[ref] = given.taxes.get(ref, 0) + amount
    return result


def refunded_item(item: Mapping[str, Any]) -> str:
    """Which of the order's lines this line of a refund takes from; empty when it does not say."""
    return meta(item, ("_refunded_item_id",))


def mark_of(refund: Mapping[str, Any]) -> str | None:
    """Our key on a refund: in its meta data, or, where the store stopped before writing that, in its reason.

    wc_create_refund() saves the refund with its reason, then asks the gateway, and only afterwards the REST
    controller saves the meta data: between the two a refund of ours is known by its reason alone.
    """
    key = meta_mark_of(refund)
    if key:
        return key
    token = _TOKEN.search(text(refund.get("reason")))
    try:
        return str(UUID(bytes=base64.urlsafe_b64decode(token[1] + "=="))) if token else None
    except (ValueError, binascii.Error):
        return None


def meta_mark_of(refund: Mapping[str, Any]) -> str | None:
    """Our key from the meta data alone: there only when the store has finished with the refund."""
    return meta(refund, (MARK_KEY,)) or None


def refund_reason(refund: RefundOrder) -> str:
    """``Return R-7KMQ-93XH (ref. ...): note``. The shopper sees it in the store's account page and mails."""
    try:
        token = base64.urlsafe_b64encode(UUID(refund.key).bytes).decode().rstrip("=")
    except ValueError:
        token = ""
    reason = f"Return {refund.rma}" + (f" (ref. {token})" if token else "")
    return f"{reason}: {' '.join(refund.note.split())[:80]}" if refund.note.strip() else reason


def refund_body(refund: RefundOrder, *, by_gateway: bool) -> dict[str, Any]:
    """The request body of POST /orders/{id}/refunds. Amounts are decimal strings; stock is never moved by it.

    ``amount`` may be below the sum of the lines (a fee was kept): the store then books exactly ``amount`` as the
    refund's total and keeps the lines as information (wc_create_refund sets the total last).
    """
    marks = [{"key": MARK_KEY, "value": refund.key}, {"key": MARK_RMA, "value": refund.rma}]
    return {
        "amount": str(refund.amount),
        "reason": refund_reason(refund),
        "api_refund": by_gateway,
        "api_restock": False,
        "line_items": [_refund_item(line.line_ref, line.quantity, line) for line in refund.lines]
        + [_refund_item(row.ref, 1, row) for row in refund.shipping],
        "meta_data": marks,
    }


def _refund_item(ref: str, quantity: int, part: RefundLine | RefundShipping) -> dict[str, Any]:
    item: dict[str, Any] = {"id": int(ref), "quantity": quantity, "refund_total": str(part.net)}
    taxes: dict[str, Money] = {}
    for tax in part.taxes:
        if tax.ref is not None:
            taxes[tax.ref] = taxes.get(tax.ref, Money.zero(tax.amount.currency)) + tax.amount
    if taxes:
        item["refund_tax"] = [{"id": ref, "refund_total": str(amount)} for ref, amount in taxes.items()]
    return item


def issued_refund(refund: Mapping[str, Any], currency: str, *, unconfirmed: bool = False) -> IssuedRefund:
    """What the store says of a refund of ours. ``unconfirmed``: it is booked, but nobody knows if the gateway paid.

    Raises Unreadable.
    """
    try:
        return IssuedRefund(
            ref=reference(refund["id"]),
            amount=money(refund.get("amount"), currency),
            at=required_instant(refund, "date_created_gmt"),
            pending=unconfirmed,
            by_hand=not unconfirmed and refund.get("refunded_payment") is not True,
        )
    except (KeyError, TypeError, ValueError, DomainError) as error:
        msg = f"refund: {type(error).__name__}"
        raise Unreadable(msg) from error


# --- what may still be taken ----------------------------------------------------------------------------------------


def refuse_excess(refund: RefundOrder, order: OrderSnapshot, refunds: Sequence[Mapping[str, Any]]) -> None:
    """Raise ProviderError, not retryable, unless ``order`` less its ``refunds`` still holds all of ``refund``."""
    if refund.amount.currency != order.currency:
        _refuse("refund_currency", f"the order was paid in {order.currency}, not in {refund.amount.currency}")
    if refund.amount.minor <= 0:
        _refuse("refund_nothing", "there is nothing to give back")
    before = total([money(r.get("amount"), order.currency) for r in refunds], order.currency)
    left = (order.total or Money.zero(order.currency)) - before
    if refund.amount > left:
        _refuse("refund_amount_over", f"only {left} {order.currency} of the order is left to refund")
    given = given_back(refunds, order.currency)
    charged: dict[str, LineSnapshot | ShippingSnapshot] = {
        **{line.ref: line for line in order.lines if line.ref != OTHER_CHARGES},
        **{row.ref: row for row in order.shipping},
    }
    listed: list[RefundLine | RefundShipping] = [*refund.lines, *refund.shipping]
    refs = [_ref_of(part) for part in listed]
    if len(set(refs)) != len(refs):  # the store keeps only the last one of a line named twice
        _refuse("refund_line_twice", "the refund names one line of the order twice")
    for ref, part in zip(refs, listed, strict=True):
        if ref not in charged:
            _refuse("refund_line_unknown", f"the order has no line {ref}")
        _refuse_part(part, charged[ref], given.get(ref, Given()))
    if listed and refund.amount > total([_value_of(part) for part in listed], order.currency):
        _refuse("refund_amount_over", "the refund is larger than the lines that it names")


def _refuse_part(part: RefundLine | RefundShipping, charged: LineSnapshot | ShippingSnapshot, given: Given) -> None:
    if isinstance(part, RefundLine) and isinstance(charged, LineSnapshot):
        units = charged.quantity - given.quantity
        if not 0 < part.quantity <= units:
            _refuse("refund_quantity_over", f"only {max(0, units)} of {charged.title} is left to refund")
        if part.duty:
            _refuse("refund_duty", "WooCommerce keeps no duty on an order, so none can be refunded by line")
    if not 0 <= part.net.minor <= charged.net.minor - given.net:
        _refuse("refund_amount_over", f"more than what is left of {charged.title}")
    for ref in {tax.ref for tax in part.taxes}:
        wanted = sum(tax.amount.minor for tax in part.taxes if tax.ref == ref)
        held = sum(tax.amount.minor for tax in charged.taxes if tax.ref == ref)
        if not 0 <= wanted <= held - given.taxes.get(ref, 0):
            _refuse("refund_tax_over", f"more tax than what is left of {charged.title}")


def _ref_of(part: RefundLine | RefundShipping) -> str:
    return part.line_ref if isinstance(part, RefundLine) else part.ref


def _value_of(part: RefundLine | RefundShipping) -> Money:
    return part.net + total([tax.amount for tax in part.taxes], part.net.currency)


def _refuse(code: str, message: str) -> NoReturn:
    raise ProviderError(VENDOR, message, code=code)
