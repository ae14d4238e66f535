"""What inventory needs from a store: move stock by a difference, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StockMovementOrder:
    """Put ``quantity`` units of one article back (or take them out, when negative). ``key`` is the outbox id.

    ``stock_ref``, ``product_ref``, ``variant_ref``, ``location_ref`` are the platform's ids as on the order line and
    the store (``location_ref`` is empty where the platform has no locations).
    """

    key: str
    stock_ref: str
    product_ref: str
    variant_ref: str
    location_ref: str
    quantity: int
    reason: str = "return"
    document: str = ""


@dataclass(frozen=True, slots=True)
class StockMoved:
    """The store's answer. ``counted`` is False when the store does not count this article (nothing to move)."""

    ref: str
    counted: bool = True
    now_available: int | None = None


class StockKeeper(Protocol):
    """A store's stock. Both methods may raise ProviderError."""

    def move_stock(self, movement: StockMovementOrder) -> StockMoved:
        """Move, by a difference, never to an absolute number that was read earlier."""
        ...

    def find_movement(self, movement: StockMovementOrder) -> StockMoved | None:
        """The movement that bears this key, if the store has it."""
        ...
