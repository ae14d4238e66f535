"""Where a promised refund stands."""

from __future__ import annotations

from enum import StrEnum


class RefundStatus(StrEnum):
    """``issued`` means booked in the store; ``pending`` that we have promised it and wait for the store's answer."""

    PENDING = "pending"
    ISSUED = "issued"
    FAILED = "failed"
