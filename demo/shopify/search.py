"""The ``query:`` argument of orders: Shopify's search syntax, as far as the demo needs it.

Terms are joined by AND (written or not); a term is ``field:value``, ``field:>=value`` or bare text. A field that does
not exist is *ignored* with a warning in ``extensions.search`` and so finds everything: that is how Shopify does it,
and why a caller must check what came back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_TERM = re.compile(
    r"""(?:(?P<field>[a-z_]+):)?(?P<op>>=|<=|>|<)?(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"']+))"""
)
_COLUMNS = {"created_at": "created_at", "updated_at": "updated_at", "processed_at": "created_at", "id": "id"}


@dataclass(frozen=True, slots=True)
class Search:
    """A filter as SQL over the orders table, and what could not be understood."""

    where: str
    values: tuple[str | int, ...]
    warnings: tuple[dict[str, str], ...]


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str | None) -> Search:
    """The filter that a query text stands for."""
    where: list[str] = []
    values: list[str | int] = []
    warnings: list[dict[str, str]] = []

    def warn(field: str, message: str, code: str) -> None:
        warnings.append({"field": field, "message": message, "code": code})

    for match in _TERM.finditer(text or ""):
        field, operator = match["field"], match["op"] or "="
        value = next(part for part in (match["double"], match["single"], match["bare"], "") if part is not None)
        if field is None:
            if value.upper() == "AND":
                continue
            where.append("(email LIKE ? OR CAST(number AS TEXT) = ?)")
            values += [f"%{value.lower()}%", value.lstrip("#")]
        elif field == "name":
            where.append("CAST(number AS TEXT) = ?")
            values.append(value.lstrip("#"))
        elif field == "email":
            where.append("email = ?")
            values.append(value.lower())
        elif field == "id" and value.isdecimal():
            where.append(f"id {operator} ?")
            values.append(int(value))
        elif field in _COLUMNS and (moment := _moment(value)) is not None:
            column = _COLUMNS[field]
            if operator == "=":
                where.append(f"{column} >= ? AND {column} < ?")
                values += [_stamp(moment), _stamp(moment + timedelta(days=1))]
            else:
                where.append(f"{column} {operator} ?")
                values.append(_stamp(moment))
        elif field == "status" and value == "any":
            continue
        elif field in _COLUMNS:
            warn(field, f"Input `{value}` is not an accepted value.", "invalid_value")
        else:
            warn(field, "Invalid search field for this query.", "invalid_field")
    return Search(" AND ".join(where) or "1", tuple(values), tuple(warnings))
