"""What the shopper is told: the facts of the moment, written to the outbox; rendering and sending happen later."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.kit.money import Money
from app.core.labels.addresses import address_lines
from app.core.messaging import outbox
from app.core.orders.ports import Address
from app.core.returns.models import Refund, Return
from app.core.returns.refunds.states import RefundMethod

SHOPPER_NOTIFY = "shopper.notify"


def money_value(amount: Money) -> dict[str, Any]:
    """Money as a JSON value."""
    return {"minor": amount.minor, "currency": amount.currency}


def put(
    session: Session,
    returned: Return,
    kind: str,
    values: dict[str, Any],
    *,
    now: datetime,
    label_id: UUID | None = None,
) -> None:
    """Intend one notice about a return. ``values`` gets the RMA, the order number and the items by itself."""
    items = [
        {"title": line.order_line.title, "options": line.order_line.options_text, "quantity": line.quantity}
        for line in returned.lines
    ]
    outbox.put(
        session,
        returned.store_id,
        SHOPPER_NOTIFY,
        {
            "kind": kind,
            "to": returned.email,
            "locale": returned.locale,
            "return_id": str(returned.id),
            "access_key": returned.access_key,
            "label_id": str(label_id) if label_id else None,
            "values": {"rma": returned.rma, "order_number": returned.order_number, "items": items, **values},
        },
        lane=f"mail:{returned.id}",
        now=now,
    )


def approved(
    session: Session,
    returned: Return,
    address: Address,
    parts: list[dict[str, Any]],
    *,
    label_id: UUID,
    refund_when: str,
    now: datetime,
) -> None:
    """Granted: the label, where to send it, what comes back and to where."""
    put(
        session,
        returned,
        "return_approved",
        {
            "refund": money_value(returned.quoted),
            "refund_to": parts,
            "send_by": returned.send_by.date().isoformat() if returned.send_by else None,
            "address_lines": address_lines(address, posted_in=address.country),
            "refund_when": refund_when,
            "address_country": address.country,
        },
        now=now,
        label_id=label_id,
    )


def refunded(session: Session, returned: Return, refund: Refund, *, now: datetime) -> None:
    """The money is on its way, or the credit is there."""
    if refund.method is RefundMethod.STORE_CREDIT:
        _credited(session, returned, refund, now=now)
        return
    put(
        session,
        returned,
        "refund_issued",
        {
            "amount": money_value(refund.amount),
            "parts": [
                {"instrument": part["instrument"], "amount": {"minor": part["minor"], "currency": refund.currency}}
                for part in refund.components["parts"]
            ],
            "by_hand": refund.by_hand,
            "days_hint": 10,
        },
        now=now,
    )


def _credited(session: Session, returned: Return, refund: Refund, *, now: datetime) -> None:
    put(
        session,
        returned,
        "credit_issued",
        {
            "amount": money_value(Money(refund.amount_minor + refund.bonus_minor, refund.currency)),
            "bonus": money_value(Money(refund.bonus_minor, refund.currency)),
            "credit_code": refund.credit_code,
        },
        now=now,
    )
