"""A refund that was booked and failed afterwards: the settlement is opened again, and a person is told.

How we learn of it: Shopify keeps the refund and marks its transaction as failed; gateways' plugins for WooCommerce
delete the refund, of which the store tells nobody (neither an event nor the order's date of change). So every reading of
an order looks, and an order is read once more on some days after its refund (``ask_again``).

A reading that was begun before the refund was booked does not show it, and must not make it fail: only what was held
before the reading began is judged by it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.kit.states import advance
from app.core.messaging import history
from app.core.orders import service as orders
from app.core.orders.ports import OrderSnapshot
from app.core.returns import repository as returns
from app.core.returns.refunds import service as refunds
from app.core.returns.refunds.failures import repository
from app.core.returns.refunds.failures.rules import Failure, Held, failure_of
from app.core.returns.refunds.states import RefundStatus
from app.core.returns.rules import SETTLEMENT, Settlement, SettlementEvent

READ_AGAIN = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=14))
"""After a refund. A card's bank may refuse it days later; what is older is found when the order changes."""
_LATE = timedelta(days=2)
"""How late the daily look may be before a refund's turn is left out."""


def held(session: Session, store_id: UUID, order_ref: str) -> Sequence[Held]:
    """What we hold as booked on an order: to be asked before the store is."""
    return repository.held(session, store_id, order_ref)


def failures(held_before: Sequence[Held], snapshot: OrderSnapshot) -> dict[UUID, Failure]:
    """What is wrong, by refund id. Nothing where ``snapshot`` does not tell of refunds."""
    if snapshot.refunds is None:
        return {}
    found = {one.refund_id: failure_of(one, snapshot.refunds) for one in held_before}
    return {refund_id: failure for refund_id, failure in found.items() if failure is not None}


def record(
    session: Session, store_id: UUID, held_before: Sequence[Held], found: Mapping[UUID, Failure], *, now: datetime
) -> Collection[UUID]:
    """Open the settlements again; gives the returns. One that somebody has moved on meanwhile is left alone.

    Where nothing went back, units and money are free again, so that staff can refund anew. Where a part did, they stay
    taken: the rest is for a person to pay out, because to refund anew would pay the first part twice.
    """
    opened = []
    for one in held_before:
        failure = found.get(one.refund_id)
        if failure is None:
            continue
        returned = returns.get(session, store_id, one.return_id, lock=True)
        refund = next(row for row in returned.refunds if row.id == one.refund_id)
        if returned.settlement is not Settlement.REFUNDED or refund.status is not RefundStatus.ISSUED:
            continue
        if failure is Failure.SHORT:
            change = advance(SETTLEMENT, returned.settlement, SettlementEvent.FAIL)
            refund.failure, returned.settlement = failure.value, Settlement(change.to_state)
            history.record(
                session, store_id, "return", returned.id, change, actor="store", at=now, reason=failure.value
            )
        else:
            refunds.failed(session, returned, refund, why=failure.value, now=now)
        returned.settled_at = None
        opened.append(returned.id)
    return opened


def ask_where_doubtful(session: Session, store_id: UUID, snapshot: OrderSnapshot, *, now: datetime) -> bool:
    """For a snapshot of which nobody knows what was held when its reading began: have the order read again if it shows
    one of our refunds failed or not at all. Whether it did.
    """
    doubtful = failures(held(session, store_id, snapshot.ref), snapshot)
    for refund_id, failure in doubtful.items():
        because = f"{failure.value}:{refund_id}:{snapshot.updated_at.isoformat()}"
        orders.ask_pull(session, store_id, snapshot.ref, now=now, because=because)
    return bool(doubtful)


def ask_again(session: Session, store_id: UUID, *, now: datetime) -> int:
    """Have the orders read whose refund is so old today as in ``READ_AGAIN``; gives how many refunds. Safe to repeat."""
    count = 0
    for age in READ_AGAIN:
        for refund_id, order_ref in repository.booked_between(session, store_id, now - age - _LATE, now - age):
            because = f"refund-{age.days}d:{refund_id}"
            orders.ask_pull(session, store_id, order_ref, now=now, because=because)
            count += 1
    return count
