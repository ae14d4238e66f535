"""How a unit that arrived is graded, and what may be done with it."""

from __future__ import annotations

from enum import StrEnum


class Grade(StrEnum):
    """The state of a unit, by the trade's usual words."""

    NEW = "new"
    OPENED = "opened"
    MINOR_FAULT = "minor_fault"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    MISSING = "missing"


class Disposition(StrEnum):
    """What is done with a unit. ``none`` where there is no unit (missing)."""

    RESTOCK = "restock"
    B_STOCK = "b_stock"
    REFURBISH = "refurbish"
    RETURN_TO_VENDOR = "return_to_vendor"
    DONATE = "donate"
    RECYCLE = "recycle"
    SEND_BACK = "send_back"
    NONE = "none"


_USUAL = {
    Grade.NEW: Disposition.RESTOCK,
    Grade.OPENED: Disposition.RESTOCK,
    Grade.MINOR_FAULT: Disposition.B_STOCK,
    Grade.DAMAGED: Disposition.RECYCLE,
    Grade.WRONG_ITEM: Disposition.SEND_BACK,
    Grade.MISSING: Disposition.NONE,
}


def usual_disposition(grade: Grade) -> Disposition:
    """What is usually done with a unit of this grade; staff may choose otherwise."""
    return _USUAL[grade]


def allowed(grade: Grade, disposition: Disposition) -> bool:
    """Only what can be sold as new goes back to stock; what is not there goes nowhere."""
    if grade is Grade.MISSING:
        return disposition is Disposition.NONE
    if disposition is Disposition.NONE:
        return False
    return disposition is not Disposition.RESTOCK or grade in {Grade.NEW, Grade.OPENED}


def is_accepted(grade: Grade) -> bool:
    """Whether the unit counts as returned for the refund: what is missing or is another article does not."""
    return grade not in {Grade.MISSING, Grade.WRONG_ITEM}
