"""Catches a query that forgets whose data it reads: an autouse fixture, installed by ``tests/conftest.py``.

Every SELECT, UPDATE and DELETE that product code runs on a tenant's table must name that table's ``store_id`` in a
WHERE or ON. What a test asks by itself is its own business. A forgotten one fails the test at its end, with the
statement and the line that ran it (raising at once would be swallowed where code expects trouble).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import Engine, Table, event

from app.core.kit.db import Base
from app.core.schema import TABLES

APP = Path(__file__).resolve().parents[2] / "app"

ACROSS_STORES: Mapping[str, tuple[str, ...]] = {
    # Work queues over all stores: the drain asks for what waits, whoever it belongs to.
    "inbox_events": ("available_at", "handled_at"),
    "outbox_messages": ("available_at", "lease_until"),
    # Sign-in starts from the person: which stores does she work in?
    "memberships": ("account_id",),
}
"""Tables that may be asked without ``store_id``, and the columns of which one must then be in the condition."""

_SKIPPED = re.compile(
    r"\s*(INSERT|CREATE|ALTER|DROP|PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|SHOW)\b", re.IGNORECASE
)
_TABLE = re.compile(
    r"(?:\b(?:FROM|JOIN|UPDATE)\s+|,\s*)([a-z_]+)(?:\s+(?:AS\s+)?(?!(?:SET|WHERE|ON|JOIN|LEFT|INNER|ORDER|GROUP|LIMIT|"
    r"FOR|RETURNING|CROSS|FULL|UNION|HAVING)\b)([a-z_]\w*))?",
    re.IGNORECASE,
)
# Compared with a value, alone or as part of a key: (t.store_id, t.order_id) IN (VALUES (?, ?)).
_ANCHOR = re.compile(r"\b(?:store_id|stores\.\w+)\b(?:[\s\w.,]*\))?\s*(?:=|IN)\s*[(?%:$]", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:WHERE|ON)\b(.*?)(?=\b(?:WHERE|ON|SELECT|JOIN|UNION|GROUP\s+BY|ORDER\s+BY|HAVING|LIMIT|RETURNING|"
    r"FOR\s+UPDATE)\b|$)",
    re.IGNORECASE | re.DOTALL,
)


def tenant_tables() -> dict[str, Table]:
    """The tables that belong to a store, by name."""
    assert TABLES
    return {name: table for name, table in Base.metadata.tables.items() if "store_id" in table.columns}


@lru_cache(maxsize=4096)
def forgotten(statement: str) -> tuple[str, ...]:
    """The tenant tables that a statement touches without naming their ``store_id`` in a condition."""
    if _SKIPPED.match(statement):
        return ()
    plain = statement.replace('"', "")
    conditions = " ".join(_CONDITION.findall(plain))
    tenants = tenant_tables()
    touched = {(alias or name, name) for name, alias in _TABLE.findall(plain) if name in tenants}
    loose = {name for called, name in touched if not _bound(called, name, conditions, alone=len(touched) == 1)}
    if touched and not loose and not _ANCHOR.search(conditions) and not _across(touched, conditions):
        loose = {name for _, name in touched}  # joined to each other, but to no store in particular
    return tuple(sorted(loose))


def _across(touched: set[tuple[str, str]], conditions: str) -> bool:
    return any(re.search(rf"\b{column}\b", conditions) for _, name in touched for column in ACROSS_STORES.get(name, ()))


def _bound(called: str, name: str, conditions: str, *, alone: bool) -> bool:
    wanted = ("store_id", *ACROSS_STORES.get(name, ()))
    if any(re.search(rf"\b{called}\.{column}\b", conditions) for column in wanted):
        return True
    return alone and any(re.search(rf"(?<![.\w]){column}\b", conditions) for column in wanted)


@contextmanager
def watching() -> Iterator[list[str]]:
    """Collect what product code forgets while the block runs: one line each, statement and place."""
    found: list[str] = []

    def look(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        del connection, cursor, rest
        tables = forgotten(statement)
        if tables:
            place = _place(sys._getframe(1))
            if place is not None:
                found.append(f"{place}: {', '.join(tables)} without store_id: {' '.join(statement.split())}")

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", look)


@pytest.fixture(autouse=True)
def every_query_names_its_store() -> Iterator[None]:
    """Fail the test in which product code ran a query over all stores."""
    with watching() as found:
        yield
    assert not found, "queries that forget whose data they read:\n" + "\n".join(found)


def _place(frame: FrameType | None) -> str | None:
    """The line of product code that ran the statement; None when it was a test or a tool."""
    while frame is not None:
        file = frame.f_code.co_filename
        if "site-packages" not in file and "contextlib" not in file and not file.startswith("<"):
            ours = Path(file).is_relative_to(APP)
            return f"{Path(file).relative_to(APP.parent)}:{frame.f_lineno}" if ours else None
        frame = frame.f_back
    return None
