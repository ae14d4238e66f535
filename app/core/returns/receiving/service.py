"""The parcel arrives, each unit is graded, stock and money follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.inventory import service as inventory
from app.core.inventory.ports import StockMovementOrder
from app.core.merchants.models import Store
from app.core.messaging import history
from app.core.orders import repository as orders
from app.core.orders.models import OrderLine
from app.core.returns.errors import InspectionIncomplete
from app.core.returns.models import Return, ReturnUnit
from app.core.returns.notices import service as notices
from app.core.returns.policy import service as policies
from app.core.returns.policy.rules import RefundTrigger
from app.core.returns.receiving.rules import Disposition, Grade, allowed, is_accepted
from app.core.returns.refunds import service as refunds
from app.core.returns.rules import Parcel, ParcelEvent, Settlement
from app.core.returns.service import move_parcel, units_of


@dataclass(frozen=True, slots=True)
class GradedUnit:
    """What was found for one unit of one return line (``unit`` counts from 0)."""

    return_line_id: UUID
    unit: int
    grade: Grade
    disposition: Disposition
    note: str = ""


def receive(session: Session, store: Store, returned: Return, *, actor: str, now: datetime) -> None:
    """The parcel is here, also after its label expired. Raises ForbiddenTransition, QuantityOverLeft."""
    if returned.parcel is Parcel.EXPIRED:  # expiry had released the units
        for line in returned.lines:
            orders.claim_units(session, store.id, line.order_line_id, line.quantity)
    move_parcel(session, returned, ParcelEvent.RECEIVE, actor=actor, now=now)
    returned.received_at = now
    policy = policies.decided_by(session, store.id, returned.policy_version)
    notices.put(session, returned, "parcel_received", {"refund_when": policy.refund_trigger.value}, now=now)
    if policy.refund_trigger is RefundTrigger.RECEIPT and returned.settlement is Settlement.NONE:
        refunds.settle(session, returned, units_of(returned), policy, actor=actor, now=now)


def inspect(
    session: Session, store: Store, returned: Return, graded: Sequence[GradedUnit], *, actor: str, now: datetime
) -> None:
    """Every unit has its grade: move stock for what is restocked, and refund what was accepted, in this unit of work.

    Units that are missing or another article are free to be claimed again. Raises InspectionIncomplete,
    ForbiddenTransition (inspected already).
    """
    by_line = _checked(returned, graded)
    move_parcel(session, returned, ParcelEvent.INSPECT, actor=actor, now=now)
    accepted: dict[UUID, int] = {}
    for line in returned.lines:
        units = by_line[line.id]
        good = [unit for unit in units if is_accepted(unit.grade)]
        restock = [unit.unit for unit in units if unit.disposition is Disposition.RESTOCK]
        orders.count_units(session, store.id, line.order_line_id, received=len(good))
        orders.count_units(
            session, store.id, line.order_line_id, accepted=len(good), requested=-(len(units) - len(good))
        )
        for unit in units:
            session.add(
                ReturnUnit(
                    store_id=store.id,
                    return_line_id=line.id,
                    unit=unit.unit,
                    grade=unit.grade,
                    disposition=unit.disposition,
                    note=unit.note.strip()[:1000],
                    inspected_by=actor,
                    inspected_at=now,
                )
            )
        if restock:
            _restock(session, store, returned, line.id, line.order_line, restock, now=now)
        if good:
            accepted[line.order_line_id] = len(good)
    history.record(
        session,
        store.id,
        "return",
        returned.id,
        "graded",
        actor=actor,
        at=now,
        units=[
            {"sku": line.order_line.sku, "grade": unit.grade.value, "disposition": unit.disposition.value}
            for line in returned.lines
            for unit in by_line[line.id]
        ],
    )
    _settle_inspected(session, store, returned, accepted, actor=actor, now=now)


def _settle_inspected(
    session: Session, store: Store, returned: Return, accepted: dict[UUID, int], *, actor: str, now: datetime
) -> None:
    if returned.settlement is not Settlement.NONE:
        return  # paid earlier, by policy
    if not accepted:
        history.record(session, store.id, "return", returned.id, "nothing_to_refund", actor=actor, at=now)
        notices.put(
            session, returned, "return_inspected_less", {"amount": {"minor": 0, "currency": returned.currency}}, now=now
        )
        return
    policy = policies.decided_by(session, store.id, returned.policy_version)
    refund = refunds.settle(session, returned, accepted, policy, actor=actor, now=now)
    if refund.amount_minor < returned.quoted_minor:
        notices.put(session, returned, "return_inspected_less", {"amount": notices.money_value(refund.amount)}, now=now)


def _restock(
    session: Session,
    store: Store,
    returned: Return,
    return_line_id: UUID,
    line: OrderLine,
    units: Sequence[int],
    *,
    now: datetime,
) -> None:
    article = StockMovementOrder(
        key="",
        stock_ref=line.stock_ref,
        product_ref=line.product_ref,
        variant_ref=line.variant_ref,
        location_ref=store.location_ref or "",
        quantity=len(units),
        document=returned.rma,
    )
    inventory.put_back(session, store.id, returned.id, returned.lane, return_line_id, units, article, line.sku, now=now)
    orders.count_units(session, store.id, line.id, restocked=len(units))


def _checked(returned: Return, graded: Sequence[GradedUnit]) -> dict[UUID, list[GradedUnit]]:
    by_line: dict[UUID, list[GradedUnit]] = {line.id: [] for line in returned.lines}
    for unit in graded:
        if unit.return_line_id not in by_line or not allowed(unit.grade, unit.disposition):
            raise InspectionIncomplete(field=f"unit-{unit.return_line_id}-{unit.unit}")
        by_line[unit.return_line_id].append(unit)
    for line in returned.lines:
        if sorted(unit.unit for unit in by_line[line.id]) != list(range(line.quantity)):
            raise InspectionIncomplete(field=f"unit-{line.id}")
    return by_line
