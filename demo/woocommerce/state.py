"""The store's own SQLite file: every object as a document, numbers, nonces, deliveries. Standard library only."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    kind TEXT NOT NULL, id INTEGER NOT NULL, parent INTEGER NOT NULL DEFAULT 0, created TEXT NOT NULL,
    modified TEXT NOT NULL, status TEXT NOT NULL DEFAULT '', words TEXT NOT NULL DEFAULT '', body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX IF NOT EXISTS objects_modified ON objects (kind, modified, id);
CREATE INDEX IF NOT EXISTS objects_parent ON objects (kind, parent);
CREATE TABLE IF NOT EXISTS moves (
    id INTEGER PRIMARY KEY, article INTEGER NOT NULL, delta INTEGER NOT NULL, after INTEGER NOT NULL,
    reason TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS moves_article ON moves (article, id);
CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, webhook INTEGER NOT NULL, topic TEXT NOT NULL, arg INTEGER NOT NULL, queued TEXT NOT NULL,
    status TEXT NOT NULL, sent TEXT, delivery_id TEXT, body BLOB, answer INTEGER
);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (status, id);
"""


def stamp(moment: datetime) -> str:
    """An instant as the state keeps it: ISO 8601 in UTC, whole seconds, without an offset (as ``*_gmt`` fields)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def instant(text: str) -> datetime:
    """The instant of a stamp, aware."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class State:
    """One connection, one writer at a time. ``path`` may be ``:memory:``."""

    def __init__(self, path: str | Path) -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost one counts."""
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
        """All rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def write(self, sql: str, *values: Any) -> int:
        """Run a statement; gives the new row's number."""
        with self._lock:
            return int(self._db.execute(sql, values).lastrowid or 0)

    def get_meta(self, name: str) -> Any:
        """A value by name, None if there is none."""
        found = self.rows("SELECT value FROM meta WHERE name = ?", name)
        return json.loads(found[0]["value"]) if found else None

    def set_meta(self, name: str, value: Any) -> None:
        """Keep a value by name."""
        self.write("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, json.dumps(value, ensure_ascii=False))

    def number(self, sequence: str, *, first: int = 1, step: int = 1) -> int:
        """The next number of a sequence."""
        with self.transaction():
            last = self.get_meta(f"sequence:{sequence}")
            following = first if last is None else int(last) + step
            self.set_meta(f"sequence:{sequence}", following)
            return following

    def get(self, kind: str, number: int) -> Document | None:
        """One document."""
        found = self.rows("SELECT body FROM objects WHERE kind = ? AND id = ?", kind, number)
        return json.loads(found[0]["body"]) if found else None

    def all(self, kind: str, *, parent: int | None = None) -> list[Document]:
        """All documents of a kind (below a parent), oldest first."""
        found = self.rows(
            "SELECT body FROM objects WHERE kind = ? AND (? IS NULL OR parent = ?) ORDER BY id", kind, parent, parent
        )
        return [json.loads(row["body"]) for row in found]

    def put(self, kind: str, document: Document, *, parent: int = 0, words: str = "") -> None:
        """Keep a document with its ``id``, ``created``, ``modified`` (stamps) and ``status``."""
        self.write(
            "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(kind, document["id"], parent, document["created"], document.get("modified") or document["created"]),
            *(document.get("status", ""), words.casefold(), json.dumps(document, ensure_ascii=False)),
        )

    def delete(self, kind: str, number: int) -> None:
        """Remove a document."""
        self.write("DELETE FROM objects WHERE kind = ? AND id = ?", kind, number)
