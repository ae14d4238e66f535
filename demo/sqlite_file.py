"""A stand-in's own SQLite file: what both stand-ins need of it. Standard library only."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_META = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);"


class SqliteFile:
    """One connection, one writer at a time.

    ``path`` may be ``:memory:``; ``schema`` makes the tables that are not there.
    """

    def __init__(self, path: str | Path, schema: str) -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_META + schema)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested (the outermost commits)."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Every row of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row, if any."""
        with self._lock:
            found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return found

    def write(self, sql: str, *values: Any) -> int:
        """One statement; gives the row id of an insert."""
        with self._lock:
            return self._db.execute(sql, values).lastrowid or 0

    def get_meta(self, name: str) -> Any:
        """A JSON value kept under a name; None if there is none."""
        row = self.row("SELECT value FROM meta WHERE name = ?", name)
        return json.loads(row["value"]) if row else None

    def set_meta(self, name: str, value: Any) -> None:
        """Keep a JSON value under a name."""
        self.write("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, json.dumps(value, ensure_ascii=False))
