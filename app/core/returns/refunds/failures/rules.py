"""Whether a refund that the store had booked is still good, by what the store says of it now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.core.kit.money import Money
from app.core.orders.ports import RefundSnapshot


class Failure(StrEnum):
    """What became of a refund that had been booked."""

    DECLINED = "refund_declined_later"
    """The payment gateway sent nothing after all."""
    SHORT = "refund_short"
    """Of several payments, not all took their part back."""
    GONE = "refund_gone"
    """The store has no such refund any more (plugins of gateways delete one whose payment failed)."""


@dataclass(frozen=True, slots=True)
class Held:
    """A refund that we hold as booked. ``key`` is our mark on it, ``ref`` the store's id of it."""

    refund_id: UUID
    return_id: UUID
    key: str
    ref: str
    amount: Money
    by_hand: bool


def bears(held: Held, told: Sequence[RefundSnapshot]) -> RefundSnapshot | None:
    """What the store says of this refund: known by our mark, else by its id (a mark can be edited away)."""
    ours = [one for one in told if one.our_key == held.key]
    return next((one for one in ours if one.ref == held.ref), None) or next(
        (one for one in told if one.ref == held.ref), ours[0] if ours else None
    )


def failure_of(held: Held, told: Sequence[RefundSnapshot]) -> Failure | None:
    """What is wrong with it, None when all is well. ``told``: every refund that the store has on the order.

    Money that is still on its way counts as sent. A refund that a person pays out has no gateway to fail.
    """
    found = bears(held, told)
    if found is None:
        return Failure.GONE
    if found.by_gateway is False and not held.by_hand:
        return Failure.DECLINED
    if found.amount >= held.amount:
        return None
    return Failure.SHORT if found.amount.minor > 0 else Failure.DECLINED
