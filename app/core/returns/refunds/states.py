"""Where a promised refund stands."""

from __future__ import annotations

from enum import StrEnum


class RefundMethod(StrEnum):
    """Back to the payments, or as credit in the store."""

    ORIGINAL = "original"
    STORE_CREDIT = "store_credit"


class RefundStatus(StrEnum):
    """``issued`` means booked in the store; ``pending`` that we have promised it and wait for the store's answer."""

    PENDING = "pending"
    ISSUED = "issued"
    FAILED = "failed"


ALIVE = frozenset({RefundStatus.PENDING, RefundStatus.ISSUED})
"""Promised or booked: its units and its money are not to be had again."""
