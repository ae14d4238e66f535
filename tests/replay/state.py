"""The whole state of the product as texts that can be compared: every table, without what is the run's own.

Left out are ids (drawn anew in each run; what they point at is compared itself), secrets, and the books of the delivery
itself (how often a row was tried, who holds it). Times are kept on request: two runs under one clock have the same.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select

from app.core import schema
from app.core.kit.db import Base, Database

assert schema.TABLES  # importing it is what makes Base know every table

State = dict[str, list[str]]
"""By table: one text a row, sorted."""

_PEOPLE = frozenset({"accounts", "memberships", "store_credentials"})
_BOOKS = frozenset(
    "version_id attempts error lease_until lease_token available_at access_key submit_key code_hash slug url "
    "returns_url search_text".split()
)
_RUN = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"  # an id
    r"|R-[0-9A-Z]{4}-[0-9A-Z]{4}"  # an RMA
    r'|(?<="access_key": ")[^"]+',
    re.IGNORECASE,
)


def whole_state(database: Database, *, times: bool) -> State:
    """Every row of every table. ``times``: with the instants (else only whether there is one)."""
    found: State = {}
    with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in _PEOPLE:
                rows = connection.execute(select(table)).mappings()
                found[table.name] = sorted(_text(table, dict(row), times=times) for row in rows)
    return found


def differences(one: State, other: State) -> State:
    """By table, the rows that only one of the two has: ``-`` the first, ``+`` the second. Empty when they are equal."""
    found: State = {}
    for name in one.keys() | other.keys():
        mine, theirs = one.get(name, []), other.get(name, [])
        only = [f"- {row}" for row in _less(mine, theirs)] + [f"+ {row}" for row in _less(theirs, mine)]
        if only:
            found[name] = only
    return found


def _less(rows: list[str], others: list[str]) -> list[str]:
    return sorted((Counter(rows) - Counter(others)).elements())


def _text(table: Table, row: dict[str, Any], *, times: bool) -> str:
    shown = {name: value for name, value in row.items() if name not in _BOOKS and not isinstance(value, UUID)}
    if table.name == "inbox_events":
        del shown["body"]
    if not times:
        shown = {name: "at a time" if isinstance(value, datetime) else value for name, value in shown.items()}
    return _RUN.sub("*", json.dumps(shown, default=str, ensure_ascii=False, sort_keys=True))
