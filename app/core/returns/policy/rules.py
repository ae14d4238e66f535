"""The merchant's policy and the decision: each rule is a small function that gives a verdict with a stable code.

``decide`` is one pure function for the preview that the shopper sees and for the request itself. Any verdict that
declines wins over one that asks for a person, which wins over approval; every verdict is kept and shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.kit.errors import DomainError
from app.core.kit.money import Money
from app.core.returns.charges.rules import Fee, FreeItems
from app.core.returns.reasons.rules import BY_CODE, DEFECTS, Fault


class PolicyInvalid(DomainError):
    """A setting that no policy can have."""

    code = "policy_invalid"


class Outcome(StrEnum):
    """What a decision says."""

    APPROVE = "approve"
    REVIEW = "review"
    DECLINE = "decline"


class WishedOutcome(StrEnum):
    """What the shopper would like instead of the goods."""

    REFUND = "refund"
    EXCHANGE = "exchange"
    STORE_CREDIT = "store_credit"
    KEEP = "keep"


class RefundTrigger(StrEnum):
    """When the money goes back."""

    INSPECTION = "inspection"
    RECEIPT = "receipt"
    APPROVAL = "approval"


class ShippingRefund(StrEnum):
    """Whether the outward shipping goes back as well."""

    WHOLE_ORDER = "whole_order"
    MERCHANT_FAULT = "merchant_fault"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a store's policy. Days are whole days after the moment named.

    ``window_days`` count from delivery; while the delivery date is unknown ``transit_days`` are added to the day of
    shipping (or of the order). ``review_over_minor`` is in the order's currency; 0 switches it off. ``exchanges``:
    whether a shopper may wish for another size or colour, which a person then arranges. ``credit_bonus_percent``: added
    to what a shopper takes as store credit. ``keep_percent``: what a shopper gets back who keeps the goods; 0: not
    offered.
    """

    window_days: int = 30
    transit_days: int = 10
    final_sale_tags: tuple[str, ...] = ("final-sale", "final sale")
    review_over_minor: int = 0
    photo_required: bool = True
    refund_trigger: RefundTrigger = RefundTrigger.INSPECTION
    refund_shipping: ShippingRefund = ShippingRefund.WHOLE_ORDER
    label_expires_days: int = 28
    exchanges: bool = True
    fees: tuple[Fee, ...] = ()
    free_items: FreeItems = FreeItems.KEEP
    store_credit: bool = False
    credit_bonus_percent: int = 0
    keep_percent: int = 0

    def __post_init__(self) -> None:
        """Raises PolicyInvalid, naming the field."""
        for name, low, high in (("window_days", 1, 3650), ("transit_days", 0, 120), ("label_expires_days", 3, 365)):
            if not low <= getattr(self, name) <= high:
                raise PolicyInvalid(field=name, low=low, high=high)
        for name, high in (("credit_bonus_percent", 100), ("keep_percent", 99)):
            if not 0 <= getattr(self, name) <= high:
                raise PolicyInvalid(field=name, low=0, high=high)
        if self.review_over_minor < 0:
            raise PolicyInvalid(field="review_over_minor", low=0, high=10**12)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is known of one line of the request. ``tags`` None: the store has yet to say what the article is."""

    line_id: str
    quantity: int
    reason: str
    photos: int
    tags: tuple[str, ...] | None
    shipped: bool
    requires_shipping: bool = True
    gift_card: bool = False


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What a decision is made from; nothing else may influence it."""

    lines: tuple[LineFacts, ...]
    placed_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    value: Money
    wished: WishedOutcome = WishedOutcome.REFUND


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says. ``values`` fill the sentence of ``code`` (dates as ISO texts)."""

    code: str
    outcome: Outcome
    line_id: str | None = None
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision and every verdict that led to it, the weightiest first."""

    outcome: Outcome
    verdicts: tuple[Verdict, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the verdicts that made the outcome what it is."""
        return tuple(dict.fromkeys(v.code for v in self.verdicts if v.outcome is self.outcome))


def window_start(facts: RequestFacts, policy: Policy) -> datetime:
    """From when the window counts: delivery; else shipping, else the order, with the days of transit on top."""
    if facts.delivered_at is not None:
        return facts.delivered_at
    return (facts.shipped_at or facts.placed_at) + timedelta(days=policy.transit_days)


def window_end(facts: RequestFacts, policy: Policy) -> datetime:
    """The last moment of the return window."""
    return window_start(facts, policy) + timedelta(days=policy.window_days)


def not_yet_shipped(facts: RequestFacts, policy: Policy, now: datetime) -> list[Verdict]:
    """What has not left cannot come back by parcel: a person cancels it instead."""
    del policy, now
    return [Verdict("not_shipped_yet", Outcome.REVIEW, line.line_id) for line in facts.lines if not line.shipped]


def nothing_to_send(facts: RequestFacts, policy: Policy, now: datetime) -> list[Verdict]:
    """Gift cards and downloads are not goods that come back."""
    del policy, now
    return [
        Verdict("not_returnable_kind", Outcome.DECLINE, line.line_id)
        for line in facts.lines
        if line.gift_card or not line.requires_shipping
    ]


def inside_window(facts: RequestFacts, policy: Policy, now: datetime) -> list[Verdict]:
    """A change of mind must come in time; a fault is looked at by a person also afterwards (the guarantee)."""
    end = window_end(facts, policy)
    values = {"date": end.date().isoformat()}
    if now <= end:
        return [Verdict("within_window", Outcome.APPROVE, values=values)]
    return [
        Verdict("window_closed_fault", Outcome.REVIEW, line.line_id, values)
        if _merchants_fault(line)
        else Verdict("window_closed", Outcome.DECLINE, line.line_id, values)
        for line in facts.lines
    ]


def article_unknown(facts: RequestFacts, policy: Policy, now: datetime) -> list[Verdict]:
    """Whether it was final sale, or goods at all, only the store can say."""
    del policy, now
    return [Verdict("article_unknown", Outcome.REVIEW, line.line_id) for line in facts.lines if line.tags is None]


def final_sale(facts: RequestFacts, policy: Policy, now: datetime) -> list[Verdict]:
    """Final-sale goods do not come back for a change of mind; a fault is looked at by a person."""
    del now
    tags = {tag.casefold() for tag in policy.final_sale_tags}
    return [
        Verdict("final_sale_fault", Outcome.REVIEW, line.line_id)
        if _merchants_fault(line)
        else Verdict("final_sale", Outcome.DECLINE, line.line_id)
        for line in facts.lines
        if tags.intersection(tag.casefold() for tag in line.tags or ())
    ]


def evidence(facts: RequestFacts, policy: Policy, now: datetime) -> list[Verdict]:
    """A defect shown on a photo passes at once; without one a person looks."""
    del now
    verdicts = []
    for line in facts.lines:
        if line.reason in DEFECTS:
            if line.photos or not policy.photo_required:
                verdicts.append(Verdict("defect_shown", Outcome.APPROVE, line.line_id))
            else:
                verdicts.append(Verdict("defect_without_photo", Outcome.REVIEW, line.line_id))
    return verdicts


def high_value(facts: RequestFacts, policy: Policy, now: datetime) -> list[Verdict]:
    """Above the merchant's limit a person looks first."""
    del now
    if policy.review_over_minor and facts.value.minor > policy.review_over_minor:
        return [Verdict("value_over_limit", Outcome.REVIEW)]
    return []


def exchange(facts: RequestFacts, policy: Policy, now: datetime) -> list[Verdict]:
    """Another size or colour is arranged by a person."""
    del policy, now
    return [Verdict("exchange_wished", Outcome.REVIEW)] if facts.wished is WishedOutcome.EXCHANGE else []


Rule = Callable[[RequestFacts, Policy, datetime], list[Verdict]]
RULES: tuple[Rule, ...] = (
    nothing_to_send,
    article_unknown,
    final_sale,
    inside_window,
    not_yet_shipped,
    evidence,
    high_value,
    exchange,
)
_WEIGHT = {Outcome.DECLINE: 0, Outcome.REVIEW: 1, Outcome.APPROVE: 2}


def outcomes_offered(policy: Policy) -> tuple[WishedOutcome, ...]:
    """What a shopper may wish for, in the order it is offered."""
    offered = {
        WishedOutcome.EXCHANGE: policy.exchanges,
        WishedOutcome.STORE_CREDIT: policy.store_credit,
        WishedOutcome.KEEP: policy.keep_percent > 0,
    }
    return (WishedOutcome.REFUND, *(outcome for outcome, is_offered in offered.items() if is_offered))


def decide(facts: RequestFacts, policy: Policy, now: datetime) -> Judgement:
    """The decision on a request at ``now``, for the preview and for the request alike."""
    verdicts = [verdict for rule in RULES for verdict in rule(facts, policy, now)]
    verdicts.sort(key=lambda verdict: _WEIGHT[verdict.outcome])
    outcome = verdicts[0].outcome if verdicts else Outcome.REVIEW
    return Judgement(outcome, tuple(verdicts))


def _merchants_fault(line: LineFacts) -> bool:
    reason = BY_CODE.get(line.reason)
    return reason is not None and reason.fault is Fault.MERCHANT and reason.group in {"fault", "product"}
