"""How returns say no."""

from __future__ import annotations

from app.core.kit.errors import DomainError, Kind


class ReturnUnknown(DomainError):
    """This store has no such return."""

    code = "return_unknown"
    kind = Kind.NOT_FOUND


class NothingChosen(DomainError):
    """A request without a line, or with a quantity that is no whole number above zero."""

    code = "nothing_chosen"


class QuantityInvalid(DomainError):
    """A quantity that is no whole number above zero."""

    code = "quantity_invalid"


class OutcomeNotOffered(DomainError):
    """The store does not offer what was wished for."""

    code = "outcome_not_offered"


class LineUnknown(DomainError):
    """A line that is not of this order (or of this return)."""

    code = "line_unknown"
    kind = Kind.NOT_FOUND


class ReturnAddressMissing(DomainError):
    """The store has no return address yet, so no label can be made."""

    code = "return_address_missing"
    kind = Kind.CONFLICT


class ReasonNeeded(DomainError):
    """Staff who decide otherwise than the rules, or decline, say why."""

    code = "reason_needed"


class DecisionNeeded(DomainError):
    """Nobody has granted the return yet."""

    code = "decision_needed"
    kind = Kind.CONFLICT


class TooLate(DomainError):
    """The shopper cannot take the request back any more."""

    code = "too_late"
    kind = Kind.CONFLICT


class InspectionIncomplete(DomainError):
    """A unit without a grade, or with a disposition that its grade does not allow."""

    code = "inspection_incomplete"
