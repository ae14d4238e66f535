"""Articles and their numbers: a simple product holds its own, of a variable one each variation. Every move is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from demo.woocommerce.orders import Document, meta_of, set_meta
from demo.woocommerce.state import State, stamp
from demo.woocommerce.wire import exact

REDUCED: Final = "_reduced_stock"
"""Meta of an order's line: how many units it took and has not given back (below zero: it gave back more)."""
RESTOCKED: Final = "_restock_refunded_items"
"""Meta of an order's line: how many units refunds have put back."""


class Stock:
    """``kinds``: product and variation; both are found by SKU. ``tell`` hears the id of every article that changes."""

    def __init__(self, state: State, now: Callable[[], datetime], tell: Callable[[int], None]) -> None:
        self._state = state
        self._now = now
        self._tell = tell

    def article(self, sku: str) -> Document:
        """The product or variation with this SKU. Raises LookupError."""
        known = self._state.get_meta(f"sku:{sku}")
        if known is None:
            raise LookupError(sku)
        return self.by_id(int(known))

    def by_id(self, number: int) -> Document:
        """The product or variation with this id. Raises LookupError."""
        found = self._state.get("variation", number) or self._state.get("product", number)
        if found is None:
            raise LookupError(number)
        return found

    def product_of(self, article: Document) -> Document:
        """The product that a variation belongs to; a simple product is its own."""
        return self.by_id(article["parent_id"]) if article["parent_id"] else article

    def of_line(self, line: Document) -> Document | None:
        """What an order's line took from the stock; None where it is not counted or was deleted."""
        try:
            found = self.by_id(line["variation_id"] or line["product_id"])
        except LookupError:
            return None
        if found["manage_stock"] == "parent":
            found = self.product_of(found)
        return found if found["manage_stock"] is True else None

    def keep(self, article: Document, *, announce: bool = True) -> None:
        """Save an article."""
        parent = article["parent_id"]
        words = f"{article['name']} {article['sku']} {article.get('slug', '')}"
        self._state.put("variation" if parent else "product", article, parent=parent, words=words)
        if article["sku"]:
            self._state.set_meta(f"sku:{article['sku']}", article["id"])
        if announce:
            self._tell(article["id"])

    def move(self, article: Document, delta: int, reason: str) -> int:
        """Move by a difference; gives what there is afterwards."""
        with self._state.transaction():
            fresh = self.by_id(article["id"])
            after = int(fresh["stock_quantity"] or 0) + delta
            at = stamp(self._now())
            self.keep({**fresh, "stock_quantity": after, "modified": max(fresh["modified"], at)})
            self._state.write(
                "INSERT INTO moves (article, delta, after, reason, at) VALUES (?, ?, ?, ?, ?)",
                *(article["id"], delta, after, reason, at),
            )
            return after

    # --- an order's goods ------------------------------------------------------------------------------------------

    def take(self, order: Document) -> None:
        """Take the goods of ``order`` out, unless they were taken before; its lines are marked, the caller saves it."""
        for line, article in self._counted(order):
            if meta_of(line, REDUCED) is None and meta_of(line, RESTOCKED) is None:
                self.move(article, -line["quantity"], f"order {order['number']}")
                self._mark(line, REDUCED, str(line["quantity"]))

    def give_back(self, order: Document) -> None:
        """Put back what ``order`` still holds (it was cancelled); the caller saves it."""
        for line, article in self._counted(order):
            units = _units(line, REDUCED)
            if units:
                self.move(article, units, f"order {order['number']} {order['status']}")
                self._mark(line, REDUCED, None)

    def restock(self, order: Document, wanted: Mapping[str, Any]) -> list[str]:
        """wc_restock_refunded_items(): whatever quantity was sent, for each line that still holds some; gives notes."""
        sent = {int(exact(one.get("id"))): int(exact(one.get("quantity"))) for one in wanted.get("line_items") or ()}
        notes = []
        for line, article in self._counted(order):
            units, held = sent.get(line["id"], 0), _units(line, REDUCED)
            if not units or not held:
                continue
            after = self.move(article, units, f"refund of order {order['number']}")
            self._mark(line, REDUCED, str(held - units))
            self._mark(line, RESTOCKED, str(_units(line, RESTOCKED) + units))
            notes.append(f"Item #{article['id']} stock increased from {after - units} to {after}.")
        return notes

    def _counted(self, order: Document) -> Iterator[tuple[Document, Document]]:
        for line in order["line_items"]:
            article = self.of_line(line)
            if article is not None:
                yield line, article

    def _mark(self, line: Document, key: str, value: str | None) -> None:
        set_meta(line, key, value, self._state.number("item_meta"))

    def moves(self, article: int) -> list[Document]:
        """Every movement of an article, oldest first."""
        return [dict(row) for row in self._state.rows("SELECT * FROM moves WHERE article = ? ORDER BY id", article)]


def _units(line: Document, key: str) -> int:
    return int(exact(meta_of(line, key) or 0))
