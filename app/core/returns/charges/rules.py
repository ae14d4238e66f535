"""What a merchant may keep back: return fees, and the price of free items that stay after what earned them is gone.

Both are shown before the shopper confirms, and never take more than what comes back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil

from app.core.kit.errors import DomainError, Kind
from app.core.kit.money import Money, total
from app.core.returns.reasons.rules import BY_CODE, Fault

RETURN_FEE = "return_fee"
CLAW_BACK = "claw_back"
ADJUSTED = "adjusted"

Charge = tuple[str, Money]
"""A stable code and what is kept for it."""


class WholeSetNeeded(DomainError):
    """Free items must come back with what earned them."""

    code = "whole_set_needed"
    kind = Kind.CONFLICT


class FeeInvalid(DomainError):
    """A fee that no policy can have."""

    code = "policy_invalid"


class FeePer(StrEnum):
    """How often a fee is taken."""

    REQUEST = "request"
    ORDER = "order"


class FreeItems(StrEnum):
    """What happens to a promotion's free items when the goods that earned them come back."""

    KEEP = "keep"
    CLAW_BACK = "claw_back"
    WHOLE_SET = "whole_set"


@dataclass(frozen=True, slots=True)
class Fee:
    """A return fee of ``amount_minor`` in the shop's currency. ``reasons`` and ``outcomes``: empty means every one.

    Whatever is said here, nothing is taken when each item comes back by the merchant's doing.
    """

    amount_minor: int
    per: FeePer = FeePer.REQUEST
    reasons: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises FeeInvalid."""
        if self.amount_minor < 0:
            raise FeeInvalid(field="fee_amount", low=0)
        if not set(self.reasons) <= set(BY_CODE):
            raise FeeInvalid(field="fee_reasons")


def fees_due(fees: Sequence[Fee], reasons: Collection[str], outcome: str, *, taken_per_order: bool) -> tuple[Fee, ...]:
    """Those of ``fees`` that a request with these reasons and this wished outcome has to bear.

    ``taken_per_order``: whether an earlier return of the order bore a fee that is taken once an order.
    """
    own_doing = {code for code in reasons if code not in BY_CODE or BY_CODE[code].fault is Fault.SHOPPER}
    return tuple(
        fee
        for fee in fees
        if own_doing & set(fee.reasons or own_doing)
        and (not fee.outcomes or outcome in fee.outcomes)
        and not (fee.per is FeePer.ORDER and taken_per_order)
    )


@dataclass(frozen=True, slots=True)
class Bought:
    """A line for the question of free items: ``gone`` units have come back or are about to."""

    ref: str
    quantity: int
    gone: int
    unit_price: Money
    free: bool


def free_kept(lines: Sequence[Bought]) -> Mapping[str, int]:
    """Free units, by line, that stay with the shopper although what earned them is gone.

    Stores do not tell which goods earned a free item, so the share counts, in the shopper's favour: of F free units
    that came with P paid ones, p of which are kept, F p / P may be kept, rounded up. The last lines count first.
    """
    paid = sum(line.quantity for line in lines if not line.free)
    kept = sum(line.quantity - line.gone for line in lines if not line.free)
    free = [line for line in lines if line.free]
    if not paid or not free:
        return {}
    earned = ceil(Fraction(sum(line.quantity for line in free) * max(0, kept), paid))
    over: dict[str, int] = {}
    for line in free:
        stays = max(0, line.quantity - line.gone)
        earned, unearned = max(0, earned - stays), max(0, stays - earned)
        if unearned:
            over[line.ref] = unearned
    return over


def claw_back(lines: Sequence[Bought], currency: str) -> Money:
    """What the free units cost that stay unearned, at the price they had in the order."""
    over = free_kept(lines)
    return total([line.unit_price * over[line.ref] for line in lines if line.ref in over], currency)
