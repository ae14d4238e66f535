"""Which policy is in force, and keeping a new version of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.messaging import history
from app.core.returns.charges.rules import Fee, FeePer, FreeItems
from app.core.returns.models import ReturnPolicy
from app.core.returns.policy.rules import Policy, PolicyInvalid, RefundTrigger, ShippingRefund


def from_body(body: dict[str, Any]) -> Policy:
    """A policy from its stored form; settings that it does not name have their defaults. Raises PolicyInvalid."""
    known = {name: value for name, value in body.items() if name in Policy.__slots__}
    try:
        if "refund_trigger" in known:
            known["refund_trigger"] = RefundTrigger(known["refund_trigger"])
        if "refund_shipping" in known:
            known["refund_shipping"] = ShippingRefund(known["refund_shipping"])
    except ValueError as error:
        raise PolicyInvalid(field="refund_trigger") from error
    if "free_items" in known:
        known["free_items"] = FreeItems(known["free_items"])
    if "fees" in known:
        known["fees"] = tuple(_fee(fee) for fee in known["fees"])
    if "final_sale_tags" in known:
        known["final_sale_tags"] = tuple(known["final_sale_tags"])
    return Policy(**known)


def _fee(body: dict[str, Any]) -> Fee:
    return Fee(body["amount_minor"], FeePer(body["per"]), tuple(body["reasons"]), tuple(body["outcomes"]))


def in_force(session: Session, store_id: UUID) -> tuple[int, Policy]:
    """The newest version and its number; number 0 and the defaults until the merchant saves one."""
    row = session.scalar(
        select(ReturnPolicy).where(ReturnPolicy.store_id == store_id).order_by(ReturnPolicy.version.desc()).limit(1)
    )
    return (row.version, from_body(row.body)) if row is not None else (0, Policy())


def decided_by(session: Session, store_id: UUID, version: int) -> Policy:
    """The version that a return was decided by: a change of the policy afterwards does not touch it."""
    row = session.get(ReturnPolicy, (store_id, version))
    return from_body(row.body) if row is not None else Policy()


def save(session: Session, store_id: UUID, policy: Policy, *, actor: str, now: datetime) -> int:
    """Keep ``policy`` as the next version; gives its number. Two staff members saving at once: the second conflicts
    on the key.
    """
    version, _ = in_force(session, store_id)
    session.add(
        ReturnPolicy(store_id=store_id, version=version + 1, body=asdict(policy), created_at=now, created_by=actor)
    )
    history.record(session, store_id, "store", store_id, "policy_saved", actor=actor, at=now, version=version + 1)
    return version + 1
