"""Stock per inventory item and location, and inventoryAdjustQuantities."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from demo.shopify.gids import number_of
from demo.shopify.orders import Document
from demo.shopify.state import State

REASONS = frozenset(
    "correction cycle_count_available damaged movement_canceled movement_created movement_received movement_updated"
    " other promotion quality_control received reservation_created reservation_deleted reservation_updated restock"
    " safety_stock shrinkage".split()
)
_HIGHEST = 2_000_000_000
_URI = re.compile(r"^[a-z][a-z0-9+.-]*://\S+$|^gid://[^/\s]+/[^/\s]+/\S+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One entry of userErrors."""

    code: str
    message: str
    path: tuple[str, ...]

    def as_error(self) -> Document:
        """As the schema has it."""
        return {"code": self.code, "message": self.message, "field": list(self.path)}


class Stock:
    """What lies where. Every movement is kept, with the reason and document it was given."""

    def __init__(self, state: State) -> None:
        self._state = state

    def level(self, item: int, location: int) -> Document | None:
        """The level of one item at one location; None where it is not stocked."""
        row = self._state.row("SELECT * FROM stock WHERE item = ? AND location = ?", item, location)
        return dict(row) if row else None

    def levels(self, item: int) -> list[Document]:
        """The item's levels, by location."""
        return [dict(row) for row in self._state.rows("SELECT * FROM stock WHERE item = ? ORDER BY location", item)]

    def everywhere(self, item: int) -> int:
        """Units available at all locations together."""
        return sum(level["available"] for level in self.levels(item))

    def moves(self, item: int) -> list[Document]:
        """Every movement of an item, oldest first."""
        return [dict(row) for row in self._state.rows("SELECT * FROM moves WHERE item = ? ORDER BY id", item)]

    def set(self, item: int, location: int, available: int) -> None:
        """Stock an item at a location (used by the seed)."""
        self._state.write("INSERT OR REPLACE INTO stock VALUES (?, ?, ?)", item, location, available)

    def move(
        self, item: int, location: int, delta: int, *, reason: str, document: str, adjustment: int, at: str
    ) -> int:
        """Move by a difference; gives what is available afterwards."""
        with self._state.transaction():
            level = self.level(item, location)
            after = (level["available"] if level else 0) + delta
            self.set(item, location, after)
            self._state.write(
                "INSERT INTO moves (item, location, delta, after, reason, document, adjustment, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                *(item, location, delta, after, reason, document, adjustment, at),
            )
            return after

    def check(self, wanted: Document, known_item: Any) -> list[Refusal]:
        """Why an InventoryAdjustQuantitiesInput cannot be done; empty when it can."""
        found: list[Refusal] = []
        if wanted["name"] != "available":
            found.append(Refusal("INVALID_QUANTITY_NAME", "The specified quantity name is invalid.", ("input", "name")))
        if wanted["reason"] not in REASONS:
            found.append(Refusal("INVALID_REASON", "The specified reason is invalid.", ("input", "reason")))
        document = wanted.get("referenceDocumentUri")
        if document is not None and not _URI.match(document):
            message = "The specified reference document is invalid."
            found.append(Refusal("INVALID_REFERENCE_DOCUMENT", message, ("input", "referenceDocumentUri")))
        for index, change in enumerate(wanted["changes"]):
            refusal = self._check_change(change, index, known_item)
            if refusal:
                found.append(refusal)
        return found

    def _check_change(self, change: Document, index: int, known_item: Any) -> Refusal | None:
        where = ("input", "changes", str(index))
        item = number_of(change["inventoryItemId"], "InventoryItem")
        if item is None or not known_item(item):
            return Refusal(
                "INVALID_INVENTORY_ITEM",
                "The specified inventory item could not be found.",
                (*where, "inventoryItemId"),
            )
        location = number_of(change["locationId"], "Location")
        level = self.level(item, location) if location is not None else None
        if level is None:
            return Refusal("INVALID_LOCATION", "The specified location could not be found.", (*where, "locationId"))
        if change.get("ledgerDocumentUri") is not None:
            message = "A ledger document URI is not allowed when adjusting available."
            return Refusal("INVALID_AVAILABLE_DOCUMENT", message, (*where, "ledgerDocumentUri"))
        return self._check_quantity(change, level["available"], where)

    def _check_quantity(self, change: Document, available: int, where: tuple[str, ...]) -> Refusal | None:
        expected, after = change["changeFromQuantity"], available + change["delta"]
        if expected is not None and expected != available:
            message = "The changeFromQuantity argument no longer matches the persisted quantity."
            return Refusal("CHANGE_FROM_QUANTITY_STALE", message, (*where, "changeFromQuantity"))
        if after > _HIGHEST:
            message = "The quantity can't be higher than 2,000,000,000."
            return Refusal("INVALID_QUANTITY_TOO_HIGH", message, (*where, "delta"))
        if after < -_HIGHEST:
            message = "The quantity can't be lower than -2,000,000,000."
            return Refusal("INVALID_QUANTITY_TOO_LOW", message, (*where, "delta"))
        return None
