"""Typed identifiers. All are UUIDv7: unguessable enough to hand out, ordered by time, so inserts stay local."""

from __future__ import annotations

import secrets
from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7

StoreId = NewType("StoreId", UUID)
AccountId = NewType("AccountId", UUID)
OrderId = NewType("OrderId", UUID)
OrderLineId = NewType("OrderLineId", UUID)
ReturnId = NewType("ReturnId", UUID)
ReturnLineId = NewType("ReturnLineId", UUID)
RefundId = NewType("RefundId", UUID)
OutboxId = NewType("OutboxId", UUID)

# Read aloud over a telephone and typed from a label: no 0/O, 1/I/L, 5/S, 2/Z, 8/B, U/V.
_RMA_ALPHABET = "34679ACDEFGHJKMNPQRTWXY"


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()


def new_rma() -> str:
    """A fresh RMA number such as ``R-7KMQ-93XH`` (23^8 = 78 thousand million of them; unique a store by constraint)."""
    letters = [secrets.choice(_RMA_ALPHABET) for _ in range(8)]
    return f"R-{''.join(letters[:4])}-{''.join(letters[4:])}"
