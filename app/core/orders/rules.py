"""How an order number and an e-mail are compared, and which of two snapshots of one order counts."""

from __future__ import annotations

from datetime import datetime


def number_key(number: str) -> str:
    """``#1001``, ``1001`` and `` 1001`` are one number to a shopper."""
    return number.strip().lstrip("#").casefold()


def email_key(email: str) -> str:
    """E-mail addresses are compared without regard to case, as shoppers type them."""
    return email.strip().casefold()


def supersedes(incoming: datetime, known: datetime | None) -> bool:
    """An older snapshot never replaces a newer one.

    An equal time does: platforms tell whole seconds, and two changes within one second carry the same; the pull that
    follows a change reads the newest state anyway.
    """
    return known is None or incoming >= known
