"""Request, decide, withdraw: the verbs of a return until the goods arrive."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.kit.ids import new_id, new_rma
from app.core.kit.states import advance
from app.core.labels import service as labels
from app.core.merchants.models import Store
from app.core.messaging import history, outbox
from app.core.messaging.history import SHOPPER, SYSTEM
from app.core.orders import repository as orders
from app.core.orders.errors import QuantityOverLeft
from app.core.orders.models import Order
from app.core.orders.ports import Address
from app.core.returns import repository
from app.core.returns.errors import (
    LineUnknown,
    NothingChosen,
    OutcomeNotOffered,
    QuantityInvalid,
    ReasonNeeded,
    ReturnAddressMissing,
    TooLate,
)
from app.core.returns.models import Return, ReturnLine, ReturnPhoto
from app.core.returns.notices import service as notices
from app.core.returns.policy import service as policies
from app.core.returns.policy.rules import (
    Judgement,
    LineFacts,
    Outcome,
    Policy,
    RefundTrigger,
    RequestFacts,
    Verdict,
    WishedOutcome,
    decide,
    outcomes_offered,
)
from app.core.returns.reasons.rules import check
from app.core.returns.refunds import service as refunds
from app.core.returns.refunds.quotes.service import quote_units
from app.core.returns.refunds.rules import Quote
from app.core.returns.rules import (
    DECISION,
    PARCEL,
    Decision,
    DecisionEvent,
    Parcel,
    ParcelEvent,
    can_withdraw,
)


@dataclass(frozen=True, slots=True)
class WishedLine:
    """One line of a request as the shopper filled it in."""

    order_line_id: UUID
    quantity: int
    reason: str
    answers: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """A whole request. ``submit_key`` is made with the form: sent twice, it is still one return."""

    lines: tuple[WishedLine, ...]
    locale: str
    submit_key: str
    outcome: WishedOutcome = WishedOutcome.REFUND


@dataclass(frozen=True, slots=True)
class Preview:
    """What the shopper sees before confirming: what comes back and why, and what will be decided."""

    quote: Quote
    judgement: Judgement
    policy: Policy
    policy_version: int


def preview(session: Session, order: Order, wish: Wish, *, now: datetime) -> Preview:
    """What would happen: the same code as ``submit``, and nothing is kept.

    Raises NothingChosen, QuantityInvalid, LineUnknown, ReasonUnknown, AnswerInvalid, QuantityOverLeft,
    OutcomeNotOffered.
    """
    lines = {line.id: line for line in order.lines}
    if not wish.lines:
        raise NothingChosen
    photos: dict[UUID, int] = {}
    for photo in repository.draft_photos(session, order.store_id, wish.submit_key):
        photos[photo.order_line_id] = photos.get(photo.order_line_id, 0) + 1
    facts = []
    for wished in wish.lines:
        line = lines.get(wished.order_line_id)
        if line is None or [w.order_line_id for w in wish.lines].count(wished.order_line_id) > 1:
            raise LineUnknown(line_id=str(wished.order_line_id))
        if wished.quantity < 1:
            raise QuantityInvalid(field=f"quantity-{line.id}")
        if wished.quantity > line.returnable:
            raise QuantityOverLeft(field=f"quantity-{line.id}", left=line.returnable)
        check(wished.reason, wished.answers)
        facts.append(
            LineFacts(
                line_id=str(line.id),
                quantity=wished.quantity,
                reason=wished.reason,
                photos=photos.get(line.id, 0),
                tags=None if line.tags is None else tuple(line.tags),
                shipped=_is_shipped(order, line.ref),
                requires_shipping=line.requires_shipping,
                gift_card=line.gift_card,
            )
        )
    version, policy = policies.in_force(session, order.store_id)
    if wish.outcome not in outcomes_offered(policy):
        raise OutcomeNotOffered(field="outcome")
    units = {wished.order_line_id: wished.quantity for wished in wish.lines}
    quoted = quote_units(session, order, units, [w.reason for w in wish.lines], policy, wish.outcome)
    request = RequestFacts(
        tuple(facts), order.placed_at, order.shipped_at, order.delivered_at, quoted.total, wish.outcome
    )
    return Preview(quoted, decide(request, policy, now), policy, version)


def submit(session: Session, store: Store, order: Order, wish: Wish, *, now: datetime) -> Return:
    """Make the return and decide it. The same ``submit_key`` again gives the return that is there already.

    Raises what ``preview`` raises; then nothing has changed.
    """
    known = repository.by_submit_key(session, store.id, wish.submit_key)
    if known is not None:
        if known.order_id != order.id:
            raise LineUnknown
        return known
    seen = preview(session, order, wish, now=now)
    address = order.delivery_address
    returned = Return(
        store_id=store.id,
        id=new_id(),
        order_id=order.id,
        rma=new_rma(),
        submit_key=wish.submit_key,
        access_key=secrets.token_urlsafe(32),
        order_number=order.number,
        email=order.email,
        shopper_name=address.name,
        country=address.country,
        locale=wish.locale,
        currency=order.currency,
        outcome_wished=wish.outcome.value,
        decision=Decision.PENDING,
        reasons=[],
        policy_version=seen.policy_version,
        quoted_minor=seen.quote.total.minor,
        units=sum(line.quantity for line in wish.lines),
        created_at=now,
        lines=[],
    )
    session.add(returned)
    skus = []
    order_lines = {line.id: line for line in order.lines}
    photos = repository.draft_photos(session, store.id, wish.submit_key)
    for position, wished in enumerate(wish.lines):
        reason, answers = check(wished.reason, wished.answers)
        orders.claim_units(session, store.id, wished.order_line_id, wished.quantity)
        line = ReturnLine(
            store_id=store.id,
            id=new_id(),
            order_line_id=wished.order_line_id,
            position=position,
            quantity=wished.quantity,
            reason=reason.code,
            answers=answers,
            note=wished.note.strip()[:1000],
        )
        returned.lines.append(line)
        skus.append(f"{order_lines[wished.order_line_id].sku} {order_lines[wished.order_line_id].title}")
        session.flush()
        _adopt_photos(photos, line)
    returned.search_text = " ".join([returned.rma, order.number, order.email, address.name, *skus]).casefold()[:1000]
    session.flush()
    history.record(
        session,
        store.id,
        "return",
        returned.id,
        "requested",
        actor=SHOPPER,
        at=now,
        amount={"minor": returned.quoted_minor, "currency": returned.currency},
        units=returned.units,
    )
    session.expire(returned, ["lines", "order"])
    returned = repository.get(session, store.id, returned.id)
    _apply(session, store, returned, seen, now=now)
    return returned


def _apply(session: Session, store: Store, returned: Return, seen: Preview, *, now: datetime) -> None:
    outcome, verdicts = seen.judgement.outcome, list(seen.judgement.verdicts)
    keeps = returned.outcome_wished == WishedOutcome.KEEP
    if outcome is Outcome.APPROVE and store.return_address is None and not keeps:
        outcome = Outcome.REVIEW  # nobody could make a label: a person must give the address first
        verdicts.insert(0, Verdict("return_address_missing", Outcome.REVIEW))
    returned.reasons = [
        {"code": v.code, "outcome": v.outcome.value, "line_id": v.line_id, "values": v.values} for v in verdicts
    ]
    codes = ", ".join(dict.fromkeys(v.code for v in verdicts if v.outcome is outcome))
    if outcome is Outcome.APPROVE:
        _grant(session, store, returned, seen.policy, actor=SYSTEM, reason=codes, now=now)
    elif outcome is Outcome.DECLINE:
        _refuse(session, returned, actor=SYSTEM, reason=codes, now=now)
    else:
        _move_decision(session, returned, DecisionEvent.ESCALATE, actor=SYSTEM, reason=codes, now=now)
        notices.put(session, returned, "return_received", {}, now=now)


def approve(session: Session, store: Store, returned: Return, *, actor: str, now: datetime, reason: str = "") -> None:
    """Staff grant it. Over a declined one they say why.

    Raises ReasonNeeded, ReturnAddressMissing, ForbiddenTransition.
    """
    if returned.decision is Decision.DECLINED:
        if not reason.strip():
            raise ReasonNeeded(field="reason")
        for line in returned.lines:  # declining had released the units
            orders.claim_units(session, store.id, line.order_line_id, line.quantity)
        session.expire(returned, ["order"])
    policy = policies.decided_by(session, store.id, returned.policy_version)
    _grant(session, store, returned, policy, actor=actor, reason=reason, now=now)


def decline(session: Session, returned: Return, *, actor: str, now: datetime, reason: str) -> None:
    """Staff refuse it, in words the shopper will read. Raises ReasonNeeded, ForbiddenTransition."""
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    returned.reasons = [
        {"code": "declined_by_staff", "outcome": "decline", "line_id": None, "values": {"reason": reason.strip()}},
        *returned.reasons,
    ]
    _refuse(session, returned, actor=actor, reason=reason, now=now)


def withdraw(session: Session, returned: Return, *, actor: str, now: datetime) -> None:
    """The shopper takes it back before sending anything. Raises TooLate."""
    if not can_withdraw(returned.decision, returned.parcel, returned.settlement):
        raise TooLate
    _move_decision(session, returned, DecisionEvent.WITHDRAW, actor=actor, reason=None, now=now)
    _release(session, returned)
    move_parcel(session, returned, ParcelEvent.CANCEL, actor=actor, now=now)
    labels.void_all(session, returned.store_id, returned.id, lane=returned.lane, now=now)
    notices.put(session, returned, "return_withdrawn", {}, now=now)


def expire(session: Session, returned: Return, *, now: datetime) -> None:
    """The label was not used in time: the units are free again. Raises ForbiddenTransition."""
    move_parcel(session, returned, ParcelEvent.EXPIRE, actor=SYSTEM, now=now)
    _release(session, returned)
    notices.put(session, returned, "return_expired", {}, now=now)


def labelled(
    session: Session, store: Store, returned: Return, outbox_id: UUID, bought: dict[str, Any], *, now: datetime
) -> None:
    """The carrier has sold the label: tell the shopper."""
    label = labels.keep(session, store.id, returned.id, outbox_id, bought, now=now)
    if returned.decision is not Decision.APPROVED or returned.parcel is not Parcel.NONE:
        # withdrawn, or arrived without a label, while the carrier was busy
        labels.void_all(session, store.id, returned.id, lane=returned.lane, now=now)
        return
    move_parcel(session, returned, ParcelEvent.LABEL, actor=SYSTEM, now=now, carrier=label.carrier)
    policy = policies.decided_by(session, store.id, returned.policy_version)
    parts = _expected_parts(session, returned, policy)
    address = Address.from_dict(store.return_address)
    notices.approved(
        session, returned, address, parts, label_id=label.id, refund_when=policy.refund_trigger.value, now=now
    )


def move_parcel(
    session: Session, returned: Return, event: ParcelEvent, *, actor: str, now: datetime, **data: Any
) -> None:
    """Move the parcel machine and write it down."""
    change = advance(PARCEL, returned.parcel, event)
    returned.parcel = Parcel(change.to_state)
    history.record(session, returned.store_id, "return", returned.id, change, actor=actor, at=now, **data)


def _grant(
    session: Session, store: Store, returned: Return, policy: Policy, *, actor: str, reason: str, now: datetime
) -> None:
    keeps = returned.outcome_wished == WishedOutcome.KEEP
    if store.return_address is None and not keeps:
        raise ReturnAddressMissing
    _move_decision(session, returned, DecisionEvent.APPROVE, actor=actor, reason=reason or None, now=now)
    if keeps:  # nothing is sent: the money goes back at once, and the mail about it says the rest
        refunds.settle(session, returned, units_of(returned), policy, actor=actor, now=now)
        return
    returned.send_by = now + timedelta(days=policy.label_expires_days)
    outbox.put(
        session,
        store.id,
        labels.LABEL_BUY,
        {"return_id": str(returned.id), "carrier": "own_label"},
        lane=returned.lane,
        now=now,
    )
    if policy.refund_trigger is RefundTrigger.APPROVAL:
        refunds.settle(session, returned, units_of(returned), policy, actor=actor, now=now)


def _refuse(session: Session, returned: Return, *, actor: str, reason: str, now: datetime) -> None:
    _move_decision(session, returned, DecisionEvent.DECLINE, actor=actor, reason=reason, now=now)
    _release(session, returned)
    told = [r for r in returned.reasons if r["outcome"] == Outcome.DECLINE.value]
    notices.put(session, returned, "return_declined", {"reasons": told}, now=now)


def _release(session: Session, returned: Return) -> None:
    for line in returned.lines:
        orders.count_units(session, returned.store_id, line.order_line_id, requested=-line.quantity)


def _move_decision(
    session: Session, returned: Return, event: DecisionEvent, *, actor: str, reason: str | None, now: datetime
) -> None:
    change = advance(DECISION, returned.decision, event)
    returned.decision, returned.decided_at = Decision(change.to_state), now
    history.record(session, returned.store_id, "return", returned.id, change, actor=actor, at=now, reason=reason)


def units_of(returned: Return) -> dict[UUID, int]:
    """All units of a return by order line."""
    return {line.order_line_id: line.quantity for line in returned.lines}


def _expected_parts(session: Session, returned: Return, policy: Policy) -> list[dict[str, Any]]:
    if returned.refunds:
        parts = returned.refunds[-1].components["parts"]
        return [
            {"instrument": p["instrument"], "amount": {"minor": p["minor"], "currency": returned.currency}}
            for p in parts
        ]
    quoted = quote_units(
        session,
        returned.order,
        units_of(returned),
        [line.reason for line in returned.lines],
        policy,
        refunds.settled_as(returned),
        claimed=True,
    )
    return [
        {"instrument": payment.instrument, "amount": notices.money_value(amount)} for payment, amount in quoted.parts
    ]


def _is_shipped(order: Order, line_ref: str) -> bool:
    if order.fulfillments:
        return any(ref == line_ref for row in order.fulfillments for ref, _ in row.lines)
    return order.completed_at is not None


def _adopt_photos(photos: Sequence[ReturnPhoto], line: ReturnLine) -> None:
    for photo in photos:
        if photo.order_line_id == line.order_line_id:
            photo.return_line_id = line.id
