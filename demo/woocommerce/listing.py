"""Which things a collection holds, in which order: the filters of wc/v3 as SQL over the store's documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from demo.woocommerce.state import State
from demo.woocommerce.wire import View

_COLUMNS = {"date": "created", "modified": "modified"}
_DATES = {"after": "created >", "before": "created <", "modified_after": "modified >", "modified_before": "modified <"}


class Where:
    """Conditions that all must hold."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._values: list[Any] = []

    def add(self, condition: str, *values: Any) -> None:
        """One more; its question marks stand for ``values``."""
        self._parts.append(condition)
        self._values += values

    def among(self, column: str, values: Sequence[Any], *, other: bool = False) -> None:
        """The column holds one of these (or, when ``other``, none of them)."""
        marks = ", ".join("?" for _ in values)
        self.add(f"{column} {'NOT IN' if other else 'IN'} ({marks})", *values)

    def numbers(self, state: State, order: str) -> list[int]:
        """The ids of what is found."""
        sql = f"SELECT id FROM objects WHERE {' AND '.join(self._parts)} ORDER BY {order}"  # noqa: S608 (constants)
        return [int(row["id"]) for row in state.rows(sql, *self._values)]


def common(kind: str, values: Mapping[str, Any], view: View) -> Where:
    """The filters that every collection knows. Dates compare strictly, in the store's zone unless ``dates_are_gmt``."""
    where = Where()
    where.add("kind = ?", kind)
    for name, compared in _DATES.items():
        if values.get(name):
            where.add(f"{compared} ?", view.stamp(values[name], gmt=bool(values.get("dates_are_gmt"))))
    if values.get("include"):
        where.among("id", values["include"])
    if values.get("exclude"):
        where.among("id", values["exclude"], other=True)
    if values.get("parent"):
        where.among("parent", values["parent"])
    if values.get("parent_exclude"):
        where.among("parent", values["parent_exclude"], other=True)
    if values.get("search"):
        word = str(values["search"]).casefold()
        for sign in "\\%_":
            word = word.replace(sign, "\\" + sign)
        where.add("words LIKE ? ESCAPE '\\'", f"%{word}%")
    return where


def found(where: Where, values: Mapping[str, Any], state: State) -> list[int]:
    """The ids in the order asked for; of equal ones the later number is the greater."""
    way = "ASC" if values["order"] == "asc" else "DESC"
    column = _COLUMNS.get(values["orderby"], "id")
    numbers = where.numbers(state, f"{column} {way}, id {way}")
    if values["orderby"] == "include" and values.get("include"):
        numbers.sort(key=list(values["include"]).index)
    return numbers
