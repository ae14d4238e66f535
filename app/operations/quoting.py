"""``helloword quote FILE``: refund cases worked out by the engine that the portal and the settlement use.

A file is a JSON array of cases, each an ``order`` as charged and the ``steps`` asked for; amounts are decimal texts in
the refund currency. Answers ``{id, steps, after}`` for each, amounts as texts with exactly the currency's decimals.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from app.core.kit.errors import DomainError
from app.core.kit.money import CurrencyMismatch, Money, total
from app.core.orders.ports import Tax
from app.core.returns.charges.rules import RETURN_FEE
from app.core.returns.exchanges.rules import NewLine
from app.core.returns.refunds.rules import (
    Bonus,
    BonusNeedsCredit,
    ChargedLine,
    ChargedShipping,
    Ledger,
    LineNotCharged,
    QuantityExceedsRefundable,
    Quote,
    ShippingRefundedAlready,
    ShippingShare,
    Step,
    Swap,
    UnitsInvalid,
    after,
    quote,
    remaining,
)
from app.core.returns.refunds.states import RefundMethod
from app.core.returns.refunds.tenders.rules import ExceedsPaid, PaymentLeft
from app.operations.refusals import CannotStart

Case = Mapping[str, Any]

REFUSALS: Mapping[type[DomainError], str] = {
    CurrencyMismatch: "CURRENCY_MISMATCH",
    LineNotCharged: "UNKNOWN_LINE",
    UnitsInvalid: "INVALID_QUANTITY",
    QuantityExceedsRefundable: "QUANTITY_EXCEEDS_REFUNDABLE",
    ShippingRefundedAlready: "SHIPPING_ALREADY_REFUNDED",
    BonusNeedsCredit: "BONUS_NEEDS_CREDIT_OR_EXCHANGE",
    ExceedsPaid: "EXCEEDS_PAID",
}


def quote_file(path: Path) -> str:
    """The answers to all cases of ``path`` as JSON. Raises CannotStart: the file, or a case of it, is not readable."""
    try:
        cases = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise CannotStart(msg) from error
    except ValueError as error:
        msg = f"{path} is no JSON: {error}."
        raise CannotStart(msg) from error
    if not isinstance(cases, list):
        msg = f"{path} holds no JSON array of cases."
        raise CannotStart(msg)
    return json.dumps([_answered(place, case) for place, case in enumerate(cases)], indent=2, ensure_ascii=False)


def answer(case: Case) -> dict[str, Any]:
    """``{id, steps, after}`` of one case. Raises KeyError, TypeError, ValueError, DomainError where it is malformed."""
    order = case["order"]
    ledger = _ledger(order)
    steps: list[dict[str, Any]] = []
    for asked in case["steps"]:
        step = _step(asked, ledger.currency)
        try:
            quoted = quote(ledger, step)
        except tuple(REFUSALS) as refusal:
            steps.append({"refused": REFUSALS[type(refusal)]})
            continue
        ledger = after(ledger, step, quoted)
        steps.append(_told(quoted))
    return {"id": case["id"], "steps": steps, "after": _left(ledger)}


def _answered(place: int, case: Any) -> dict[str, Any]:
    name = case.get("id", f"number {place + 1}") if isinstance(case, dict) else f"number {place + 1}"
    try:
        return answer(case)
    except KeyError as error:
        msg = f"Case {name}: {error.args[0]!r} is missing."
    except (TypeError, ValueError, AttributeError, InvalidOperation, DomainError) as error:
        msg = f"Case {name} is malformed: {error}."
    raise CannotStart(msg)


# --- reading -------------------------------------------------------------------------------------------------------


def _ledger(order: Case) -> Ledger:
    currency = order.get("presentment_currency") or order["currency"]
    included = bool(order["prices_include_tax"])

    def money(value: Any) -> Money:
        return Money.parse(value, currency)

    def taxes(row: Case) -> tuple[Tax, ...]:
        return tuple(Tax(t.get("title", ""), money(t["amount"]), t.get("rate")) for t in row.get("taxes", ()))

    def net(gross: Money, charged: Sequence[Tax]) -> Money:
        return gross - total([t.amount for t in charged], currency) if included else gross

    lines = {}
    for row in order["lines"]:
        charged = taxes(row)
        gross = money(row["unit_price"]) * row["quantity"] - money(row.get("line_discounts", 0))
        duty = money(row["duties"]) if row.get("duties") is not None else None
        lines[row["id"]] = ChargedLine(row["id"], row["quantity"], 0, net(gross, charged), charged, duty)
    shipping = []
    for row in order.get("shipping", ()):
        charged = taxes(row)
        gross = money(row["price"]) - money(row.get("discount", 0))
        shipping.append(ChargedShipping(row["id"], net(gross, charged), charged))
    payments = [
        PaymentLeft(row["id"], row["gateway"], row["gateway"], money(row["amount"])) for row in order["payments"]
    ]
    foreign = order.get("presentment_currency") is not None
    return Ledger(
        currency=currency,
        lines=lines,
        payments=tuple(payments),
        shipping=tuple(shipping),
        prices_include_tax=included,
        shop_currency=order["currency"] if foreign else None,
        exchange_rate=Decimal(str(order["exchange_rate"])) if foreign else Decimal(1),
    )


def _step(asked: Case, currency: str) -> Step:
    def money(value: Any) -> Money:
        return Money.parse(value, currency)

    def percent(value: Any) -> Decimal:
        return Decimal(str(value))

    def given(name: str, read: Callable[[Any], Any]) -> Any:
        return None if asked.get(name) is None else read(asked[name])

    return Step(
        units=tuple((row["line"], _whole(row["quantity"])) for row in asked.get("lines", ())),
        shipping=ShippingShare(asked.get("shipping", "none")),
        method=RefundMethod(asked.get("method", "original")),
        charges=given("fee", lambda fee: ((RETURN_FEE, money(fee["amount"])),)) or (),
        restocking_percent=given("restocking_percent", percent) or Decimal(0),
        bonus=given(
            "bonus",
            lambda bonus: (
                Bonus(money(bonus["amount"])) if "amount" in bonus else Bonus(None, percent(bonus["percent"]))
            ),
        ),
        swap=given("exchange", lambda swap: _swap(swap, money)),
        keep_percent=given("keep_item_percent", percent),
        currency=asked.get("currency"),
    )


def _swap(swap: Case, money: Callable[[Any], Money]) -> Swap:
    lines = [
        NewLine(row["id"], money(row["unit_price"]), row["quantity"], Decimal(str(row.get("tax_rate") or 0)))
        for row in swap["new_lines"]
    ]
    payment = swap.get("payment")
    return Swap(tuple(lines), (payment["id"], payment["gateway"]) if payment else None)


def _whole(quantity: Any) -> Any:
    """2.0 is two; what is no whole number stays what it is, and the engine refuses it."""
    return int(quantity) if isinstance(quantity, Decimal) and quantity == quantity.to_integral_value() else quantity


# --- telling -------------------------------------------------------------------------------------------------------


def _told(quoted: Quote) -> dict[str, Any]:
    amounts = {
        "net": quoted.net,
        "tax": quoted.tax,
        "duty": quoted.duty,
        "shipping": quoted.shipping_net,
        "shipping_tax": quoted.shipping_tax,
        "restocking_fee": quoted.restocking_fee,
        "fee": quoted.fee,
        "bonus": quoted.bonus,
        "exchange_total": quoted.exchange_total,
        "owed": quoted.owed,
        "total": quoted.total,
        "store_credit_issued": quoted.credit,
    }
    by_gateway: dict[str, Money] = {}
    for payment, amount in quoted.parts:
        by_gateway[payment.gateway] = by_gateway.get(payment.gateway, Money.zero(amount.currency)) + amount
    told: dict[str, Any] = {"refused": None, **{name: str(amount) for name, amount in amounts.items()}}
    told["by_payment"] = {payment.ref: str(amount) for payment, amount in quoted.parts}
    told["by_gateway"] = {gateway: str(amount) for gateway, amount in by_gateway.items()}
    if quoted.shop_total is not None:
        told["shop_total"] = str(quoted.shop_total)
    return told


def _left(ledger: Ledger) -> dict[str, Any]:
    return {
        "refunded_total": str(Money(ledger.refunded, ledger.currency)),
        "remaining_refundable": str(remaining(ledger)),
        "remaining_units": {ref: line.quantity - line.refunded for ref, line in ledger.lines.items()},
        "payments_left": {payment.ref: str(payment.left) for payment in ledger.payments},
    }
