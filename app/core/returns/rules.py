"""The three machines of a return. What is not in these tables cannot happen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from app.core.kit.states import Machine


class Decision(StrEnum):
    """Whether the return is granted."""

    PENDING = "pending"
    REVIEW = "review"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class DecisionEvent(StrEnum):
    """What moves the decision."""

    APPROVE = "approve"
    DECLINE = "decline"
    ESCALATE = "escalate"
    WITHDRAW = "withdraw"


class Parcel(StrEnum):
    """Where the goods are."""

    NONE = "none"
    LABELLED = "labelled"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    LOST = "lost"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class ParcelEvent(StrEnum):
    """What moves the parcel."""

    LABEL = "label"
    SCAN = "scan"
    RECEIVE = "receive"
    INSPECT = "inspect"
    LOSE = "lose"
    EXPIRE = "expire"
    CANCEL = "cancel"


class Settlement(StrEnum):
    """Where the money is. ``pending`` holds from the moment the refund is promised until the store has answered."""

    NONE = "none"
    PENDING = "pending"
    REFUNDED = "refunded"
    CREDITED = "credited"
    EXCHANGED = "exchanged"
    FAILED = "failed"


class SettlementEvent(StrEnum):
    """What moves the settlement."""

    START = "start"
    REFUND = "refund"
    CREDIT = "credit"
    EXCHANGE = "exchange"
    FAIL = "fail"


_D, _DE = Decision, DecisionEvent
DECISION = Machine(
    "decision",
    {
        _D.PENDING: {
            _DE.APPROVE: _D.APPROVED,
            _DE.DECLINE: _D.DECLINED,
            _DE.ESCALATE: _D.REVIEW,
            _DE.WITHDRAW: _D.WITHDRAWN,
        },
        _D.REVIEW: {_DE.APPROVE: _D.APPROVED, _DE.DECLINE: _D.DECLINED, _DE.WITHDRAW: _D.WITHDRAWN},
        _D.APPROVED: {_DE.WITHDRAW: _D.WITHDRAWN},
        _D.DECLINED: {_DE.APPROVE: _D.APPROVED},  # staff changed their mind, with a name and a reason
        _D.WITHDRAWN: {},
    },
)

_P, _PE = Parcel, ParcelEvent
PARCEL = Machine(
    "parcel",
    {
        _P.NONE: {_PE.LABEL: _P.LABELLED, _PE.RECEIVE: _P.RECEIVED, _PE.CANCEL: _P.CANCELLED},
        _P.LABELLED: {
            _PE.SCAN: _P.IN_TRANSIT,
            _PE.RECEIVE: _P.RECEIVED,
            _PE.EXPIRE: _P.EXPIRED,
            _PE.CANCEL: _P.CANCELLED,
        },
        _P.IN_TRANSIT: {_PE.RECEIVE: _P.RECEIVED, _PE.LOSE: _P.LOST},
        _P.LOST: {_PE.RECEIVE: _P.RECEIVED},
        _P.EXPIRED: {_PE.RECEIVE: _P.RECEIVED},  # sent late after all
        _P.RECEIVED: {_PE.INSPECT: _P.INSPECTED},
        _P.INSPECTED: {},
        _P.CANCELLED: {},
    },
)

_S, _SE = Settlement, SettlementEvent
SETTLEMENT = Machine(
    "settlement",
    {
        _S.NONE: {_SE.START: _S.PENDING},
        _S.PENDING: {
            _SE.REFUND: _S.REFUNDED,
            _SE.CREDIT: _S.CREDITED,
            _SE.EXCHANGE: _S.EXCHANGED,
            _SE.FAIL: _S.FAILED,
        },
        _S.FAILED: {_SE.START: _S.PENDING},
        _S.REFUNDED: {_SE.FAIL: _S.FAILED},  # the gateway bounced it days later
        _S.CREDITED: {},
        _S.EXCHANGED: {},
    },
)

MACHINES: Mapping[str, Machine] = {m.name: m for m in (DECISION, PARCEL, SETTLEMENT)}


def can_withdraw(decision: Decision, parcel: Parcel, settlement: Settlement) -> bool:
    """A shopper may take a request back until the goods are on their way, or the money."""
    return (
        decision in {Decision.PENDING, Decision.REVIEW, Decision.APPROVED}
        and parcel in {Parcel.NONE, Parcel.LABELLED}
        and settlement is Settlement.NONE
    )


def is_closed(decision: Decision, parcel: Parcel, settlement: Settlement) -> bool:
    """Nothing more will happen by itself: declined, taken back, paid, or inspected with nothing to pay for."""
    if decision in {Decision.DECLINED, Decision.WITHDRAWN}:
        return True
    if settlement is Settlement.NONE:
        return parcel is Parcel.INSPECTED
    return settlement in {Settlement.REFUNDED, Settlement.CREDITED, Settlement.EXCHANGED} and parcel in {
        Parcel.INSPECTED,
        Parcel.NONE,
    }
