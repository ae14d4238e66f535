"""Every query about returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from app.core.orders.models import Order
from app.core.returns.errors import ReturnUnknown
from app.core.returns.models import Refund, Return, ReturnLine, ReturnPhoto
from app.core.returns.rules import Decision, Parcel, Settlement


class Queue(StrEnum):
    """The inbox's tabs, each a question a merchant asks."""

    NEEDS_YOU = "needs_you"
    REVIEW = "review"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    PROBLEM = "problem"
    DONE = "done"
    ALL = "all"


_REVIEW = Return.decision.in_([Decision.REVIEW, Decision.PENDING])
_ARRIVED = and_(Return.parcel == Parcel.RECEIVED, Return.decision == Decision.APPROVED)
_PROBLEM = or_(Return.settlement == Settlement.FAILED, Return.parcel == Parcel.LOST)
_CONDITIONS = {
    Queue.NEEDS_YOU: or_(_REVIEW, _ARRIVED, _PROBLEM),
    Queue.REVIEW: _REVIEW,
    Queue.ON_THE_WAY: and_(
        Return.decision == Decision.APPROVED, Return.parcel.in_([Parcel.NONE, Parcel.LABELLED, Parcel.IN_TRANSIT])
    ),
    Queue.ARRIVED: _ARRIVED,
    Queue.PROBLEM: _PROBLEM,
    Queue.DONE: or_(
        Return.decision.in_([Decision.DECLINED, Decision.WITHDRAWN]),
        Return.settlement.in_([Settlement.REFUNDED, Settlement.CREDITED, Settlement.EXCHANGED]),
        and_(Return.parcel == Parcel.INSPECTED, Return.settlement == Settlement.NONE),
        Return.parcel == Parcel.EXPIRED,
    ),
    Queue.ALL: true(),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of returns, newest first. ``next_cursor`` is the id to go on after."""

    returns: Sequence[Return]
    next_cursor: UUID | None


def get(session: Session, store_id: UUID, return_id: UUID, *, lock: bool = False) -> Return:
    """The return with its lines, photos, units, refunds, order lines and order. Raises ReturnUnknown."""
    query = _whole(select(Return).where(Return.store_id == store_id, Return.id == return_id))
    found = session.scalar(query.with_for_update(of=Return) if lock else query)
    if found is None:
        raise ReturnUnknown
    return found


def by_access_key(session: Session, store_id: UUID, access_key: str) -> Return:
    """The return that a status link opens. Raises ReturnUnknown."""
    found = session.scalar(_whole(select(Return).where(Return.store_id == store_id, Return.access_key == access_key)))
    if found is None:
        raise ReturnUnknown
    return found


def by_rma(session: Session, store_id: UUID, rma: str) -> Return | None:
    """The return with this RMA number (typed or scanned: case and blanks do not matter)."""
    return session.scalar(
        _whole(select(Return).where(Return.store_id == store_id, Return.rma == "".join(rma.split()).upper()))
    )


def by_submit_key(session: Session, store_id: UUID, submit_key: str) -> Return | None:
    """The return that this form has made already."""
    return session.scalar(_whole(select(Return).where(Return.store_id == store_id, Return.submit_key == submit_key)))


def of_order(session: Session, store_id: UUID, order_id: UUID) -> Sequence[Return]:
    """All returns of an order, newest first, with their lines."""
    return session.scalars(
        select(Return)
        .where(Return.store_id == store_id, Return.order_id == order_id)
        .order_by(Return.id.desc())
        .options(selectinload(Return.lines).selectinload(ReturnLine.order_line))
    ).all()


def page(
    session: Session,
    store_id: UUID,
    queue: Queue,
    *,
    search: str = "",
    country: str = "",
    after: UUID | None = None,
    size: int = 50,
) -> Page:
    """A page of the inbox: constant queries whatever its size. ``search``: RMA, order number, e-mail, name or SKU."""
    query = select(Return).where(Return.store_id == store_id, _CONDITIONS[queue])
    for word in search.casefold().split()[:6]:
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query = query.where(Return.search_text.like(f"%{escaped}%", escape="\\"))
    if country:
        query = query.where(Return.country == country)
    if after is not None:
        query = query.where(Return.id < after)
    rows = session.scalars(
        query.order_by(Return.id.desc())
        .limit(size + 1)
        .options(selectinload(Return.lines).selectinload(ReturnLine.order_line))
    ).all()
    return Page(rows[:size], rows[size - 1].id if len(rows) > size else None)


def count_by_queue(session: Session, store_id: UUID) -> dict[Queue, int]:
    """How many returns each tab holds: one query over the three machines' states."""
    states = session.execute(
        select(Return.decision, Return.parcel, Return.settlement, func.count())
        .where(Return.store_id == store_id)
        .group_by(Return.decision, Return.parcel, Return.settlement)
    ).all()
    counts = dict.fromkeys(Queue, 0)
    for decision, parcel, settlement, number in states:
        for queue in queues_of(decision, parcel, settlement):
            counts[queue] += number
    return counts


def queues_of(decision: Decision, parcel: Parcel, settlement: Settlement) -> set[Queue]:
    """The tabs a return stands in; says the same as the conditions above (a test holds them together)."""
    queues = {Queue.ALL}
    if decision in {Decision.REVIEW, Decision.PENDING}:
        queues |= {Queue.REVIEW, Queue.NEEDS_YOU}
    if decision is Decision.APPROVED and parcel is Parcel.RECEIVED:
        queues |= {Queue.ARRIVED, Queue.NEEDS_YOU}
    if settlement is Settlement.FAILED or parcel is Parcel.LOST:
        queues |= {Queue.PROBLEM, Queue.NEEDS_YOU}
    if decision is Decision.APPROVED and parcel in {Parcel.NONE, Parcel.LABELLED, Parcel.IN_TRANSIT}:
        queues.add(Queue.ON_THE_WAY)
    if (
        decision in {Decision.DECLINED, Decision.WITHDRAWN}
        or settlement in {Settlement.REFUNDED, Settlement.CREDITED, Settlement.EXCHANGED}
        or (parcel is Parcel.INSPECTED and settlement is Settlement.NONE)
        or parcel is Parcel.EXPIRED
    ):
        queues.add(Queue.DONE)
    return queues


def refunds_of_order(session: Session, store_id: UUID, order_id: UUID) -> Sequence[Refund]:
    """All refunds we promised for an order, oldest first."""
    return session.scalars(
        select(Refund).where(Refund.store_id == store_id, Refund.order_id == order_id).order_by(Refund.id)
    ).all()


def refund_by_outbox(session: Session, store_id: UUID, outbox_id: UUID) -> Refund | None:
    """The refund that an effect carries."""
    return session.scalar(select(Refund).where(Refund.store_id == store_id, Refund.outbox_id == outbox_id))


def draft_photos(session: Session, store_id: UUID, draft_key: str) -> Sequence[ReturnPhoto]:
    """Photos uploaded for a request that is not confirmed yet."""
    return session.scalars(
        select(ReturnPhoto)
        .where(
            ReturnPhoto.store_id == store_id,
            ReturnPhoto.draft_key == draft_key,
            ReturnPhoto.return_line_id.is_(None),
        )
        .order_by(ReturnPhoto.id)
    ).all()


def _whole(query: Select[Return]) -> Select[Return]:
    line = selectinload(Return.lines)
    order = selectinload(Return.order)
    return query.options(
        line.selectinload(ReturnLine.order_line),
        line.selectinload(ReturnLine.photos),
        line.selectinload(ReturnLine.units),
        selectinload(Return.refunds),
        order.selectinload(Order.lines),
        order.selectinload(Order.shipping),
        order.selectinload(Order.payments),
        order.selectinload(Order.fulfillments),
        order.selectinload(Order.refunds),
    )


def countries(session: Session, store_id: UUID) -> Sequence[str]:
    """The countries that returns came from, for the inbox's filter."""
    return session.scalars(
        select(Return.country).where(Return.store_id == store_id).distinct().order_by(Return.country)
    ).all()
