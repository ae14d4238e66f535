"""What of an order can come back, before anything is chosen: asked of the same rules that decide the request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.kit.money import Money
from app.core.orders.models import Order
from app.core.returns.policy import service as policies
from app.core.returns.policy.rules import LineFacts, Outcome, RequestFacts, Verdict, decide, window_end

_PLAIN_REASON = "changed_mind"
_FAULT_REASON = "defective"


@dataclass(frozen=True, slots=True)
class LineEligibility:
    """One line. ``left`` units can still be claimed; ``never`` says why none ever can; ``only_if_faulty`` why a
    change of mind would be declined while a fault would still be looked at.
    """

    left: int
    never: Verdict | None = None
    only_if_faulty: Verdict | None = None


@dataclass(frozen=True, slots=True)
class OrderEligibility:
    """An order's lines by id, the last moment of the return window, and whether that is still to come."""

    lines: dict[UUID, LineEligibility]
    window_ends: datetime
    is_open: bool


def of_order(session: Session, order: Order, *, now: datetime) -> OrderEligibility:
    """What can come back, line by line: one query for the policy, whatever the number of lines."""
    _, policy = policies.in_force(session, order.store_id)

    def asked(facts: tuple[LineFacts, ...]) -> RequestFacts:
        return RequestFacts(facts, order.placed_at, order.shipped_at, order.delivered_at, Money.zero(order.currency))

    lines: dict[UUID, LineEligibility] = {}
    for line in order.lines:
        refused: dict[str, Verdict] = {}
        for reason in (_PLAIN_REASON, _FAULT_REASON):
            facts = LineFacts(
                line_id=str(line.id),
                quantity=1,
                reason=reason,
                photos=1,
                tags=tuple(line.tags or ()),
                shipped=True,
                requires_shipping=line.requires_shipping,
                gift_card=line.gift_card,
            )
            judgement = decide(asked((facts,)), policy, now)
            if judgement.outcome is Outcome.DECLINE:
                refused[reason] = judgement.verdicts[0]
        never = refused.get(_FAULT_REASON)
        lines[line.id] = LineEligibility(line.returnable, never, None if never else refused.get(_PLAIN_REASON))
    ends = window_end(asked(()), policy)
    return OrderEligibility(lines, ends, now <= ends)
