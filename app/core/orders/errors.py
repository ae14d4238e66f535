"""How orders say no."""

from __future__ import annotations

from app.core.kit.errors import DomainError, Kind


class OrderUnknown(DomainError):
    """This store has no such order."""

    code = "order_unknown"
    kind = Kind.NOT_FOUND


class QuantityOverLeft(DomainError):
    """More units than are left to return on a line."""

    code = "quantity_over_left"
    kind = Kind.CONFLICT


class RefundOverPaid(DomainError):
    """The refund would pass what was paid and not yet given back."""

    code = "refund_over_paid"
    kind = Kind.CONFLICT
