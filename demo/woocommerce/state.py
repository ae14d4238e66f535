"""The store's own SQLite file: every object as a document, numbers, nonces, deliveries. Standard library only."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.sqlite_file import SqliteFile

Document = dict[str, Any]

_SCHEMA = """
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


class State(SqliteFile):
    """The store's file. ``path`` may be ``:memory:``."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, _SCHEMA)

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
